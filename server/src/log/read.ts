/** Reads the log as the wire has it. */
import type { WireEvent } from '@payload-chat/protocol';
import type { Query } from './database.ts';
import { historySql } from './epoch.ts';

/** An event and whom it is for. */
export interface Entry {
  event: WireEvent;
  to: string[];
  /** Of the log's row: another one at the same position is another history. */
  id: string;
  /** Whose row it is (`historySql`). */
  history: string;
}

/** A place in the log that was read: `id` is the event's there, where one was. */
export interface LastRead {
  pos: number;
  id?: string | undefined;
}

interface EventRow {
  id: string;
  site: string;
  pos: string;
  thread: string | null;
  seq: string | null;
  type: string;
  topics: string[];
  payload: Record<string, Record<string, unknown> | undefined>;
  actor: string | null;
  created: Date;
  history: string;
}

const columns = `e.id, e.site, e.pos, e.thread, e.seq, e.type, e.topics, e.payload, e.actor, e.created,
  ${historySql} as history`;

/** Events read at once of one site; the reader comes back for more. */
export const batchEvents = 500;

/**
 * Of each site what lies after the place, by site and pos, at most `batchEvents` a site. `undefined` for a site whose
 * event at the place is another one by now: its log was put back, and has overtaken what was read of it.
 */
export async function readAfter(
  query: Query,
  after: ReadonlyMap<string, LastRead>,
): Promise<Map<string, Entry[] | undefined>> {
  const places = [...after.values()];
  const rows = await query<EventRow & { is_other: boolean }>(
    `select ${columns}, coalesce(b.id <> w.id, false) as is_other
      from unnest($1::text[], $2::bigint[], $3::uuid[]) as w(site, pos, id)
      left join chat.events b on b.site = w.site and b.pos = w.pos
      cross join lateral (
        select * from chat.events where site = w.site and pos > w.pos order by pos limit ${batchEvents}
      ) e order by e.site, e.pos`,
    [[...after.keys()], places.map(({ pos }) => pos), places.map(({ id }) => id ?? null)],
  );
  const answer = new Map<string, Entry[] | undefined>();
  for (const row of rows) {
    const entries = answer.get(row.site) ?? [];
    entries.push(entryOf(row));
    answer.set(row.site, row.is_other ? undefined : entries);
  }
  return answer;
}

/** The newest `count` events of a site, oldest first, and the head, which may stand without any. */
export async function readNewest(
  query: Query,
  site: string,
  count: number,
): Promise<{ head: number; entries: Entry[] }> {
  const rows = await query<EventRow & { head: string }>(
    `select s.pos as head, ${columns} from chat.sites s left join lateral (
        select * from chat.events where site = s.site and pos <= s.pos order by pos desc limit $2
      ) e on true where s.site = $1 order by e.pos`,
    [site, count],
  );
  return { head: Number(rows[0]?.head ?? 0), entries: rows.filter(({ pos }) => pos !== null).map(entryOf) };
}

/** Where a message's posting stands, if the log still has it. */
export async function readPosting(query: Query, message: string): Promise<number | undefined> {
  const [row] = await query<{ pos: string }>(
    `select pos from chat.events where entity = $1 and type = 'message.posted'`,
    [message],
  );
  return row && Number(row.pos);
}

function entryOf(row: EventRow): Entry {
  const seq = row.seq === null ? null : Number(row.seq);
  const { message, threadState, ...rest } = row.payload;
  const event: WireEvent = {
    type: row.type,
    pos: Number(row.pos),
    thread: row.thread,
    seq,
    at: row.created.toISOString(),
    actor: row.actor,
    ...rest,
  };
  // The payload was stored before these numbers existed: an entity's version is the seq of this very event.
  if (message) event.message = { ...message, seq: row.type === 'message.posted' ? seq : message.seq, changed: seq };
  if (threadState) event.threadState = { ...threadState, changed: seq };
  return { event, to: row.topics, id: row.id, history: row.history };
}
