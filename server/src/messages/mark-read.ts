/** Receipts: how far somebody has read, forward only. The one durable value without an event. */
import { ChatError, type Participant, type WireSignal } from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';
import { maySee } from '../access/thread.ts';
import { actAs } from '../collections/actor.ts';
import { ensurePerson } from '../collections/people/ensure.ts';
import type { Caller } from '../identity/caller.ts';
import { noteWrite } from '../log/append.ts';
import { inTransaction } from '../log/commit-proof.ts';
import { tablesOf, transactionOf } from '../log/database.ts';
import { isDuplicate } from '../log/database-fault.ts';
import { runtime } from '../runtime.ts';
import { audienceOf } from './audience.ts';
import { personOf } from './person-of.ts';
import { makeSeat } from './seats.ts';
import { situationOf } from './situation.ts';

export interface Receipt {
  readSeq: number;
  /** Whether it moved. */
  moved: boolean;
}

/**
 * Moves the caller's receipt to `seq`, at most to the thread's head, and tells who else sees his seat. One who reads
 * without a seat (an agent, a room's reader with a row) gets a quiet one.
 * @throws ChatError `not-found`, `forbidden` for a guest, `not-stored`.
 */
export async function markRead(req: PayloadRequest, caller: Caller, thread: string, seq: number): Promise<Receipt> {
  try {
    return await tryMarkRead(req, caller, thread, seq);
  } catch (error) {
    // Two first receipts at once: the seat stands now.
    if (!isDuplicate(error)) throw error;
    return tryMarkRead(req, caller, thread, seq);
  }
}

async function tryMarkRead(req: PayloadRequest, caller: Caller, id: string, seq: number): Promise<Receipt> {
  const { value } = await inTransaction(req, async () => {
    await actAs(req, caller.user.id);
    const { thread, seat, person } = await situationOf(req, caller.user.id, { id });
    if (!thread || !maySee(caller, thread, seat)) throw new ChatError('not-found');
    if (caller.user.kind === 'guest') throw new ChatError('forbidden');
    // A visitor who has never written has no row, and a receipt makes none.
    if (!person && caller.user.kind === 'visitor') return { readSeq: 0, moved: false, seen: false, kind: thread.kind };
    if (!seat) {
      if (!person) await ensurePerson(req, personOf(req.payload, caller));
      await makeSeat(req, { thread: id, user: caller.user.id, quiet: true });
    }
    const query = await transactionOf(req);
    const { participants } = tablesOf(req.payload);
    const [moved] = await query<{ read_seq: string }>(
      `update ${participants} set read_seq = least($3::bigint, (select seq from chat.threads where thread = $1))
        where thread_id = $1 and user_id = $2
          and coalesce(read_seq, 0) < least($3::bigint, (select seq from chat.threads where thread = $1))
        returning read_seq`,
      [id, caller.user.id, seq],
    );
    if (moved) await noteWrite(req);
    const readSeq = moved ? Number(moved.read_seq) : (seat?.readSeq ?? 0);
    return { readSeq, moved: moved !== undefined, seen: seat !== undefined && !seat.quiet, kind: thread.kind };
  });
  const { readSeq, moved, seen, kind } = value;
  // A room's seats are on no wire.
  if (moved && seen && kind !== 'room') {
    const signal: WireSignal = {
      type: 'receipt',
      thread: id,
      user: caller.user satisfies Participant['user'],
      seq: readSeq,
    };
    runtime(req.payload).signal(caller.site.key, signal, await audienceOf(req.payload, id));
  }
  return { readSeq, moved };
}
