/**
 * Events survive: each is a durable fact with a place in its site's log. Signals don't: typing and receipts are passing
 * facts without a place, which may be lost.
 */
import { nullable, object, optional, type Parsed, type Parser, read, text, whole, word } from './shape.ts';
import { message, participant, thread, user } from './thread.ts';

/** An event as any hop may meet it: types and fields of later years are carried along unread. */
export interface WireEvent {
  type: string;
  pos: number;
  thread: string | null;
  seq: number | null;
  at: string;
  actor: string | null;
  [field: string]: unknown;
}

const envelope = {
  pos: whole(1),
  thread: nullable(text(1)),
  seq: nullable(whole(1)),
  at: text(1),
  actor: nullable(text(1)),
};
const of = <T extends string, E extends Record<string, Parser<unknown>>>(_type: T, entity: E) =>
  object({ type: word<T>(), ...envelope, ...entity });

const messageEvent = of(
  'message.posted' as 'message.posted' | 'message.edited' | 'message.deleted' | 'message.erased',
  {
    message,
  },
);
const threadEvent = of('thread.created' as 'thread.created' | 'thread.updated', { threadState: thread });
const participantEvent = of('participant.joined' as 'participant.joined' | 'participant.left', { participant });
const sessionEvent = of('session.ended', { session: object({ sid: text(1) }) });
const userEvent = of('user.erased', { user: object({ id: text(1) }) });
const siteEvent = of('site.updated', {});

/** An event whose entity a parser has believed. The entity is nested and whole: the state after the event. */
export type ChatEvent =
  | Parsed<typeof messageEvent>
  | Parsed<typeof threadEvent>
  | Parsed<typeof participantEvent>
  | Parsed<typeof sessionEvent>
  | Parsed<typeof userEvent>
  | Parsed<typeof siteEvent>;

export type EventType = ChatEvent['type'];

const parsers: Record<EventType, Parser<ChatEvent>> = {
  'message.posted': messageEvent,
  'message.edited': messageEvent,
  'message.deleted': messageEvent,
  'message.erased': messageEvent,
  'thread.created': threadEvent,
  'thread.updated': threadEvent,
  'participant.joined': participantEvent,
  'participant.left': participantEvent,
  'session.ended': sessionEvent,
  'user.erased': userEvent,
  'site.updated': siteEvent,
};

const wireEnvelope = object({ type: text(1), ...envelope });

/** Believes the envelope alone and keeps every field: what a hub needs to pass an event on. */
export function readWireEvent(data: unknown): WireEvent | undefined {
  const parsed = read(wireEnvelope, data);
  return parsed && { ...(data as object), ...parsed };
}

/** Believes the whole event; `undefined` for a type or shape not known here, which a reader passes over. */
export function readEvent(data: unknown): ChatEvent | undefined {
  const type = (data as WireEvent | null)?.type;
  const parser = Object.hasOwn(parsers, type ?? '') ? parsers[type as EventType] : undefined;
  return parser && read(parser, data);
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
