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
import { backoffMs, type Clock } from './clock.ts';
import { isBefore, parseCursor } from './cursor.ts';
import { ChatError } from './errors.ts';
import { readWireEvent, type WireEvent } from './event.ts';
import type { Frame } from './frame.ts';
import type { ResetReason } from './history.ts';
import { readStream, type StreamEnd, type StreamResponse } from './open-stream.ts';
import { object, optional, type Parsed, read, text, whole } from './shape.ts';

export type { StreamResponse } from './open-stream.ts';

export type SubscriptionState =
  | { is: 'connecting'; attempt: number }
  | { is: 'replaying' }
  /** `attempt` counts the failures before it, until it has stayed for a while. */
  | { is: 'live'; attempt: number }
  /**
   * `why` is a `bye` or `reset` reason, an error code, `silence`, `buffered` (something on the way holds the stream back),
   * `network` or `not a stream`. With `reset` the cursor is void and the owner is asked for another when the wait is over.
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
  /** What a signal carries, not believed yet. */
  onSignal?(data: unknown): void;
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
  cursor?: string | undefined;
  /** On a service stream each pos follows the last by one; a hole is a `reset gap`. */
  dense?: boolean;
  clock: Clock;
  random(): number;
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

/** What `hello`, `ready`, `ping`, `reset` and `bye` say. */
const words = object({
  cursor: optional(text(1)),
  pingMs: optional(whole()),
  maxAgeMs: optional(whole()),
  reason: optional(text(1)),
  afterMs: optional(whole()),
  retryMs: optional(whole()),
});

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
  abort: AbortController;
  /** The cursor after which everything was wanted from it. */
  back: string | undefined;
  /** 0 until its `hello`. */
  pingMs: number;
  /** The head of its answer came: without a `hello` somebody holds it back. */
  held: boolean;
  /** It was live for a while. */
  steady: boolean;
  /** Its timers: of its silence, of what comes after it, and until it is steady. */
  unwatch: () => void;
  unplan: () => void;
  unsettle: () => void;
}

