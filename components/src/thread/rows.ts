/** What stands in the log, line by line: decided from a view alone. */
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
  const rows: Row[] = [];
  const byId = new Map(view.messages.map((message) => [message.id, message]));
  const held = view.messages.some((message) => keyOf(message) === current);
  const joins = joinsOf(view);
  let last: ShownMessage | undefined;
  let divided = !unread;
  for (const message of view.messages) {
    const lastRow = rows.at(-1);
    if (!last || dayOf(last) !== dayOf(message)) rows.push({ is: 'day', key: dayOf(message), at: message.timestamp });
    while (joins[0] && joins[0].at <= message.timestamp) {
      const { at, name } = joins.shift() as Join;
      if (last || !view.hasOlder) rows.push({ is: 'joined', key: at, name });
    }
    if (!divided && unread && !message.own && message.seq > unread.from) {
      divided = true;
      const unknown = view.hasOlder && !last;
      rows.push({ is: 'new', key: 'new', count: unknown ? 0 : countOf(view, unread) });
    }
    const follows =
      lastRow === rows.at(-1) &&
      lastRow?.is === 'message' &&
      last?.sender.id === message.sender.id &&
      Date.parse(message.timestamp) - Date.parse(last.timestamp) <= groupMs;
    if (follows) lastRow.last = false;
    const key = keyOf(message);
    rows.push({
      is: 'message',
      key,
      message,
      first: !follows,
      last: true,
      original: byId.get(message.replyTo ?? ''),
      read: message.seq <= view.readByOthers,
      current: held ? key === current : message === view.messages.at(-1),
    });
    last = message;
  }
  for (const { at, name } of joins) rows.push({ is: 'joined', key: at, name });
  return rows;
}

interface Join {
  at: string;
  name: string;
}

/** Agents come into a support thread midway; who was there from the start did not "join". */
function joinsOf({ thread, participants, me }: ThreadView): Join[] {
  if (thread?.kind !== 'support') return [];
  return participants
    .filter(({ user, joinedAt }) => user.kind === 'agent' && user.id !== me?.id && joinedAt > thread.createdAt)
    .map(({ joinedAt, user }) => ({ at: joinedAt, name: user.name }))
    .sort((a, b) => (a.at < b.at ? -1 : 1));
}

function countOf(view: ThreadView, { from, to }: Unread): number {
  return view.messages.filter(({ own, seq }) => !own && seq > from && seq <= to).length;
}

function dayOf({ timestamp }: ShownMessage): string {
  return new Date(timestamp).toDateString();
}
