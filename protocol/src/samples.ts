/** Made-up entities and events for tests: whole by default, and what a test is about is named where it stands. */
import type { ChatEvent, WireEvent } from './event.ts';
import type { Message, Participant, Snapshot, Thread, User } from './thread.ts';

export const epoch = '0123456789ab';
const at = '2026-11-24T09:00:00.000Z';

export function userOf(id: string, more: Partial<User> = {}): User {
  return { id, name: id.toUpperCase(), kind: 'member', ...more };
}

export function messageOf(id: string, more: Partial<Message> = {}): Message {
  return { id, thread: 't', sender: userOf('ana'), content: id, timestamp: at, seq: 1, changed: 1, ...more };
}

export function seatOf(user: string, more: Partial<Participant> = {}): Participant {
  return { id: `p-${user}`, thread: 't', user: userOf(user), readSeq: 0, joinedAt: at, ...more };
}

export function threadOf(more: Partial<Thread> = {}): Thread {
  return { id: 't', kind: 'direct', status: 'open', changed: 0, createdAt: at, ...more };
}

export function snapshotOf(more: Partial<Snapshot> = {}): Snapshot {
  return {
    thread: threadOf(),
    participants: [seatOf('ana'), seatOf('ben')],
    messages: [],
    cursor: `${epoch}.0`,
    me: { unread: 0, readSeq: 0 },
    ...more,
  };
}

/** An event with its envelope; `seq` is `pos` unless told. */
export function eventOf(type: string, pos: number, more: Record<string, unknown> = {}): ChatEvent & WireEvent {
  return { type, pos, thread: 't', seq: pos, at, actor: 'ana', ...more } as unknown as ChatEvent & WireEvent;
}

/** The shortest way to an event that a hub passes on. */
export function posted(pos: number, content = `m${pos}`, thread = 't'): ChatEvent & WireEvent {
  return eventOf('message.posted', pos, {
    thread,
    message: messageOf(`m${pos}`, { thread, content, seq: pos, changed: pos }),
  });
}
