/**
 * The resuming reader: one stream kept alive from a cursor, at any hop. The edge reads the server with it, a page reads
 * the edge.
 *
 *   connecting --hello--> replaying --ready--> live
 *       ^                     |                  |      bye, silence, a broken line, an answer that can be retried
 *       |                     v                  v
 *       +------------------ waiting <------------+      reset: waiting, then a new cursor from the owner
 *                              |
 *                           stopped                     closed, or an answer that is final
 *
 * Before a stream ends by age the next one is opened beside it, and takes over at its `hello`.
 */
import { backoffMs, type Clock, systemClock } from './clock.ts';
import { parseCursor } from './cursor.ts';
import { ChatError, readError } from './errors.ts';
import { readWireEvent, readWireSignal, type WireEvent, type WireSignal } from './event.ts';
import { type Frame, frameDecoder } from './frame.ts';
import type { ResetReason } from './history.ts';
import { object, optional, read, text, whole } from './shape.ts';

/** As much of a `Response` as a reader needs. */
export interface StreamResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: {
    getReader(): { read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>; cancel(): Promise<void> };
  } | null;
  json(): Promise<unknown>;
}

export type SubscriptionState =
  | { is: 'connecting'; attempt: number }
  | { is: 'replaying' }
  | { is: 'live' }
  /** `why` is a `bye` or `reset` reason, an error code, `silence` or `network`. */
  | { is: 'waiting'; why: string; untilMs: number; attempt: number }
  | { is: 'stopped'; error: ChatError | undefined };

/** What a watcher of the line sees: every frame, every attempt, every wait. */
export type LineEvent =
  | { is: 'attempt'; cursor: string | undefined }
  | { is: 'frame'; frame: Frame }
  | { is: 'wait'; why: string; ms: number; cursor: string | undefined };

export interface SubscriptionOptions {
  /** Opens one stream from the cursor (header `Last-Event-ID`); a rejection is a broken network. */
  open(cursor: string | undefined, signal: AbortSignal): Promise<StreamResponse>;
  /** Every durable event in rising pos, once; `cursor` is its id. After `move` to an earlier cursor, some come again. */
  onEvent(event: WireEvent, cursor: string): void;
  onSignal?(signal: WireSignal): void;
  onHello?(hello: Hello, raw: unknown): void;
  onReady?(cursor: string): void;
  /** The cursor can't be honoured: take snapshots and answer the cursor to go on from, or nothing for "from now". */
  onReset(reason: ResetReason): Promise<string | undefined> | string | undefined;
  /** A 401: get a new token before the next attempt. A rejection with a final `ChatError` stops. */
  onUnauthorized?(): Promise<void>;
  onState?(state: SubscriptionState): void;
  onLine?(event: LineEvent): void;
  cursor?: string;
  /** On a service stream each pos follows the last by one; a hole is a `reset gap`. */
  dense?: boolean;
  clock?: Clock;
  random?(): number;
}

export interface Subscription {
  readonly state: SubscriptionState;
  readonly cursor: string | undefined;
  /** Tries now instead of later: the machine woke, the network came back. Live streams are left alone. */
  nudge(): void;
  /** Opens the next stream before the last ends: topics or token changed. An earlier `cursor` is gone back to. */
  move(cursor?: string): void;
  /** Callable twice. */
  close(): void;
}

const hello = object({ epoch: text(12, 12), cursor: text(1), pingMs: whole(1), maxAgeMs: whole(1) });
export type Hello = { epoch: string; cursor: string; pingMs: number; maxAgeMs: number };
const cursorData = object({ cursor: text(1) });
const resetData = object({ reason: text(), afterMs: optional(whole()) });
const byeData = object({ reason: text(), retryMs: optional(whole()) });

/** A stream that says nothing for this many pings is dead (S10). */
const silencePings = 2.5;
/** How long a stream may take from the request to its `hello`. */
const helloMs = 10_000;
/** How long the next stream may take beside the last one before that is closed first (S6: six connections). */
const besideMs = 5000;
/** How long before its end a stream is renewed. */
const renewMs = 15_000;

interface Line {
  abort: AbortController;
  cancelWatch: () => void;
  cancelRenewal: () => void;
  pingMs: number;
}

