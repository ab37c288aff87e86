/** A thread's state at a cursor (SPEC: Snapshot). */
import { ChatError, type Fault, formatCursor, limits, type Snapshot } from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';
import { maySee } from '../access/thread.ts';
import {
  columns,
  messageRow,
  personRow,
  type SeatRow,
  seatRow,
  type ThreadRow,
  threadRow,
} from '../collections/rows.ts';
import { toMessage, toThread, toUser } from '../collections/wire.ts';
import { type Caller, someCaller } from '../identity/caller.ts';
import { queryOf, type Row, tablesOf } from '../log/database.ts';
import { noteStaff } from '../privacy/access-log.ts';
import { runtime } from '../runtime.ts';
import { endpoint, json } from './endpoint.ts';
import { limitReads } from './limits.ts';
import { numberIn } from './query-number.ts';
import { participantsOf, type SeatedRows, seatedSql } from './seated.ts';
import { pathParam, siteOfRow, threadWhere } from './visible-thread.ts';

const defaultMessages = 50;

export interface Page {
  /** Newest messages, 1 to `limits.pageMessages`. */
  limit: number;
  /** Only messages posted before this seq. */
  before: number | undefined;
}

export const snapshotEndpoint = endpoint('snapshot', async (req) => {
  const id = pathParam(req, 'id');
  const who = await someCaller(req, siteOfRow(req, 'threads', id));
  limitReads(req, who);
  return json(await snapshotOf(req, who, id, pageOf(req.searchParams)));
});

function pageOf(query: URLSearchParams): Page {
  const faults: Fault[] = [];
  const limit = numberIn(query, 'limit', 1, faults);
  const before = numberIn(query, 'before', 1, faults);
  if (faults.length) throw new ChatError('invalid', { faults });
  return { limit: Math.min(limit ?? defaultMessages, limits.pageMessages), before };
}

interface Found {
  thread: Row;
  seat: Row | null;
  head: string | null;
  unread: string;
  messages: Array<{ message: Row; person: Row }> | null;
  seats: SeatedRows;
}

/**
 * One statement, hence one snapshot of the database: rows and position belong together, and a stream opened at the
 * cursor misses nothing and repeats nothing.
 * @throws ChatError `not-found`
 */
export async function snapshotOf(
  req: PayloadRequest,
  caller: Caller,
  name: string,
  { limit, before }: Page,
): Promise<Snapshot> {
  const { payload } = req;
  const { site, user } = caller;
  const tables = tablesOf(payload);
  const { messages, participants, people, threads } = tables;
  const { where, value } = threadWhere(caller, name);
  const epoch = await runtime(payload).epoch();
  const [found] = await queryOf(payload)<Found>(
    `with t as (select ${columns.thread} from ${threads} t where ${where} and t.site_id = $3),
    mine as (select ${columns.seat} from ${participants} p, t where p.thread_id = t.id and p.user_id = $1),
    page as (
      select to_jsonb(m) as message, to_jsonb(u) as person from t
      -- The bound stands inside, where the index on (thread, seq) ends the reading at it.
      cross join lateral (
        select ${columns.message} from ${messages} m
        where m.thread_id = t.id and m.seq is not null and ($4::bigint is null or m.seq < $4)
        order by m.seq desc limit $5
      ) m
      join lateral (select ${columns.person} from ${people} u where u.id = m.sender) u on true
    )
    select to_jsonb(t) as thread, to_jsonb(mine) as seat,
      (select pos from chat.sites where site = $3) as head,
      (select count(*) from (
        select 1 from ${messages} m where m.thread_id = t.id and t.kind <> 'room' and m.seq > coalesce(mine."readSeq", 0)
          and m.sender_id <> $1 and m.deleted_at is null
          -- In the order of the index on (thread, seq), so that what is read already is not read through.
          order by m.seq limit ${limits.unreadCount}
      ) x) as unread,
      (select jsonb_agg(page) from page) as messages,
      ${seatedSql(tables, '$6')} as seats
    from t left join mine on true`,
    [user.id, value, site.key, before ?? null, limit, site.agents],
  );
  const thread = found && threadRow(found.thread);
  const seat = found?.seat ? seatRow(found.seat) : undefined;
  if (!thread || !maySee(caller, thread, seat)) throw new ChatError('not-found');
  if (thread.kind === 'support' || !seat || seat.quiet) noteStaff(req, caller, 'read', thread);
  return {
    thread: toThread(thread),
    participants: participantsOf(found.seats, site),
    messages: (found.messages ?? [])
      .map(({ message, person }) => toMessage(messageRow(message), toUser(personRow(person), site)))
      .sort((a, b) => a.seq - b.seq),
    cursor: formatCursor(epoch, Number(found.head ?? 0)),
    me: meIn(thread, seat, Number(found.unread)),
  };
}

/** A room's answer is the same for everyone. */
function meIn({ kind }: ThreadRow, seat: SeatRow | undefined, unread: number): Snapshot['me'] {
  return kind === 'room' ? null : { unread, readSeq: seat?.readSeq ?? 0 };
}
