/** Leaving a thread, or being sent out of it. */
import { ChatError, type Participant } from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';
import { maySee } from '../access/thread.ts';
import { actAs } from '../collections/actor.ts';
import { know, userIn } from '../collections/look-up.ts';
import { lockRow } from '../collections/row-lock.ts';
import { columns, type SeatRow, seatRow } from '../collections/rows.ts';
import { toParticipant } from '../collections/wire.ts';
import type { Caller } from '../identity/caller.ts';
import { inTransaction } from '../log/commit-proof.ts';
import { tablesOf, transactionOf } from '../log/database.ts';
import { situationOf } from './situation.ts';

/** A seat by its id, or by who sits where. */
export type SeatName = { id: string } | { thread: string; user: string };

/**
 * Takes the seat away: oneself, or a moderator anybody.
 * @throws ChatError `not-found` (also where the caller does not see the thread), `forbidden`, `not-stored`.
 */
export async function leave(req: PayloadRequest, caller: Caller, name: SeatName): Promise<Participant> {
  const { value } = await inTransaction(req, async () => {
    await actAs(req, caller.user.id);
    const seat = await readSeat(req, name);
    if (!seat) throw new ChatError('not-found');
    const { thread, seat: own } = await situationOf(req, caller.user.id, { id: seat.thread });
    // One may leave what one does not see any more: a room that was made private.
    if (!thread || (seat.user !== caller.user.id && !maySee(caller, thread, own))) throw new ChatError('not-found');
    if (thread.site !== caller.site.key) throw new ChatError('not-found');
    if (seat.user !== caller.user.id && !caller.isModerator) throw new ChatError('forbidden');
    await know(req, { thread });
    const user = await userIn(req, thread, seat.user);
    await lockRow(req, 'participants', seat.id);
    // Another request may have taken it while we waited for the lock.
    if (!(await readSeat(req, { id: seat.id }))) throw new ChatError('not-found');
    await req.payload.delete({ collection: 'participants', id: seat.id, depth: 0, overrideAccess: true, req });
    return toParticipant(seat, user);
  });
  return value;
}

async function readSeat(req: PayloadRequest, name: SeatName): Promise<SeatRow | undefined> {
  const query = await transactionOf(req);
  const { participants } = tablesOf(req.payload);
  const [where, values] =
    'id' in name ? ['p.id = $1', [name.id]] : ['p.thread_id = $1 and p.user_id = $2', [name.thread, name.user]];
  const rows = await query(`select ${columns.seat} from ${participants} p where ${where}`, values as string[]);
  return rows[0] && seatRow(rows[0]);
}
