/** A thread as the caller asked for it: seen by him, or answered as one that does not exist. */
import { ChatError } from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';
import { maySee } from '../access/thread.ts';
import { columns, type SeatRow, seatRow, type ThreadRow, threadRow } from '../collections/rows.ts';
import { slotOf } from '../collections/threads/slot.ts';
import type { Caller } from '../identity/caller.ts';
import { queryOf, type Row, tablesOf } from '../log/database.ts';

export interface VisibleThread {
  thread: ThreadRow;
  /** The caller's own seat. */
  seat: SeatRow | undefined;
  /** The site's newest position as the same statement saw it: the answer holds from there on. */
  asOf: number;
}

/** How a path or topic names a thread: an id, `room:<key>`, or `support` for the caller's own. */
export function threadWhere({ site, user }: Caller, name: string): { where: string; value: string } {
  if (name === 'support')
    return { where: 't.slot = $2', value: slotOf({ kind: 'support', site: site.key, user: user.id }) };
  if (name.startsWith('room:'))
    return { where: 't.slot = $2', value: slotOf({ kind: 'room', site: site.key, key: name.slice(5) }) };
  return { where: 't.id = $2', value: name };
}

/** @throws ChatError `not-found`, the same for an unknown thread and for one that is not the caller's to see. */
export async function visibleThread(req: PayloadRequest, caller: Caller, name: string): Promise<VisibleThread> {
  const found = await findThread(req, caller, name);
  if (!found) throw new ChatError('not-found');
  return found;
}

/** As `visibleThread`, `undefined` for what is not visible. */
export async function findThread(
  req: PayloadRequest,
  caller: Caller,
  name: string,
): Promise<VisibleThread | undefined> {
  const { participants, threads } = tablesOf(req.payload);
  const { where, value } = threadWhere(caller, name);
  // One statement is one snapshot: nothing between the position and the rights that were true at it.
  const [row] = await queryOf(req.payload)<{ thread: Row; seat: Row | null; as_of: string | null }>(
    `select to_jsonb(t) as thread,
      (select to_jsonb(x) from (
        select ${columns.seat} from ${participants} p where p.thread_id = t.id and p.user_id = $1
      ) x) as seat,
      (select pos from chat.sites where site = t.site) as as_of
    from (select ${columns.thread} from ${threads} t where ${where}) t`,
    [caller.user.id, value],
  );
  if (!row) return undefined;
  const thread = threadRow(row.thread);
  const seat = row.seat ? seatRow(row.seat) : undefined;
  return maySee(caller, thread, seat) ? { thread, seat, asOf: Number(row.as_of ?? 0) } : undefined;
}

/** The site of a row of ours, for an account that belongs to several: `FindSite` of `caller`. */
export function siteOfRow(req: PayloadRequest, table: 'messages' | 'participants' | 'threads', id: string) {
  return async (): Promise<string | undefined> => {
    const tables = tablesOf(req.payload);
    const thread = table === 'threads' ? '$1' : `(select thread_id from ${tables[table]} where id = $1)`;
    const [row] = await queryOf(req.payload)<{ site: string }>(
      `select site_id as site from ${tables.threads} where id = ${thread}`,
      [id],
    );
    return row?.site;
  };
}

/** Longest segment that is looked up at all, in characters. */
const segmentChars = 160;

/** A segment of the path, as it was decoded; what no row can be called is `""`, which no row is called. */
export function pathParam(req: PayloadRequest, name: string): string {
  const value = req.routeParams?.[name];
  if (typeof value !== 'string' || value.length > segmentChars) return '';
  return value.includes('\0') || !value.isWellFormed() ? '' : value;
}
