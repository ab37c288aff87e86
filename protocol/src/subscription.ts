/**
 * The resuming reader: streams from a cursor, one after the other, at any hop. The edge reads the server with it, a
 * page reads the edge.
 *
 *   connecting --hello--> replaying --ready--> live
 *     ^    |                  |                  |
 *     |    +------------------+------------------+-- broken, silent, bye, refused for now --> waiting
 *     |                       |                  |                                              |
 *     |                       +------------------+-- reset --> waiting (reset) --> resetting    |
 *     +---------------------------------------------- a new cursor from the owner ------+       |
 *     +-----------------------------------------------------------------------------------------+
 *   stopped: closed, or an answer that is final; from anywhere
 *
 * Beside the current stream the next one is opened before the last ends; it takes over at its `hello`, and the state
 * stays as it is.
 */
import { backoffMs, type Clock, systemClock } from './clock.ts';
import { type Cursor, isBefore, parseCursor } from './cursor.ts';
import { ChatError } from './errors.ts';
import { readWireEvent, readWireSignal, type WireEvent, type WireSignal } from './event.ts';
import type { Frame } from './frame.ts';
import type { ResetReason } from './history.ts';
import { openStream, type Stream, type StreamEnd, type StreamResponse } from './open-stream.ts';
import { object, optional, read, text, whole } from './shape.ts';

export type { StreamResponse } from './open-stream.ts';

export type SubscriptionState =
  | { is: 'connecting'; attempt: number }
  | { is: 'replaying' }
  | { is: 'live' }
  /**
   * `why` is a `bye` or `reset` reason, an error code, `silence`, `network` or `not a stream`. With `reset` the cursor
   * is void and the owner is asked for another when the wait is over.
   */
  | { is: 'waiting'; why: string; untilMs: number; attempt: number; reset?: ResetReason | undefined }
  /** The owner takes its snapshots. */
  | { is: 'resetting'; reason: ResetReason }
  | { is: 'stopped'; error: ChatError | undefined };

/** What a watcher of the line sees: every frame, every attempt, every wait. `fault` is what an `onEvent` threw. */
export type LineEvent =
  | { is: 'attempt'; cursor: string | undefined }
  | { is: 'frame'; frame: Frame }
  | { is: 'wait'; why: string; ms: number; cursor: string | undefined; fault?: unknown };

export interface SubscriptionOptions {
  /**
   * Opens one stream from the cursor (header `Last-Event-ID`). A rejection with a `ChatError` is taken for the hop's own
   * refusal, any other for a broken network.
   */
  open(cursor: string | undefined, signal: AbortSignal): Promise<StreamResponse>;
  /**
   * Every durable event in rising pos, once; `cursor` is its id. After `move` to an earlier cursor some come again.
   * What throws could not apply it: that is a `reset gap`.
   */
  onEvent(event: WireEvent, cursor: string): void;
  onSignal?(signal: WireSignal): void;
  onHello?(hello: Hello, raw: unknown): void;
  onReady?(cursor: string): void;
  /**
   * The cursor can't be honoured: take snapshots of everything and answer the cursor to go on from, or nothing for
   * "from now". A rejection is tried again later, a final `ChatError` stops.
   */
  onReset(reason: ResetReason): Promise<string | undefined> | string | undefined;
  /** A 401: get a new token before the next attempt. A rejection with a final `ChatError` stops. */
  onUnauthorized?(): Promise<void>;
  onState?(state: SubscriptionState): void;
  onLine?(event: LineEvent): void;
  cursor?: string;
  /** On a service stream each pos follows the last by one; a hole is a `reset gap`. */
  dense?: boolean;
  /** Longest wait between two attempts of its own accord, in ms; 30,000 unless told. */
  waitCapMs?: number;
  clock?: Clock;
  random?(): number;
}