export function subscribe(options: SubscriptionOptions): Subscription {
  const { clock, random, onLine, onState } = options;
  let state: SubscriptionState = { is: 'connecting', attempt: 0 };
  let cursor = options.cursor;
  /** A cursor after which everything has to come from the next stream. */
  let back: string | undefined;
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
  const earliest = () => (isBefore(back, cursor) ? back : cursor);

  function enter(entered: SubscriptionState) {
    state = entered;
    onState?.(entered);
  }

  function open(): Reading {
    const from = earliest();
    const abort = new AbortController();
    const timers = { unwatch() {}, unplan() {}, unsettle() {} };
    const reading: Reading = { abort, back, pingMs: 0, held: false, steady: false, ...timers };
    watch(reading, helloMs);
    readStream(
      async () => {
        onLine?.({ is: 'attempt', cursor: from });
        const response = await options.open(from, abort.signal);
        reading.held = true;
        return response;
      },
      abort.signal,
      (frame) => take(reading, frame),
    ).then((end) => ended(reading, end));
    return reading;
  }

  /** Gives it up after so long, unless it is watched anew. */
  function watch(reading: Reading, ms = reading.pingMs * silencePings, why?: string) {
    reading.unwatch();
    reading.unwatch = clock.after(ms, () => lost(reading, why ?? silenceOf(reading)));
  }

  const silenceOf = ({ held, pingMs }: Reading) => (held && !pingMs ? 'buffered' : 'silence');

  function drop(reading: Reading | undefined) {
    reading?.unwatch();
    reading?.unplan();
    reading?.unsettle();
    reading?.abort.abort();
    if (current === reading) current = undefined;
    if (next === reading) next = undefined;
  }

  function connect() {
    if (state.is === 'stopped') return;
    current = open();
    enter({ is: 'connecting', attempt });
  }

  /** Opens the next stream beside the current one, or in its place where that has not begun. */
  function renew() {
    drop(next);
    if (!current?.pingMs) {
      drop(current);
      return connect();
    }
    current.unplan();
    next = open();
    next.unplan = clock.after(besideMs, promote);
  }

  /** The next stream is the current one from now on. */
  function takeOver() {
    const last = current;
    current = next;
    next = undefined;
    drop(last);
    current?.unplan();
  }

  /** As `takeOver`, without a `hello` yet. */
  function promote() {
    takeOver();
    enter({ is: 'connecting', attempt });
  }

  function stop(error?: ChatError) {
    if (state.is === 'stopped') return;
    cancelWait();
    drop(next);
    drop(current);
    enter({ is: 'stopped', error });
  }

  /** A stream that was live for a while wipes out the failures before it. */
  function settle(reading: Reading) {
    reading.steady = true;
    refused = false;
    if (attempt && state.is === 'live') enter({ is: 'live', attempt: 0 });
    attempt = 0;
  }

  /** A stream is gone: the current one's end is waited out, the next one is tried again beside the current. */
  function lost(reading: Reading, why: string, wishMs?: number, atOnce = false, reset?: ResetReason, fault?: unknown) {
    if (!isOurs(reading)) return;
    const { steady } = reading;
    // After a reset the next one's cursor is as void.
    if (reset) drop(next);
    drop(reading);
    if (next) promote();
    else again(why, wishMs, atOnce || (steady && (why === 'age' || why === 'token')), reset, fault);
  }

  /** Tries again after a while, which the hop wishes to last `wishMs` at least. */
  function again(why: string, wishMs = 0, atOnce = false, reset?: ResetReason, fault?: unknown) {
    const ms = atOnce ? wishMs : Math.max(wishMs, backoffMs(attempt++, random));
    notBeforeMs = clock.now() + wishMs;
    if (current) {
      current.unplan = clock.after(ms, renew);
      return;
    }
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
    cancelWait = clock.after(notBeforeMs - clock.now(), due);
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
    const refusal = 'unauthorized';
    refused = true;
    reading.unplan();
    watch(reading, tokenMs, refusal);
    ask().then(
      () => lost(reading, refusal, 0, atOnce),
      (fault) => (isOurs(reading) && isFinal(fault) ? stop(fault) : lost(reading, refusal)),
    );
  }

  async function recover(reason: ResetReason) {
    const mine: SubscriptionState = { is: 'resetting', reason };
    back = undefined; // What was moved to before is in the snapshots that the owner takes now.
    enter(mine);
    let given: string | undefined;
    try {
      if (state === mine) given = await options.onReset(reason);
    } catch (fault) {
      if (state !== mine) return;
      return isFinal(fault) ? stop(fault) : again(reason, 0, false, reason, fault);
    }
    if (state !== mine) return;
    cursor = given;
    connect();
  }

  function take(reading: Reading, frame: Frame) {
    const { event, id, data } = frame;
    if (!isOurs(reading)) return;
    if (reading.pingMs) watch(reading);
    onLine?.({ is: 'frame', frame });
    const said = read(words, data) ?? {};
    const { reason = 'gap' } = said;
    if (event === 'hello' && isOurs(reading) && !reading.pingMs) greet(reading, said);
    // Nothing else counts before it, nor from the next stream before it has taken over.
    else if (reading !== current || !reading.pingMs) return;
    else if (event === 'message') advance(reading, id, readWireEvent(data));
    else if (event === 'signal') options.onSignal?.(data);
    else if (event === 'reset') reset(reading, reason, said.afterMs);
    else if (event === 'bye') lost(reading, reason, said.retryMs);
    else if (event === 'ping' || event === 'ready') {
      // These two say how far everything was delivered; a signal never does (I14).
      advance(reading, said.cursor);
      if (reading !== current || event === 'ping') return;
      reading.unsettle();
      reading.unsettle = clock.after(steadyMs, () => settle(reading));
      if (state.is !== 'live') enter({ is: 'live', attempt });
      if (cursor) options.onReady?.(cursor);
    }
  }

  function greet(reading: Reading, { pingMs, maxAgeMs, cursor: head }: Parsed<typeof words>) {
    if (!pingMs || !maxAgeMs || !head) return lost(reading, 'not a stream');
    reading.unplan();
    if (reading === next) takeOver();
    reading.pingMs = pingMs;
    watch(reading);
    reading.unplan = clock.after(Math.max(maxAgeMs - renewMs, maxAgeMs / 2, 1000), renew);
    const goesBack = isBefore(reading.back, cursor);
    if (goesBack) cursor = reading.back;
    if (reading.back === back) back = undefined;
    // "From now" is from here, also when this stream breaks before its first event. A service stream has a tail yet.
    if (!options.dense) cursor ??= head;
    if (state.is !== 'live' || goesBack) enter({ is: 'replaying' });
  }

  function reset(reading: Reading, reason: string, afterMs?: number, fault?: unknown) {
    lost(reading, reason, afterMs, false, reason as ResetReason, fault);
  }

  /** Goes on to `to`, by an event or without one, where that lies after the cursor. */
  function advance(reading: Reading, to: string | undefined, event?: WireEvent) {
    const at = parseCursor(to);
    const held = parseCursor(cursor);
    // What comes while a stream with all after `back` is under way comes from that one, in its order.
    if (!at || back !== undefined) return;
    if (held && at.epoch !== held.epoch) return reset(reading, 'epoch');
    if (held && at.pos <= held.pos) return;
    if (held && options.dense && at.pos > held.pos + (event ? 1 : 0)) return reset(reading, 'gap');
    try {
      if (event) options.onEvent(event, to as string);
      cursor = to;
    } catch (fault) {
      reset(reading, 'gap', 0, fault);
    }
  }

  // So that no callback meets the caller without its handle.
  queueMicrotask(connect);

  return {
    get state() {
      return state;
    },
    get cursor() {
      return earliest();
    },
    nudge() {
      attempt = 0;
      if (state.is === 'waiting') hasten();
      // A stream that others wait for is tried anew.
      else if (back !== undefined && current?.pingMs && !next && clock.now() >= notBeforeMs) renew();
    },
    move(to) {
      if (to !== undefined && !isBefore(back, to)) back = to;
      // Several in one turn are one: what is dropped at once asks nobody.
      if (current) renew();
      else if (state.is === 'waiting' && !state.reset) hasten();
    },
    close: () => stop(),
  };
}

const isFinal = (fault: unknown): fault is ChatError => fault instanceof ChatError && !fault.retry;
