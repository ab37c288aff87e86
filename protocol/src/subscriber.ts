/**
 * One open stream at a hub: a cursor, a set of topics and a sink. Nothing is queued for it: a sink that is full merely
 * lets the cursor fall behind, and when it drains the reader goes on from the ring.
 */
import type { ChatEvent, WireEvent } from './event.ts';
import type { Entry } from './history.ts';
import { topic } from './topic.ts';

/** Where bytes of one stream go. */
export interface Sink {
  /** Takes the chunk whatever it answers; `false` says that it is full now: wait for the drain. */
  write(chunk: Uint8Array): boolean;
  /** Runs once, when a full sink has room again. */
  onDrain(run: () => void): void;
  /** Ends the stream after what was written, callable twice. */
  close(): void;
}

/** Whom a stream is for and what it asked. */
export interface Listener {
  sink: Sink;
  /** Topics asked, resolved (`room:<key>` has become its thread); `*` for a service stream. */
  topics: readonly string[] | '*';
  /** The chat user, whose leaving takes topics away. */
  user?: string;
  /** The session, whose end ends the stream. */
  sid?: string;
  /** Where the reader was; from now without. */
  cursor?: string;
  /** Service streams: how many earlier events to begin with, where there is no cursor. */
  tail?: number;
  /** Frames sent right after `hello`: a snapshot. */
  preface?: Uint8Array;
  /** When the token ends, in milliseconds since 1970; the stream ends then with `bye token`. */
  expiresAtMs?: number;
  /** Extra fields of `hello`: a service stream's `revoked`. */
  hello?: Record<string, unknown>;
  /** Asked when a thread that was named changed: may this reader still listen? Frames wait for the answer. */
  recheck?(topic: string): Promise<boolean>;
  /** Called once, when the stream has ended for whatever reason. */
  onClose?(): void;
}

/** Where a subscriber stands. `waiting` has a cursor ahead of the head; `lagging` reads from the ring. */
export type Standing =
  | { is: 'waiting'; pos: number; cancel: () => void }
  | { is: 'lagging'; pos: number; full: boolean; sinceMs: number }
  | { is: 'live' }
  | { is: 'closed' };

/** A hub's own record of one stream. */
export interface Subscriber {
  readonly listener: Listener;
  /** Topics heard now, `session:` and `all` among them. */
  readonly topics: Set<string>;
  /** Topics asked, which may come back by a `participant.joined`. */
  readonly asked: Set<string>;
  standing: Standing;
  /** The head at the connect: when it is reached, `ready` is sent. `undefined` once that is done. */
  readyAt: number | undefined;
  readonly pingMs: number;
  pingAtMs: number;
  readonly endsAtMs: number;
  readonly endReason: 'age' | 'token';
  /** Topics whose recheck is not answered yet. */
  readonly holds: Set<string>;
  /** Indexes of this flush that are for it; scratch space of the hub. */
  due: number[];
}

/** Whether an entry is for this subscriber as its topics stand now. */
export function hears(subscriber: Subscriber, entry: Entry): boolean {
  return subscriber.listener.topics === '*' || entry.to.some((name) => subscriber.topics.has(name));
}

/** What an event takes from a subscriber that has just been given it (SPEC S7). */
export type Effect =
  | { is: 'nothing' }
  | { is: 'regain'; topic: string }
  | { is: 'drop'; topic: string }
  | { is: 'recheck'; topic: string }
  | { is: 'end' };

const nothing: Effect = { is: 'nothing' };
const effectful = new Set(['participant.joined', 'participant.left', 'thread.updated', 'session.ended']);

/** Whether the event may change what anybody hears; such an event is never batched with later ones. */
export function changesAudience(event: WireEvent): boolean {
  return effectful.has(event.type);
}

/** Decides purely; the hub carries it out, in log order at the subscriber's own position. */
export function effectOf(subscriber: Subscriber, entry: Entry): Effect {
  if (subscriber.listener.topics === '*' || !changesAudience(entry.event)) return nothing;
  const event = entry.event as unknown as ChatEvent;
  const name = topic.thread(event.thread ?? '');
  switch (event.type) {
    case 'session.ended':
      return event.session?.sid === subscriber.listener.sid ? { is: 'end' } : nothing;
    case 'participant.left':
      return event.participant?.user?.id === subscriber.listener.user && subscriber.topics.has(name)
        ? { is: 'drop', topic: name }
        : nothing;
    case 'participant.joined':
      return event.participant?.user?.id === subscriber.listener.user && subscriber.asked.has(name)
        ? { is: 'regain', topic: name }
        : nothing;
    case 'thread.updated':
      return subscriber.topics.has(name) && subscriber.listener.recheck ? { is: 'recheck', topic: name } : nothing;
    default:
      return nothing;
  }
}