export interface Subscription {
  readonly state: SubscriptionState;
  /** How far everything was applied. */
  readonly cursor: string | undefined;
  /** Tries now instead of later, but not before a hop's own wish: the network came back. Streams that are open stay. */
  nudge(): void;
  /**
   * Opens the next stream before the last ends: topics or token changed. With a `cursor` everything after it comes
   * (again) from the next stream, and events of the last one are left to it: new topics are named with the own cursor
   * at least, else what happens to them before the takeover is lost. One that is later than the own, or of another
   * epoch, would skip something, and the own is taken.
   */
  move(cursor?: string): void;
  /** Callable twice. */
  close(): void;
}

const hello = object({ epoch: text(12, 12), cursor: text(1), pingMs: whole(1), maxAgeMs: whole(1) });
export type Hello = { epoch: string; cursor: string; pingMs: number; maxAgeMs: number };
const cursorData = object({ cursor: text(1) });
const lastWords = object({ reason: text(), afterMs: optional(whole()), retryMs: optional(whole()) });

/** A stream that says nothing for this many pings is dead (S10). */
const silencePings = 2.5;
/** How long a stream may take from the request to its `hello`. */
const helloMs = 10_000;
/** How long the next stream may take beside the last one before that is closed first (S6: six connections). */
const besideMs = 5000;
/** How long before its end a stream is renewed. */
const renewMs = 15_000;
/** How long the owner may take for a new token. */
const tokenMs = 30_000;
/** How long a stream has to stay live to count as a success: until then failures go on adding up. */
const steadyMs = 10_000;

/** One of our streams. */
interface Reading {
  stream: Stream;
  from: string | undefined;
  /** The cursor after which everything was wanted from it. */
  back: string | undefined;
  /** 0 until its `hello`. */
  pingMs: number;
  readyAtMs: number | undefined;
  /** Its one timer: of its renewal, of the last stream's making room, of a new token. */
  cancel: () => void;
}

