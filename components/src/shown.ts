/** The messages of a view: the server's own, then what is not taken yet. What did not change keeps its identity. */
import type { Message, User } from '@payload-chat/protocol';
import type { Entry } from './more/outbox.ts';
import type { Delivery, ShownMessage } from './view.ts';

/** The caller before there is a session. */
const nobody: User = { id: '', name: '', kind: 'guest' };

/** Keeps what it made, so that an element renders again only what is new. */
export function createShown() {
  const made = new WeakMap<object, ShownMessage>();
  let list: readonly ShownMessage[] = [];

  function show(key: object, message: Message, own: boolean, delivery: Delivery): ShownMessage {
    let shown = made.get(key);
    if (shown?.own !== own || shown.delivery.is !== delivery.is || shown.sender.id !== message.sender.id) {
      shown = { ...message, own, delivery };
      made.set(key, shown);
    }
    return shown;
  }

  /** `thread` is the id of the entries' thread, as far as it is known. */
  return (
    messages: readonly Message[],
    entries: readonly Entry[],
    thread: string,
    sender: User = nobody,
    offline: boolean,
  ): readonly ShownMessage[] => {
    const written = (entry: Entry) => {
      const { taken, error, localId: id } = entry;
      return show(
        entry,
        taken ?? { id, thread, sender, seq: 0, changed: 0, ...entry },
        true,
        error ? { is: 'failed', error } : { is: taken ? 'sent' : offline ? 'waiting' : 'pending' },
      );
    };
    const next = [
      ...messages.map((message) => show(message, message, message.sender.id === sender.id, { is: 'sent' })),
      ...entries.filter(({ taken }) => taken).map(written),
      ...entries.filter(({ taken }) => !taken).map(written),
    ];
    if (next.length !== list.length || next.some((message, index) => message !== list[index])) list = next;
    return list;
  };
}
