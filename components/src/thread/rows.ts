/** What stands in the log, line by line: decided from a view alone. */
import { rare } from '../later.ts';
import type { ShownMessage, ThreadView } from '../view.ts';

export type Row =
  | { is: 'day'; key: string; at: string }
  /** Before the first message that was not seen; `count` is 0 where more of them lie above what is loaded. */
  | { is: 'new'; key: string; count: number }
  | { is: 'joined'; key: string; name: string }
  | MessageRow;

export interface MessageRow {
  is: 'message';
  key: string;
  message: ShownMessage;
  /** Of its group, which shows the author once and the time once. */
  first: boolean;
  last: boolean;
  /** What it answers, where that is loaded. */
  original: ShownMessage | undefined;
  /** Whether somebody else has read it. */
  read: boolean;
  /** Whether the Tab key reaches it: one message of them all. */
  current: boolean;
}

/** Others' messages after `from` and up to `to` (both seq) were not seen when they came. */
export interface Unread {
  from: number;
  to: number;
}

/** Messages of one author stay one group for this long. */
const groupMs = 5 * 60_000;

/** A message's identity for as long as it is shown, before and after the server took it. */
export function keyOf(message: ShownMessage): string {
  return (message.own && message.localId) || message.id;
}

/** `current` is the key of the message that had the focus last; without one, the newest takes its place. */
export function rowsOf(view: ThreadView, unread?: Unread, current = ''): Row[] {
  const { messages, thread, readByOthers } = view;
  const rows: Row[] = [];
  const held = messages.some((message) => keyOf(message) === current);
  let last: MessageRow | undefined;
  for (const message of messages) {
    const before = last?.message;
    const day = dayOf(message);
    const follows =
      before &&
      dayOf(before) === day &&
      before.sender.id === message.sender.id &&
      Date.parse(message.timestamp) - Date.parse(before.timestamp) <= groupMs;
    if (!before || dayOf(before) !== day) rows.push({ is: 'day', key: day, at: message.timestamp });
    if (last && follows) last.last = false;
    const key = keyOf(message);
    last = {
      is: 'message',
      key,
      message,
      first: !follows,
      last: true,
      original: message.replyTo ? messages.find(({ id }) => id === message.replyTo) : undefined,
      read: message.seq <= readByOthers,
      current: held ? key === current : message === messages.at(-1),
    };
    rows.push(last);
  }
  if (unread || thread?.kind === 'support') return rare((look) => look.between(rows, view, unread)) ?? rows;
  return rows;
}

function dayOf({ timestamp }: ShownMessage): string {
  return new Date(timestamp).toDateString();
}
