/** What an event does to a thread that is held: decided purely, by `reduce` and by what `reduce` can't see. */
import {
  type ChatEvent,
  formatCursor,
  parseCursor,
  reduce,
  type Snapshot,
  type WireEvent,
} from '@payload-chat/protocol';

/** Most messages that are held; beyond, the older half goes and may be paged in again. */
const heldMessages = 2000;

/**
 * The thread after the event; the same object where the event is another thread's or was applied already. `seq` is that
 * of the newest event since the snapshot was taken, 0 before the first: the next is one more. `stale` where only a fresh
 * snapshot can tell: after a hole (I4), an erased person, the leaving of the caller himself. `event` is undefined for a
 * type that is not known here: such a one counts too.
 */
export function advance(
  snapshot: Snapshot,
  seq: number,
  wire: WireEvent,
  event: ChatEvent | undefined,
  me: string | undefined,
): Snapshot | 'stale' {
  const at = parseCursor(snapshot.cursor);
  const here = wire.thread === snapshot.thread.id || wire.type === 'user.erased';
  if (!at || !here || wire.pos <= at.pos) return snapshot;
  if (wire.seq && seq && wire.seq !== seq + 1) return 'stale';
  if (event?.type === 'participant.left' && event.participant.user.id === me) return 'stale';
  if (!event) return { ...snapshot, cursor: formatCursor(at.epoch, wire.pos) };
  const next = reduce(snapshot, event);
  if (next === 'stale' || next.messages.length <= heldMessages) return next;
  return { ...next, messages: next.messages.slice(-heldMessages / 2) };
}