export function subscribe(options: SubscriptionOptions): Subscription {
  const { clock = systemClock, random = Math.random, onLine, onState } = options;
  let state: SubscriptionState = { is: 'connecting', attempt: 0 };
  let cursor = options.cursor;
  /** A cursor after which everything has to come from the next stream. */
  let back: string | undefined;
  let moving = false;
  /** Failures since a stream was last live for a while, and whether a token was among them. */
  let attempt = 0;
  let refused = false;
  /** The stream that is listened to, and the one opened to take over from it. */
  let current: Reading | undefined;
  let next: Reading | undefined;
  /** Of `waiting`: its timer. And the earliest next try that the hop allows. */
  let cancelWait = () => {};
  let notBeforeMs = 0;

  const isOurs = (reading: Reading) => reading === current || reading === next;
  const pauseMs = () => backoffMs(attempt++, random, 1000, options.waitCapMs);

  function enter(entered: SubscriptionState) {
    state = entered;
    onState?.(entered);
  }

  function open(): Reading {
    const from = isBefore(back, cursor) ? back : cursor;
    const stream = openStream(
      (signal) => options.open(from, signal),
      clock,
      (frame) => take(reading, frame),
      (end) => ended(reading, end),
    );
    const reading: Reading = { stream, from, back, pingMs: 0, readyAtMs: undefined, cancel: () => {} };
    stream.watch(helloMs);
    return reading;
  }

  function drop(reading: Reading | undefined) {
    reading?.cancel();
    reading?.stream.close();
    if (current === reading) current = undefined;
    if (next === reading) next = undefined;
  }

  function connect() {
    if (current || state.is === 'stopped') return;
    const opened = open();
    current = opened;
    enter({ is: 'connecting', attempt });
    onLine?.({ is: 'attempt', cursor: opened.from });
  }

  /** Opens the next stream beside the current one, or in its place where that has not begun. */
  function renew() {
    drop(next);
    if (!current?.pingMs) {
      drop(current);
      return connect();
    }
    current.cancel();
    next = open();
    next.cancel = clock.after(besideMs, promote);
    onLine?.({ is: 'attempt', cursor: next.from });
  }

  /** The next stream is the current one from now on, without a `hello` yet. */
  function promote() {
    drop(current);
    next?.cancel();
    current = next;
    next = undefined;
    enter({ is: 'connecting', attempt });
  }

  function stop(error?: ChatError) {
    if (state.is === 'stopped') return;
    cancelWait();
    drop(next);
    drop(current);
    enter({ is: 'stopped', error });
  }

  function wait(why: string, ms: number, wishMs: number, reset?: ResetReason, fault?: unknown) {
    notBeforeMs = clock.now() + wishMs;
    cancelWait = clock.after(ms, due);
    enter({ is: 'waiting', why, untilMs: clock.now() + ms, attempt, reset });
    onLine?.({ is: 'wait', why, ms, cursor, fault });
  }

  /** Does what the wait was for. */
  function due() {
    if (state.is !== 'waiting') return;
    if (state.reset) void recover(state.reset);
    else connect();
  }

  function hasten() {
    cancelWait();
    const ms = notBeforeMs - clock.now();
    if (ms > 0) cancelWait = clock.after(ms, due);
    else due();
  }

  /** A stream that was live for a while wipes out the failures before it. */
  function settle({ readyAtMs }: Reading): boolean {
    const steady = readyAtMs !== undefined && clock.now() - readyAtMs >= steadyMs;
    if (steady) attempt = 0;
    if (steady) refused = false;
    return steady;
  }

  /** A stream is gone: the current one's end is waited out, the next one is tried again beside the current. */
  function lost(reading: Reading, why: string, wishMs = 0, atOnce = false) {
    if (!isOurs(reading)) return;
    settle(reading);
    const wasCurrent = reading === current;
    drop(reading);
    if (wasCurrent && next) return promote();
    const ms = atOnce ? wishMs : Math.max(wishMs, pauseMs());
    if (!current) return wait(why, ms, wishMs);
    notBeforeMs = clock.now() + wishMs;
    current.cancel = clock.after(ms, renew);
  }

  /** A final answer to the next stream stops the current one too: both ask the same. */
  function ended(reading: Reading, end: StreamEnd) {
    if (!isOurs(reading)) return;
    if (typeof end === 'string') lost(reading, end);
    else if (end?.code === 'unauthorized' && options.onUnauthorized) renewToken(reading, options.onUnauthorized);
    else if (end?.retry) lost(reading, end.code, (end.retryAfterS ?? 0) * 1000);
    else stop(end);
  }

  function renewToken(reading: Reading, ask: () => Promise<void>) {
    const atOnce = !refused;
    refused = true;
    const refusal = 'unauthorized';
    reading.cancel();
    reading.cancel = clock.after(tokenMs, () => lost(reading, refusal));
    ask().then(
      () => lost(reading, refusal, 0, atOnce),
      (fault) => (isOurs(reading) && isFinal(fault) ? stop(fault) : lost(reading, refusal)),
    );
  }

  function reset(reading: Reading, reason: ResetReason, afterMs = 0, fault?: unknown) {
    settle(reading);
    drop(next);
    drop(current);
    wait(reason, Math.max(afterMs, pauseMs()), afterMs, reason, fault);
  }

  async function recover(reason: ResetReason) {
    const mine: SubscriptionState = { is: 'resetting', reason };
    back = undefined; // What was moved to before is in the snapshots that the owner takes now.
    enter(mine);
    const [given, fault] = await Promise.resolve()
      .then(() => (state === mine ? options.onReset(reason) : undefined))
      .then(
        (answer) => [answer] as const,
        (failure: unknown) => [undefined, failure] as const,
      );
    if (state !== mine) return;
    if (isFinal(fault)) return stop(fault);
    if (fault) return wait(reason, pauseMs(), 0, reason, fault);
    cursor = given;
    connect();
  }

  function take(reading: Reading, frame: Frame) {
    const { event, data } = frame;
    if (reading.pingMs) reading.stream.watch(reading.pingMs * silencePings);
    onLine?.({ is: 'frame', frame });
    if (event === 'hello' && isOurs(reading)) return greet(reading, data);
    // Nothing counts before the `hello`, nor from the next stream before it has taken over.
    if (reading !== current || !reading.pingMs) return;
    if (event === 'message') apply(reading, frame);
    else if (event === 'signal') {
      const signal = readWireSignal(data);
      if (signal) options.onSignal?.(signal);
    } else if (event === 'ping') advance(reading, data);
    else if (event === 'ready') {
      advance(reading, data);
      if (reading !== current) return;
      reading.readyAtMs = clock.now();
      if (state.is !== 'live') enter({ is: 'live' });
      if (cursor) options.onReady?.(cursor);
    } else if (event === 'reset' || event === 'bye') {
      const { reason, afterMs, retryMs } = read(lastWords, data) ?? { reason: 'gap' };
      if (event === 'reset') reset(reading, reason as ResetReason, afterMs);
      else lost(reading, reason, retryMs, (reason === 'age' || reason === 'token') && settle(reading));
    }
  }

  function greet(reading: Reading, data: unknown) {
    if (reading.pingMs) return;
    const greeting = read(hello, data);
    if (!greeting) return lost(reading, 'not a stream');
    reading.cancel();
    if (reading === next) {
      const last = current;
      current = next;
      next = undefined;
      drop(last);
    }
    const { pingMs, maxAgeMs } = greeting;
    reading.pingMs = pingMs;
    reading.stream.watch(pingMs * silencePings);
    reading.cancel = clock.after(Math.max(maxAgeMs - renewMs, maxAgeMs / 2, 1000), renew);
    const goesBack = reading.back !== undefined && isBefore(reading.from, cursor);
    if (goesBack) cursor = reading.from;
    if (reading.back === back) back = undefined;
    // "From now" is from here, also when this stream breaks before its first event. A service stream has a tail yet.
    if (!options.dense) cursor ??= greeting.cursor;
    if (state.is !== 'live' || goesBack) enter({ is: 'replaying' });
    if (reading === current) options.onHello?.(greeting, data);
  }

  /** Whether `at` lies after the cursor; where it can't be gone on to, that is a reset. */
  function follows(reading: Reading, at: Cursor, by: number): boolean {
    // What comes while a stream with all after `back` is under way comes from that one, in its order.
    if (back !== undefined) return false;
    const held = cursor === undefined ? undefined : parseCursor(cursor);
    if (held && at.epoch !== held.epoch) reset(reading, 'epoch');
    else if (held && at.pos <= held.pos) return false;
    else if (held && options.dense && at.pos > held.pos + by) reset(reading, 'gap');
    else return true;
    return false;
  }

  function apply(reading: Reading, { id, data }: Frame) {
    const at = parseCursor(id ?? '');
    if (!id || !at || !follows(reading, at, 1)) return;
    const event = readWireEvent(data);
    try {
      if (event) options.onEvent(event, id);
      else if (options.dense) throw data; // Not even its envelope: what is passed on must be whole.
      cursor = id;
    } catch (fault) {
      if (isOurs(reading)) reset(reading, 'gap', 0, fault);
    }
  }

  /** `ready` and `ping` say how far everything was delivered; a signal never does (I14). */
  function advance(reading: Reading, data: unknown) {
    const told = read(cursorData, data)?.cursor;
    const at = parseCursor(told ?? '');
    if (at && follows(reading, at, 0)) cursor = told;
  }

  // In a microtask, so that no callback meets the caller without its handle.
  void Promise.resolve().then(connect);

  return {
    get state() {
      return state;
    },
    get cursor() {
      return isBefore(back, cursor) ? back : cursor;
    },
    nudge() {
      attempt = 0;
      if (state.is === 'waiting') hasten();
      // A stream that others wait for is tried anew.
      else if (back !== undefined && current?.pingMs && !next && clock.now() >= notBeforeMs) renew();
    },
    move(to) {
      if (to !== undefined && !isBefore(back, to)) back = to;
      if (moving) return;
      moving = true;
      // Several in one turn are one.
      void Promise.resolve().then(() => {
        moving = false;
        if (current) renew();
        else if (state.is === 'waiting' && !state.reset) hasten();
      });
    },
    close: () => stop(),
  };
}

const isFinal = (fault: unknown): fault is ChatError => fault instanceof ChatError && !fault.retry;
