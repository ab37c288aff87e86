/** The caller's threads, newest first (SPEC: Snapshot). */
import { ChatError, type Fault, limits, list, parse, type ThreadRow, text } from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';
import { columns, messageRow, personRow, threadRow } from '../collections/rows.ts';
import { toMessage, toThread, toUser } from '../collections/wire.ts';
import { type Caller, someCaller } from '../identity/caller.ts';
import { queryOf, type Row, tablesOf } from '../log/database.ts';
import { noteStaff } from '../privacy/access-log.ts';
import { endpoint, json } from './endpoint.ts';
import { limitReads } from './limits.ts';
import { numberIn } from './query-number.ts';
import { participantsOf, type SeatedRows, seatedSql } from './seated.ts';

const defaultRows = 20;
const maxRows = 100;

/** Where a page ended: the time of the thread's newest message (or of its making) and its id. */
interface Place {
  at: string;
  id: string;
}

export const threadsEndpoint = endpoint('threads', async (req) => {
  const who = await someCaller(req);
  limitReads(req, who);
  const faults: Fault[] = [];
  const limit = Math.min(numberIn(req.searchParams, 'limit', 1, faults) ?? defaultRows, maxRows);
  const after = placeOf(req.searchParams.get('cursor'), faults);
  if (faults.length) throw new ChatError('invalid', { faults });
  noteStaff(req, who, 'list');
  // A guest has no row and no threads.
  return json(who.user.kind === 'guest' ? { docs: [], next: null } : await listThreads(req, who, limit, after));
});

const placeShape = list(text(1, 64));

function placeOf(cursor: string | null, faults: Fault[]): Place | undefined {
  if (!cursor) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    parsed = undefined; // Not one of ours: told below.
  }
  const result = parse(placeShape, parsed);
  const [at = '', id = ''] = result.ok ? result.value : [];
  if (id && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(at) && !Number.isNaN(Date.parse(at)) && !id.includes('\0'))
    return { at, id };
  faults.push({ field: 'cursor', message: 'Must be the `next` of an earlier answer.' });
  return undefined;
}

interface Found {
  at: Date;
  thread: Row;
  last: Row | null;
  sender: Row | null;
  seats: SeatedRows;
  unread: string;
}

async function listThreads(
  req: PayloadRequest,
  { user, site, isModerator }: Caller,
  limit: number,
  after: Place | undefined,
): Promise<{ docs: ThreadRow[]; next: string | null }> {
  const tables = tablesOf(req.payload);
  const { messages, participants, people, threads } = tables;
  const rows = await queryOf(req.payload)<Found>(
    `with mine as (
      select t.id, t.created_at, p.read_seq from ${participants} p join ${threads} t on t.id = p.thread_id
      where p.user_id = $1 and t.site_id = $2 and (p.quiet is not true or (t.kind = 'room' and t.public))
      union all
      select t.id, t.created_at, p.read_seq from ${threads} t
      left join ${participants} p on p.thread_id = t.id and p.user_id = $1
      where $3 and t.site_id = $2 and t.kind = 'support' and (p.id is null or p.quiet)
    ),
    own as (
      select mine.*, coalesce(newest.timestamp, mine.created_at) as at from mine
      left join lateral (
        select timestamp from ${messages} where thread_id = mine.id and seq is not null order by seq desc limit 1
      ) newest on true
    ),
    page as (
      select * from own where $4::timestamptz is null or (at, id) < ($4::timestamptz, $5) order by at desc, id desc limit $6
    )
    select page.at, to_jsonb(t) as thread, to_jsonb(l) as last, to_jsonb(s) as sender,
      ${seatedSql(tables, '$7')} as seats,
      (select count(*) from (
        select 1 from ${messages} m where m.thread_id = page.id and m.seq > coalesce(page.read_seq, 0)
          and m.sender_id <> $1 and m.deleted_at is null
          -- In the order of the index on (thread, seq), so that what is read already is not read through.
          order by m.seq limit ${limits.unreadCount}
      ) y) as unread
    from page
    join lateral (select ${columns.thread} from ${threads} t where t.id = page.id) t on true
    left join lateral (
      select ${columns.message} from ${messages} m where m.thread_id = page.id and m.seq is not null order by m.seq desc limit 1
    ) l on true
    left join lateral (select ${columns.person} from ${people} u where u.id = l.sender) s on true
    order by page.at desc, page.id desc`,
    [user.id, site.key, isModerator, after?.at ?? null, after?.id ?? '', limit, site.agents],
  );
  const docs = rows.map(
    ({ thread, last, sender, seats, unread }): ThreadRow => ({
      thread: toThread(threadRow(thread)),
      participants: participantsOf(seats, site),
      lastMessage: last && sender ? toMessage(messageRow(last), toUser(personRow(sender), site)) : null,
      unread: Number(unread),
    }),
  );
  const end = rows.at(-1);
  const place = end && [end.at.toISOString(), String(end.thread.id)];
  return {
    docs,
    next: rows.length === limit && place ? Buffer.from(JSON.stringify(place)).toString('base64url') : null,
  };
}
