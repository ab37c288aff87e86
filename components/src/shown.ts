/** The messages of a view: the server's own, then what is not taken yet. What did not change keeps its identity. */
import type { Message, User } from '@payload-chat/protocol';
import type { Entry } from './outbox.ts';
import type { Delivery, ShownMessage } from './view.ts';

/** The caller before there is a session. */
const nobody: User = { id: '', name: '', kind: 'guest' };

export interface Parts {
  messages: readonly Message[];
  entries: readonly Entry[];
  thread: string;
  me: User | undefined;
  offline: boolean;
}

/** Keeps what it made, so that an element renders again only what is new. */
export function createShown(): (parts: Parts) => readonly ShownMessage[] {
  const made = new WeakMap<object, ShownMessage>();
  let list: readonly ShownMessage[] = [];

  function show(key: object, message: Message, own: boolean, delivery: Delivery): ShownMessage {
    const last = made.get(key);
    if (last?.own === own && last.delivery.is === delivery.is && last.sender.id === message.sender.id) return last;
    const next = { ...message, own, delivery };
    made.set(key, next);
    return next;
  }

  return ({ messages, entries, thread, me = nobody, offline }) => {
    const written = (entry: Entry) => {
      const { localId, content, replyTo, timestamp, taken, error } = entry;
      const own = { id: localId, thread, sender: me, content, localId, replyTo, timestamp, seq: 0, changed: 0 };
      return show(
        entry,
        taken ?? own,
        true,
        error ? { is: 'failed', error } : { is: taken ? 'sent' : offline ? 'waiting' : 'pending' },
      );
    };
    const next = [
      ...messages.map((message) => show(message, message, message.sender.id === me.id, { is: 'sent' })),
      ...entries.filter(({ taken }) => taken).map(written),
      ...entries.filter(({ taken }) => !taken).map(written),
    ];
    if (next.length !== list.length || next.some((message, index) => message !== list[index])) list = next;
    return list;
  };
}
