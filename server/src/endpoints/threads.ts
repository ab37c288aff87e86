/** The caller's threads, newest first (SPEC: Snapshot). */
import { ChatError, type Fault, limits, list, parse, type ThreadRow, text } from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';
import { columns, messageRow, personRow, seatRow, threadRow } from '../collections/rows.ts';
import { toMessage, toParticipant, toThread, toUser } from '../collections/wire.ts';
import { type Caller, someCaller } from '../identity/caller.ts';
import { queryOf, type Row, tablesOf } from '../log/database.ts';
import { endpoint, json } from './endpoint.ts';
import { numberIn } from './query-number.ts';

const defaultRows = 20;
const maxRows = 100;
const seatsNamed = 64;

/** Where a page ended: the time of the thread's newest message (or of its making) and its id. */
interface Place {
  at: string;
  id: string;
}

export const threadsEndpoint = endpoint('threads', async (req) => {
  const who = await someCaller(req);
  const faults: Fault[] = [];
  const limit = Math.min(numberIn(req.searchParams, 'limit', 1, faults) ?? defaultRows, maxRows);
  const after = placeOf(req.searchParams.get('cursor'), faults);
  if (faults.length) throw new ChatError('invalid', { faults });
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
  seats: Array<{ seat: Row; person: Row }> | null;
  unread: string;
}

async function listThreads(
  req: PayloadRequest,
  { user, site, isModerator }: Caller,
  limit: number,
  after: Place | undefined,
): Promise<{ docs: ThreadRow[]; next: string | null }> {
  const { messages, participants, people, threads } = tablesOf(req.payload);
  const rows = await queryOf(req.payload)<Found>(
    `with own as (
      select t.id, p.read_seq, coalesce(m.timestamp, t.created_at) as at from ${threads} t
      left join ${participants} p on p.thread_id = t.id and p.user_id = $1
      left join lateral (select timestamp from ${messages} where thread_id = t.id and seq is not null order by seq desc limit 1) m on true
      where t.site_id = $2 and (
        (p.id is not null and (p.quiet is not true or (t.kind = 'room' and t.public)))
        or ($3 and t.kind = 'support')
      )
    ),
    page as (
      select * from own where $4::timestamptz is null or (at, id) < ($4::timestamptz, $5) order by at desc, id desc limit $6
    )
    select page.at, to_jsonb(t) as thread, to_jsonb(l) as last, to_jsonb(s) as sender,
      (select jsonb_agg(x) from (
        select to_jsonb(p) as seat, to_jsonb(u) as person from (
          select ${columns.seat} from ${participants} p join ${people} u on u.id = p.user_id
          where p.thread_id = page.id and p.quiet is not true
            and (t.kind <> 'room' or u.staff or u.account_id::text = any($7::text[]))
          order by p.joined_at, p.user_id limit ${seatsNamed}
        ) p join lateral (select ${columns.person} from ${people} u where u.id = p.user) u on true
      ) x) as seats,
      (select count(*) from (
        select 1 from ${messages} m where m.thread_id = page.id and m.seq > coalesce(page.read_seq, 0)
          and m.sender_id <> $1 and m.deleted_at is null limit ${limits.unreadCount}
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
      participants: (seats ?? []).map(({ seat, person }) =>
        toParticipant(seatRow(seat), toUser(personRow(person), site)),
      ),
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
