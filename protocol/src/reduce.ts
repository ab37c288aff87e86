/** What an event does to a snapshot: the one place that says so (SPEC: Replay equals state). */
import { formatCursor, parseCursor } from './cursor.ts';
import type { ChatEvent } from './event.ts';
import type { Message, Snapshot } from './thread.ts';

/**
 * The snapshot after the event; the same object where the event changes nothing, and `stale` where only a fresh one
 * can tell (a person was erased). Events are applied in rising pos: one at or before the snapshot's cursor was applied
 * already. A version at or below the one held changes nothing, so that a replay never undoes a newer state.
 */
export function reduce(snapshot: Snapshot, event: ChatEvent): Snapshot | 'stale' {
  const at = parseCursor(snapshot.cursor);
  if (!at || event.pos <= at.pos) return snapshot;
  if (event.type === 'user.erased') return 'stale';
  const cursor = formatCursor(at.epoch, event.pos);
  if (event.thread !== snapshot.thread.id) return { ...snapshot, cursor };
  const next: Snapshot = { ...snapshot, cursor };

  switch (event.type) {
    case 'message.posted':
      next.messages = posted(snapshot.messages, event.message);
      break;
    case 'message.edited':
    case 'message.deleted':
      next.messages = snapshot.messages.map((held) =>
        held.id === event.message.id && held.changed < event.message.changed ? event.message : held,
      );
      break;
    case 'message.erased':
      next.messages = snapshot.messages.filter((held) => held.id !== event.message.id);
      break;
    case 'thread.created':
    case 'thread.updated':
      if (snapshot.thread.changed < event.threadState.changed) next.thread = event.threadState;
      break;
    case 'participant.joined':
      // A room's snapshot names its moderators only.
      if (snapshot.thread.kind === 'room' && event.participant.user.kind !== 'agent') break;
      next.participants = [
        ...snapshot.participants.filter((seat) => seat.user.id !== event.participant.user.id),
        event.participant,
      ];
      break;
    case 'participant.left':
      next.participants = snapshot.participants.filter((seat) => seat.user.id !== event.participant.user.id);
      break;
  }
  return next;
}

function posted(messages: Message[], message: Message): Message[] {
  if (messages.some((held) => held.id === message.id)) return messages;
  const after = messages.findLastIndex((held) => held.seq < message.seq) + 1;
  return messages.toSpliced(after, 0, message);
}
