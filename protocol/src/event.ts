/**
 * Events survive: each is a durable fact with a place in its site's log. Signals don't: typing and receipts are passing
 * facts without a place, which may be lost.
 */
import type { SessionEnd } from './session-end.ts';
import { nullable, object, optional, type Parsed, type Parser, read, text, whole, word } from './shape.ts';
import { type Message, message, type Participant, participant, type Thread, thread, user } from './thread.ts';

/** What every event says. `thread` and `seq` are `null` for one of no thread. */
interface Envelope {
  pos: number;
  thread: string | null;
  seq: number | null;
  at: string;
  actor: string | null;
}

/** An event as a hop may meet it: types and fields of later years are carried along unread. */
export interface WireEvent extends Envelope {
  type: string;
  [field: string]: unknown;
}

/** An event whose entity a parser has believed. The entity is nested and whole: the state after the event. */
export type ChatEvent = Envelope &
  (
    | { type: 'message.posted' | 'message.edited' | 'message.deleted' | 'message.erased'; message: Message }
    | { type: 'thread.created' | 'thread.updated'; threadState: Thread }
    | { type: 'participant.joined' | 'participant.left'; participant: Participant }
    | { type: 'session.ended'; session: SessionEnd }
    | { type: 'user.erased'; user: { id: string } }
    | { type: 'site.updated' }
  );

export type EventType = ChatEvent['type'];

const envelope = {
  type: text(1),
  pos: whole(1),
  thread: nullable(text(1)),
  seq: nullable(whole(1)),
  at: text(1),
  actor: nullable(text(1)),
};
const wireEvent = object(envelope);
const messageEvent = object({ ...envelope, message });
const threadEvent = object({ ...envelope, threadState: thread });
const participantEvent = object({ ...envelope, participant });

const parsers: Record<EventType, Parser<object>> = {
  'message.posted': messageEvent,
  'message.edited': messageEvent,
  'message.deleted': messageEvent,
  'message.erased': messageEvent,
  'thread.created': threadEvent,
  'thread.updated': threadEvent,
  'participant.joined': participantEvent,
  'participant.left': participantEvent,
  'session.ended': object({ ...envelope, session: object({ sid: text(1) }) }),
  'user.erased': object({ ...envelope, user: object({ id: text(1) }) }),
  'site.updated': wireEvent,
};

/** Believes the envelope alone and keeps every field: what a hub needs to pass an event on. */
export function readWireEvent(data: unknown): WireEvent | undefined {
  const parsed = read(wireEvent, data);
  return parsed && { ...(data as object), ...parsed };
}

/** Believes the whole event; `undefined` for a type or shape not known here, which a reader passes over. */
export function readEvent(data: unknown): ChatEvent | undefined {
  const type = (data as WireEvent | null)?.type as EventType;
  return Object.hasOwn(parsers, type) ? (read(parsers[type], data) as ChatEvent | undefined) : undefined;
}

/** A passing fact about one user in one thread. A receipt carries `seq`: everything up to it is read. */
export const signal = object({
  type: word<'typing' | 'receipt' | 'presence'>(),
  thread: text(1),
  user,
  seq: optional(whole()),
});
export type Signal = Parsed<typeof signal>;

/** As `Signal`, unread fields carried along. */
export interface WireSignal {
  type: string;
  thread: string;
  [field: string]: unknown;
}

const wireSignal = object({ type: text(1), thread: text(1) });

/** Believes as much of a signal as a hub needs. */
export function readWireSignal(data: unknown): WireSignal | undefined {
  const parsed = read(wireSignal, data);
  return parsed && { ...(data as object), ...parsed };
}
