/** Reads the log as the wire has it. */
import type { WireEvent } from '@payload-chat/protocol';
import type { Query } from './database.ts';
import { historySql } from './epoch.ts';

/** An event and whom it is for. */
export interface Entry {
  event: WireEvent;
  to: string[];
  /** Whose row it is (`historySql`). */
  history: string;
}

interface EventRow {
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

const columns = `e.site, e.pos, e.thread, e.seq, e.type, e.topics, e.payload, e.actor, e.created,
  ${historySql} as history`;

/** Events read at once of one site; the reader comes back for more. */
export const batchEvents = 500;

/** Of each site what lies after the position, by site and pos, at most `batchEvents` a site. */
export async function readAfter(query: Query, after: ReadonlyMap<string, number>): Promise<Map<string, Entry[]>> {
  const rows = await query<EventRow>(
    `select ${columns} from unnest($1::text[], $2::bigint[]) as w(site, pos)
      cross join lateral (
        select * from chat.events where site = w.site and pos > w.pos order by pos limit ${batchEvents}
      ) e order by e.site, e.pos`,
    [[...after.keys()], [...after.values()]],
  );
  const answer = new Map<string, Entry[]>();
  for (const row of rows) {
    const entries = answer.get(row.site) ?? [];
    entries.push(entryOf(row));
    answer.set(row.site, entries);
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
  return { event, to: row.topics, history: row.history };
}
