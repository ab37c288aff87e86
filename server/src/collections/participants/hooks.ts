import { ChatError, topic } from '@payload-chat/protocol';
import type {
  CollectionAfterChangeHook,
  CollectionAfterDeleteHook,
  CollectionBeforeChangeHook,
  CollectionBeforeValidateHook,
  PayloadRequest,
} from 'payload';
import { append } from '../../log/append.ts';
import { tablesOf, transactionOf } from '../../log/database.ts';
import { seatsMax } from '../../log/numbering.ts';
import { actorOf } from '../actor.ts';
import { personIn, siteIn, threadIn } from '../look-up.ts';
import { idOf, type SeatRow, seatRow } from '../rows.ts';
import { toParticipant, toUser } from '../wire.ts';

/** A seat needs a thread and a person of its site. A direct or support thread takes at most `seatsMax`. */
export const seatPerson: CollectionBeforeValidateHook = async ({ data = {}, operation, req }) => {
  if (operation === 'update') return data;
  const thread = await threadIn(req, idOf(data.thread) ?? '');
  const person = await personIn(req, idOf(data.user) ?? '');
  if (person.site !== undefined && person.site !== thread.site)
    throw new ChatError('invalid', { faults: [{ field: 'user', message: 'There is no such person.' }] });
  if (thread.kind !== 'room' && (await seatsTaken(req, thread.id)) >= seatsMax)
    throw new ChatError('invalid', { faults: [{ field: 'thread', message: `It has ${seatsMax} seats, all taken.` }] });
  return { ...data, joinedAt: data.joinedAt ?? new Date().toISOString(), readSeq: data.readSeq ?? 0 };
};

async function seatsTaken(req: PayloadRequest, thread: string): Promise<number> {
  const query = await transactionOf(req);
  const [row] = await query<{ taken: string }>(
    `select count(*) as taken from ${tablesOf(req.payload).participants} where thread_id = $1 and quiet is not true`,
    [thread],
  );
  return Number(row?.taken);
}

/** A receipt never goes back, and a seat that others see stays one. */
export const onlyForward: CollectionBeforeChangeHook = ({ data, operation, originalDoc }) => {
  if (operation !== 'update') return data;
  const before = seatRow(originalDoc);
  const after = seatRow({ ...originalDoc, ...data });
  return { ...data, readSeq: Math.max(before.readSeq, after.readSeq), quiet: before.quiet && after.quiet };
};

/** `participant.joined`, for a seat that others see. */
export const tellJoined: CollectionAfterChangeHook = async ({ doc, operation, previousDoc, req }) => {
  const seat = seatRow(doc);
  if (seat.quiet || (operation === 'update' && !seatRow(previousDoc).quiet)) return;
  await tell(req, 'participant.joined', seat);
};

/** `participant.left` names who left, though he has no seat any more. */
export const tellLeft: CollectionAfterDeleteHook = async ({ doc, req }) => {
  await tell(req, 'participant.left', seatRow(doc));
};

async function tell(
  req: PayloadRequest,
  type: 'participant.joined' | 'participant.left',
  seat: SeatRow,
): Promise<void> {
  const thread = await threadIn(req, seat.thread);
  const user = toUser(await personIn(req, seat.user), await siteIn(req, thread.site));
  await append(req, {
    site: thread.site,
    thread: thread.id,
    type,
    entity: seat.id,
    payload: { participant: toParticipant(seat, user) },
    actor: (await actorOf(req)) ?? seat.user,
    topics: [topic.user(seat.user)],
  });
}
