/** The messages of a view: the server's own, then what is not taken yet. What did not change keeps its identity. */
import type { Message } from '@payload-chat/protocol';
import type { Delivery, ShownMessage } from './view.ts';

/** What the caller wrote: what it is known by, as a message, and how far that has come. */
export type Written = [key: object, message: Message, delivery: Delivery];

/** Keeps what it made, so that an element renders again only what is new. */
export function createShown() {
  const made = new WeakMap<object, ShownMessage>();
  let list: readonly ShownMessage[] = [];

  function show(key: object, message: Message, delivery: Delivery, own: boolean): ShownMessage {
    let shown = made.get(key);
    if (shown?.own !== own || shown.delivery.is !== delivery.is || shown.sender.id !== message.sender.id) {
      shown = { ...message, own, delivery };
      made.set(key, shown);
    }
    return shown;
  }

  return (messages: readonly Message[], me: string | undefined, written: Written[]): readonly ShownMessage[] => {
    const next = [
      ...messages.map((message) => show(message, message, { is: 'sent' }, message.sender.id === me)),
      ...written.map((each) => show(...each, true)),
    ];
    if (next.length !== list.length || next.some((message, index) => message !== list[index])) list = next;
    return list;
  };
}
