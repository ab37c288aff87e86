/** An upstream played by hand, and a subscription that reads it: what tests of the reader stand on. */
import type { WireEvent } from './event.ts';
import { encodeFrame } from './frame.ts';
import type { Hub } from './hub.ts';
import { epoch, posted } from './samples.ts';
import {
  type StreamResponse,
  type Subscription,
  type SubscriptionOptions,
  type SubscriptionState,
  subscribe,
} from './subscription.ts';
import { type ManualClock, manualClock, settle } from './testing.ts';

export const at = (pos: number, of = epoch) => `${of}.${pos}`;
export const hello = (more: object = {}) =>
  encodeFrame({ event: 'hello', data: { epoch, cursor: at(0), pingMs: 20_000, maxAgeMs: 1_200_000, ...more } });
export const ready = (pos: number) => encodeFrame({ event: 'ready', id: at(pos), data: { cursor: at(pos) } });
export const event = (pos: number, of = epoch) => encodeFrame({ id: at(pos, of), data: posted(pos) });

/** One request as the upstream saw it. It is answered by its own methods. */
export interface Attempt {
  cursor: string | undefined;
  atMs: number;
  signal: AbortSignal;
  answer(
    response: Partial<StreamResponse> & { status: number; type?: string; retryAfter?: string; words?: unknown },
  ): void;
  /** Answers with a stream, and sends these chunks. */
  stream(...chunks: Uint8Array[]): Attempt;
  send(...chunks: Uint8Array[]): void;
  /** The stream ends without a word. */
  end(): void;
  /** The cable is cut. */
  cut(): void;
  /** Serves it from a hub, as a hop does. */
  serve(hub: Hub, topics?: string[] | '*'): Attempt;
}

export interface Bench {
  clock: ManualClock;
  subscription: Subscription;
  attempts: Attempt[];
  latest(): Attempt;
  /** What the owner was told, in order. */
  told: string[];
  events: number[];
  states: SubscriptionState[];
  /** Moves on until the next attempt, at most `ms`; answers how long it took. */
  next(ms?: number): Promise<number>;
}

export async function bench(given: Partial<SubscriptionOptions> = {}, random = () => 0.5): Promise<Bench> {
  const clock = manualClock();
  const attempts: Attempt[] = [];
  const told: string[] = [];
  const events: number[] = [];
  const states: SubscriptionState[] = [];
  const subscription = subscribe({
    clock,
    random,
    open(cursor, signal) {
      const { attempt, response } = createAttempt(cursor, signal, clock);
      attempts.push(attempt);
      return response;
    },
    onEvent: (event: WireEvent) => void events.push(event.pos),
    onReset(reason) {
      told.push(`reset ${reason}`);
      return undefined;
    },
    onReady: (cursor) => void told.push(`ready ${cursor}`),
    onState: (state) => void states.push(state),
    ...given,
  });
  await settle();
  return {
    clock,
    subscription,
    attempts,
    told,
    events,
    states,
    latest: () => attempts.at(-1) as Attempt,
    async next(ms = 600_000) {
      const { length } = attempts;
      const fromMs = clock.now();
      while (attempts.length === length && clock.now() - fromMs <= ms) await clock.advance(50);
      if (attempts.length !== length + 1) throw new Error(`${attempts.length - length} further attempts in ${ms} ms.`);
      return clock.now() - fromMs;
    },
  };
}

export function createAttempt(cursor: string | undefined, signal: AbortSignal, clock: ManualClock) {
  let respond: (response: StreamResponse) => void = () => {};
  let refuse: (fault: Error) => void = () => {};
  const chunks: Uint8Array[] = [];
  let over: 'ended' | 'broken' | undefined;
  let wake: (() => void) | undefined;
  let leave = () => {};
  const response = new Promise<StreamResponse>((resolve, reject) => {
    respond = resolve;
    refuse = reject;
  });
  const finish = (how: 'ended' | 'broken') => {
    over ??= how;
    refuse(new Error('fetch failed'));
    leave();
    wake?.();
  };
  signal.addEventListener('abort', () => finish('broken'));
  const read = async (): Promise<{ done: boolean; value?: Uint8Array }> => {
    while (chunks.length === 0 && !over)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    const value = chunks.shift();
    if (value) return { done: false, value };
    if (over === 'broken') throw new Error('terminated');
    return { done: true };
  };
  const attempt: Attempt = {
    cursor,
    atMs: clock.now(),
    signal,
    answer: ({ type = 'application/json', retryAfter, words, ...more }) =>
      respond({
        headers: { get: (name) => ({ 'Content-Type': type, 'Retry-After': retryAfter ?? null })[name] ?? null },
        body: { getReader: () => ({ read: async () => ({ done: true }), cancel: async () => {} }) },
        json: async () => {
          if (words === undefined) throw new SyntaxError('<html>');
          return words;
        },
        ...more,
      }),
    stream(...first) {
      attempt.answer({
        status: 200,
        type: 'text/event-stream; charset=utf-8',
        body: { getReader: () => ({ read, cancel: async () => finish('broken') }) },
      });
      attempt.send(...first);
      return attempt;
    },
    send(...more) {
      chunks.push(...more);
      wake?.();
    },
    end: () => finish('ended'),
    cut: () => finish('broken'),
    serve(hub, topics = ['thread:t']) {
      attempt.stream();
      leave = hub.subscribe({
        sink: {
          write(chunk) {
            attempt.send(chunk);
            return true;
          },
          onDrain() {},
          close: () => attempt.end(),
        },
        topics,
        ...(cursor ? { cursor } : {}),
      });
      return attempt;
    },
  };
  response.catch(() => {}); // An attempt that nobody waits for any more.
  return { attempt, response };
}

/** A stream that is live at `pos`. */
export async function live(pos = 0, given: Partial<SubscriptionOptions> = {}, random?: () => number): Promise<Bench> {
  const made = await bench(given, random);
  made.latest().stream(hello(), ready(pos));
  await settle();
  if (made.subscription.state.is !== 'live') throw new Error(`It is ${made.subscription.state.is}, not live.`);
  return made;
}

export const reasonOf = ({ subscription: { state } }: Bench) => (state.is === 'waiting' ? state.why : state.is);
