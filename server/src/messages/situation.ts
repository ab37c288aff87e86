/** What one statement finds about a caller and a thread, before anything is decided. */
import type { PayloadRequest } from 'payload';
import {
  columns,
  type MessageRow,
  messageRow,
  type PersonRow,
  personRow,
  type SeatRow,
  seatRow,
  type ThreadRow,
  threadRow,
} from '../collections/rows.ts';
import { type Row, tablesOf, transactionOf } from '../log/database.ts';

export interface Situation {
  person: PersonRow | undefined;
  thread: ThreadRow | undefined;
  seat: SeatRow | undefined;
  /** What the sender has sent already under the same localId, in whichever thread. */
  original: MessageRow | undefined;
}

/** How a thread is named: by its id, or by what makes it the only one of its sort. */
export type ThreadName = { id: string } | { slot: string };

/** Reads all four in the request's transaction. */
export async function situationOf(
  req: PayloadRequest,
  user: string,
  name: ThreadName,
  localId?: string,
): Promise<Situation> {
  const query = await transactionOf(req);
  const { messages, participants, people, threads } = tablesOf(req.payload);
  const [row] = await query<Record<keyof Situation, Row | null>>(
    `select (select to_jsonb(x) from (select ${columns.person} from ${people} u where u.id = $1) x) as person,
      to_jsonb(t) as thread,
      (select to_jsonb(x) from (
        select ${columns.seat} from ${participants} p where p.thread_id = t.id and p.user_id = $1
      ) x) as seat,
      (select to_jsonb(x) from (
        select ${columns.message} from ${messages} m where m.sender_id = $1 and m.local_id = $3::text
      ) x) as original
    from (select 1) one left join (
      select ${columns.thread} from ${threads} t where ${'id' in name ? 't.id' : 't.slot'} = $2
    ) t on true`,
    [user, 'id' in name ? name.id : name.slot, localId ?? null],
  );
  return {
    person: row?.person ? personRow(row.person) : undefined,
    thread: row?.thread ? threadRow(row.thread) : undefined,
    seat: row?.seat ? seatRow(row.seat) : undefined,
    original: row?.original ? messageRow(row.original) : undefined,
  };
}
