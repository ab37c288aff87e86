/** What an event does to a snapshot: the one place that says so (SPEC: Replay equals state). */
import { formatCursor, parseCursor } from './cursor.ts';
import type { ChatEvent, EventType } from './event.ts';
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
  const next: Snapshot = { ...snapshot, cursor: formatCursor(at.epoch, event.pos) };
  const { thread, participants, messages } = next;
  if (event.thread !== thread.id) return next;

  if ('message' in event) next.messages = written(messages, event.type, event.message);
  if ('threadState' in event && thread.changed < event.threadState.changed) next.thread = event.threadState;
  if ('participant' in event) {
    const { participant } = event;
    const others = participants.filter(({ user }) => user.id !== participant.user.id);
    if (event.type === 'participant.left') next.participants = others;
    // A room's snapshot names its moderators only.
    else if (thread.kind !== 'room' || participant.user.kind === 'agent') next.participants = [...others, participant];
  }
  return next;
}

function written(messages: Message[], type: EventType, message: Message): Message[] {
  const held = messages.find(({ id }) => id === message.id);
  const others = messages.filter((one) => one !== held);
  if (type === 'message.erased' || (!held && type !== 'message.posted')) return others;
  // Ordered by the place of their posting.
  return [...others, held && held.changed >= message.changed ? held : message].sort((a, b) => a.seq - b.seq);
}
