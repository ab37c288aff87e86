/**
 * One open stream at a hub: a cursor, a set of topics and a sink. Nothing is queued for it: a sink that is full merely
 * lets the cursor fall behind, and when it drains the reader goes on from the ring.
 *
 *   waiting --the head arrives--> lagging --caught up--> live
 *                                    ^                    |
 *                                    +--full, rechecked---+          closed: from anywhere, for good
 */
import type { ChatEvent, WireEvent } from './event.ts';
import type { Share } from './fan-out.ts';
import type { Entry } from './history.ts';
import { isEnded } from './session-end.ts';
import { topic } from './topic.ts';

/** Where bytes of one stream go. Neither `write` nor `onDrain` may run the drain before it returns. */
export interface Sink {
  /** Takes the chunk whatever it answers; `false` says that it is full now: wait for the drain. A throw ends the stream. */
  write(chunk: Uint8Array): boolean;
  /** Runs once, when a full sink has room again. */
  onDrain(run: () => void): void;
  /** Ends the stream after what was written, or at once with `cut`: the peer has not read for long. Callable twice. */
  close(cut?: boolean): void;
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
  /** What the session hangs on beside its user: an end of that is its end. */
  via?: readonly string[];
  /** When its token was issued, in seconds since 1970: an end of all the user's sessions up to earlier is not its end. */
  issuedS?: number;
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
  /** The position of the log as of which access was decided: what changed up to it is not asked about again. */
  asOf?: number;
  /**
   * Asked when a thread that was named changed after `asOf` (without it: ever): may this reader still listen? Frames wait for the
   * answer; `onEvent` has told the owner of the change before. A rejection ends the stream with `bye shutdown`.
   */
  recheck?(topic: string): Promise<boolean>;
  /** Called once, when the stream has ended for whatever reason. */
  onClose?(): void;
}

/** Where a subscriber stands. `waiting` has a cursor that is not flushed yet; `lagging` reads from the ring. */
export type Standing =
  | { is: 'waiting'; pos: number; cancel: () => void }
  | { is: 'lagging'; pos: number }
  | { is: 'live' }
  | { is: 'closed' };

/** A hub's own record of one stream. */
export interface Subscriber {
  readonly listener: Listener;
  readonly service: boolean;
  /** Topics heard now, `session:` and `all` among them. */
  readonly topics: Set<string>;
  /** Topics asked, which may come back by a `participant.joined`. */
  readonly asked: Set<string>;
  standing: Standing;
  /** What keeps a lagging subscriber from reading on, and since when: `full`, or topics under recheck. */
  holds: Map<string, number> | undefined;
  /** What it had at the connect: when it is reached, `ready` is sent. `undefined` once that is done. */
  readyAt: number | undefined;
  readonly pingMs: number;
  pingAtMs: number;
  readonly maxAgeMs: number;
  endsAtMs: number;
  endReason: 'age' | 'token' | 'shutdown';
  /** Scratch space of the fan-out. */
  share: Share | undefined;
}

/** Whether an entry is for this subscriber as its topics stand now. */
export function hears(subscriber: Subscriber, entry: Entry): boolean {
  if (subscriber.service) return true;
  for (const name of entry.to) if (subscriber.topics.has(name)) return true;
  return false;
}

/** A stream none of whose asked topics is left has nothing to say any more (S7). */
export function isDeaf(subscriber: Subscriber): boolean {
  if (subscriber.service) return false;
  for (const name of subscriber.asked) if (subscriber.topics.has(name)) return false;
  return true;
}

/** What an event takes from a subscriber that has just been given it (S7), or gives back right before. */
export type Effect = { is: 'nothing' | 'end' } | { is: 'regain' | 'drop' | 'recheck'; topic: string };

const nothing: Effect = { is: 'nothing' };
const effectful = new Set(['participant.joined', 'participant.left', 'thread.updated', 'session.ended']);

/** Whether the event may change what anybody hears; it is then the last of its write. */
export function changesAudience(event: WireEvent): boolean {
  return effectful.has(event.type);
}

/** Decides purely; the hub carries it out, in log order at the subscriber's own position. */
export function effectOf(subscriber: Subscriber, { event: wire }: Entry): Effect {
  if (subscriber.service || !changesAudience(wire)) return nothing;
  const event = wire as unknown as ChatEvent;
  const { user, recheck, asOf = 0 } = subscriber.listener;
  const name = topic.thread(event.thread ?? '');
  switch (event.type) {
    case 'session.ended':
      return event.session?.sid && isEnded(event.session, subscriber.listener) ? { is: 'end' } : nothing;
    case 'participant.left':
      return isOf(user, event) && subscriber.topics.has(name) ? { is: 'drop', topic: name } : nothing;
    case 'participant.joined':
      return isOf(user, event) && subscriber.asked.has(name) && !subscriber.topics.has(name)
        ? { is: 'regain', topic: name }
        : nothing;
    case 'thread.updated':
      return recheck && event.pos > asOf && subscriber.topics.has(name) ? { is: 'recheck', topic: name } : nothing;
    default:
      return nothing;
  }
}

/** Whose seat an event is about. Nothing is believed of a payload that another hop wrote. */
function isOf(user: string | undefined, event: { participant?: { user?: { id?: string } } }): boolean {
  return user !== undefined && event.participant?.user?.id === user;
}
