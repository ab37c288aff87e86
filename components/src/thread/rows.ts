/** What stands in the log, line by line: decided from a view alone. */
import { rare } from '../later.ts';
import type { ShownMessage, ThreadView } from '../view.ts';

export type Row =
  | { is: 'day'; key: string; at: string }
  /** Before the first message that was not seen; `count` is 0 where more of them lie above what is loaded. */
  | { is: 'new'; key: string; count: number }
  | JoinedRow
  | MessageRow;

/** Its key is when that was. */
export interface JoinedRow {
  is: 'joined';
  key: string;
  name: string;
}

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
  const { messages, participants, hasOlder } = view;
  const rows: Row[] = [];
  const held = messages.some((message) => keyOf(message) === current);
  const joins =
    (view.thread?.kind === 'support' &&
      participants.some(({ user }) => user.kind === 'agent') &&
      rare((look) => look.joinsOf(view))) ||
    [];
  let last: ShownMessage | undefined;
  let divided = !unread;
  for (const message of messages) {
    const lastRow = rows.at(-1);
    if (!last || dayOf(last) !== dayOf(message)) rows.push({ is: 'day', key: dayOf(message), at: message.timestamp });
    while (joins[0] && joins[0].key <= message.timestamp) {
      const join = joins.shift() as JoinedRow;
      if (last || !hasOlder) rows.push(join);
    }
    if (!divided && unread && !message.own && message.seq > unread.from) {
      divided = true;
      rows.push({ is: 'new', key: 'new', count: hasOlder && !last ? 0 : countOf(view, unread) });
    }
    const first =
      lastRow !== rows.at(-1) ||
      lastRow?.is !== 'message' ||
      last?.sender.id !== message.sender.id ||
      Date.parse(message.timestamp) - Date.parse(last.timestamp) > groupMs;
    if (!first) lastRow.last = false;
    const key = keyOf(message);
    rows.push({
      is: 'message',
      key,
      message,
      first,
      last: true,
      original: message.replyTo ? messages.find(({ id }) => id === message.replyTo) : undefined,
      read: message.seq <= view.readByOthers,
      current: held ? key === current : message === messages.at(-1),
    });
    last = message;
  }
  return [...rows, ...joins];
}

function countOf(view: ThreadView, { from, to }: Unread): number {
  return view.messages.filter(({ own, seq }) => !own && seq > from && seq <= to).length;
}

function dayOf({ timestamp }: ShownMessage): string {
  return new Date(timestamp).toDateString();
}