export function subscribe(options: SubscriptionOptions): Subscription {
  const { clock = systemClock, random = Math.random } = options;
  let state: SubscriptionState = { is: 'connecting', attempt: 0 };
  let cursor = options.cursor;
  let attempt = 0;
  let refused401 = false;
  /** The stream that is listened to, and the one opened to take over from it. */
  let current: Line | undefined;
  let next: Line | undefined;
  let cancelWait: (() => void) | undefined;

  const stopped = () => state.is === 'stopped';
  const line = (event: LineEvent) => options.onLine?.(event);

  function enter(entered: SubscriptionState) {
    state = entered;
    options.onState?.(entered);
  }

  function end(ended: Line | undefined) {
    if (!ended) return;
    ended.cancelWatch();
    ended.cancelRenewal();
    if (current === ended) current = undefined;
    if (next === ended) next = undefined;
    ended.abort.abort();
  }

  function stop(error?: ChatError) {
    if (stopped()) return;
    cancelWait?.();
    end(next);
    end(current);
    enter({ is: 'stopped', error });
  }

  function wait(why: string, wishMs: number, soon = false) {
    if (stopped()) return;
    cancelWait?.();
    const ms = Math.max(wishMs, soon ? 0 : backoffMs(attempt, random));
    if (!soon) attempt += 1;
    line({ is: 'wait', why, ms, cursor });
    enter({ is: 'waiting', why, untilMs: clock.now() + ms, attempt });
    cancelWait = clock.after(ms, connect);
  }

  function connect() {
    cancelWait?.();
    cancelWait = undefined;
    if (stopped() || current) return;
    enter({ is: 'connecting', attempt });
    current = openLine();
  }

  function openLine(): Line {
    const opened: Line = { abort: new AbortController(), cancelWatch: () => {}, cancelRenewal: () => {}, pingMs: 0 };
    watch(opened, helloMs);
    line({ is: 'attempt', cursor });
    void run(opened, cursor);
    return opened;
  }

  /** Whether the line is still one of ours: asked after every await. */
  const ours = (candidate: Line) => !stopped() && (candidate === current || candidate === next);

  function watch(watched: Line, ms: number) {
    watched.cancelWatch();
    watched.cancelWatch = clock.after(ms, () => lost(watched, 'silence', 0));
  }

  /** The line has ended. The current one's end is waited out; that of the next leaves the current as it is. */
  function lost(gone: Line, why: string, wishMs: number, soon = false) {
    if (!ours(gone)) return;
    const wasCurrent = gone === current;
    end(gone);
    if (!wasCurrent) return;
    if (next) {
      current = next;
      next = undefined;
      enter({ is: 'connecting', attempt });
    } else wait(why, wishMs, soon);
  }

  async function run(opened: Line, from: string | undefined) {
    try {
      const response = await options.open(from, opened.abort.signal);
      if (!ours(opened))
        return void response.body
          ?.getReader()
          .cancel()
          .catch(() => {});
      const type = response.headers.get('Content-Type') ?? '';
      if (response.status !== 200 || !type.startsWith('text/event-stream') || !response.body)
        return void (await refused(opened, response, type));
      const reader = response.body.getReader();
      const feed = frameDecoder((frame) => {
        if (ours(opened)) take(opened, frame);
      });
      while (ours(opened)) {
        const { done, value } = await reader.read();
        if (done) break;
        if (value && ours(opened)) feed(value);
      }
      if (!ours(opened)) void reader.cancel().catch(() => {});
      lost(opened, 'network', 0);
    } catch {
      lost(opened, 'network', 0); // Whatever broke, the answer is the same: come back from the cursor.
    }
  }

  async function refused(opened: Line, response: StreamResponse, type: string) {
    if (response.status === 204) return finish(opened, undefined);
    if (response.status >= 200 && response.status < 400) return lost(opened, `not a stream: ${type || 'no type'}`, 0);
    const body = await response.json().catch(() => undefined);
    if (!ours(opened)) return;
    const error = readError(response.status, body, response.headers.get('Retry-After'));
    if (error.code === 'unauthorized' && options.onUnauthorized) {
      const again = refused401;
      refused401 = true;
      try {
        await options.onUnauthorized();
      } catch (failure) {
        if (failure instanceof ChatError && !failure.retry) return finish(opened, failure);
      }
      return lost(opened, error.code, 0, !again);
    }
    if (!error.retry) return finish(opened, error);
    lost(opened, error.code, (error.retryAfterS ?? 0) * 1000);
  }

  /** A final answer to the current line stops; one to the next line too, since both ask the same. */
  function finish(opened: Line, error: ChatError | undefined) {
    if (ours(opened)) stop(error);
  }

  function take(from: Line, frame: Frame) {
    if (from.pingMs) watch(from, from.pingMs * silencePings);
    line({ is: 'frame', frame });
    if (from !== current && frame.event !== 'hello') return;
    switch (frame.event) {
      case 'hello':
        return greet(from, frame.data);
      case 'message':
        return take1(from, frame);
      case 'signal': {
        const signal = readWireSignal(frame.data);
        if (signal) options.onSignal?.(signal);
        return;
      }
      case 'ready':
        advance(frame);
        attempt = 0;
        refused401 = false;
        enter({ is: 'live' });
        if (cursor) options.onReady?.(cursor);
        return;
      case 'ping':
        return advance(frame);
      case 'reset':
        return void resetFrom(from, read(resetData, frame.data) ?? { reason: 'gap' });
      case 'bye': {
        const bye = read(byeData, frame.data) ?? { reason: 'shutdown' };
        if (bye.reason === 'revoked') return void renewToken(from, bye.retryMs ?? 0);
        return lost(from, bye.reason, bye.retryMs ?? 0, bye.reason === 'age' || bye.reason === 'token');
      }
    }
  }

  function greet(from: Line, data: unknown) {
    const greeting = read(hello, data);
    if (!greeting) return lost(from, 'not a stream: no hello', 0);
    if (from === next) {
      const last = current;
      next = undefined;
      current = from;
      end(last);
    }
    from.pingMs = greeting.pingMs;
    watch(from, greeting.pingMs * silencePings);
    from.cancelRenewal();
    from.cancelRenewal = clock.after(Math.max(greeting.maxAgeMs - renewMs, greeting.maxAgeMs / 2), () => renew());
    enter({ is: 'replaying' });
    options.onHello?.(greeting, data);
  }

  function take1(from: Line, frame: Frame) {
    const event = readWireEvent(frame.data);
    const at = parseCursor(frame.id ?? '');
    const held = cursor === undefined ? undefined : parseCursor(cursor);
    if (held && at && at.pos <= held.pos && at.epoch === held.epoch) return;
    if (options.dense && held && at && at.pos !== held.pos + 1) return void resetFrom(from, { reason: 'gap' });
    if (frame.id) cursor = frame.id;
    if (event && frame.id) options.onEvent(event, frame.id);
  }

  /** `ready` and `ping` say how far everything was delivered; a signal never does (I14). */
  function advance(frame: Frame) {
    const told = parseCursor(read(cursorData, frame.data)?.cursor ?? '');
    const held = cursor === undefined ? undefined : parseCursor(cursor);
    if (!told || (held && held.epoch === told.epoch && told.pos < held.pos)) return;
    if (options.dense && held && told.pos !== held.pos) return;
    cursor = `${told.epoch}.${told.pos}`;
  }

  async function resetFrom(from: Line, reset: { reason: string; afterMs?: number }) {
    if (!ours(from)) return;
    end(next);
    end(from);
    const wishMs = reset.afterMs ?? 0;
    const ms = Math.max(wishMs, backoffMs(attempt, random));
    attempt += 1;
    line({ is: 'wait', why: reset.reason, ms, cursor });
    enter({ is: 'waiting', why: reset.reason, untilMs: clock.now() + ms, attempt });
    cancelWait?.();
    cancelWait = clock.after(ms, () => void recover(reset.reason as ResetReason));
  }

  async function recover(reason: ResetReason) {
    cancelWait = undefined;
    const held = state;
    try {
      const given = await options.onReset(reason);
      if (state !== held) return;
      cursor = given;
      connect();
    } catch (failure) {
      if (state !== held) return;
      if (failure instanceof ChatError && !failure.retry) return stop(failure);
      attempt += 1;
      const ms = backoffMs(attempt, random);
      enter({ is: 'waiting', why: reason, untilMs: clock.now() + ms, attempt });
      cancelWait = clock.after(ms, () => void recover(reason));
    }
  }

  async function renewToken(from: Line, wishMs: number) {
    lost(from, 'revoked', wishMs);
  }

  function renew() {
    if (!current || next || stopped()) return;
    next = openLine();
    const opened = next;
    clock.after(besideMs, () => {
      if (next !== opened) return;
      // No room beside the last stream: it makes room.
      const last = current;
      current = opened;
      next = undefined;
      end(last);
      enter({ is: 'connecting', attempt });
    });
  }

  queue(connect);
  /** Starts after the caller has its handle, so that no callback meets it half made. */
  function queue(run: () => void) {
    void Promise.resolve().then(run);
  }

  return {
    get state() {
      return state;
    },
    get cursor() {
      return cursor;
    },
    nudge() {
      if (state.is !== 'waiting' || state.why === 'epoch' || !cancelWait) return;
      attempt = 0;
      connect();
    },
    move(to) {
      if (stopped()) return;
      if (to !== undefined) cursor = to;
      end(next);
      if (current) renew();
      else if (state.is === 'waiting') connect();
    },
    close: () => stop(),
  };
}
