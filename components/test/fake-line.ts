/**
 * One browser's line to the fake edge: a `fetch` that can be cut, slowed, and made to fail. Cutting rejects what is
 * asked and breaks the bodies that are open, as the demo's switch and a pulled cable do.
 */
import type { Clock } from '@payload-chat/protocol';

/** A refusal that the line answers itself, or how the network breaks: before the edge heard it, or after. */
export type Failure = { status: number; code?: string; retryAfterS?: number } | 'unheard' | 'unanswered';

export interface FakeLine {
  fetch: typeof fetch;
  /** Streams that are open. */
  readonly streams: number;
  cut(): void;
  uncut(): void;
  /** A proxy gathers what streams bring, from the next one on, and never passes it on; or it is put right. */
  hold(held: boolean): void;
  /** A proxy keeps each piece of a stream for so long, but nothing of an answer that is over. */
  lag(ms: number): void;
  /** Every request takes `ms` to the edge and every answer `ms` back; a function is asked each time. */
  slow(ms: number | (() => number)): void;
  /** The next `n` requests (with `match` in their method and path) fail. */
  failNext(n: number, failure: Failure, match?: string): void;
  /** Forgets failures that have not come yet. */
  heal(): void;
}

export function createFakeLine(answer: (request: Request) => Promise<Response> | Response, clock: Clock): FakeLine {
  const open = new Set<(reason: Error) => void>();
  const failures: Array<{ failure: Failure; match: string }> = [];
  let cut = false;
  let held = false;
  let lagMs = 0;
  let delay: () => number = () => 0;

  const network = () => new TypeError('Failed to fetch');

  /** Runs after the line's delay; rejects as soon as the line is cut or the request given up. */
  function travel(signal: AbortSignal | null | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (cut) return reject(network());
      if (signal?.aborted) return reject(signal.reason);
      const ms = delay();
      if (!ms) return resolve();
      const end = (fail?: Error) => {
        cancel();
        open.delete(end);
        signal?.removeEventListener('abort', give);
        if (fail) reject(fail);
        else resolve();
      };
      const give = () => end(signal?.reason);
      const cancel = clock.after(ms, () => end());
      open.add(end);
      signal?.addEventListener('abort', give);
    });
  }

  function takeFailure(request: Request): Failure | undefined {
    const line = `${request.method} ${new URL(request.url).pathname}`;
    const index = failures.findIndex(({ match }) => line.includes(match));
    return index < 0 ? undefined : failures.splice(index, 1)[0]?.failure;
  }

  /** The same bytes through a body that breaks with the line, and is cancelled with it. */
  function through(response: Response, signal: AbortSignal | null | undefined): Response {
    if (!response.headers.get('Content-Type')?.startsWith('text/event-stream') || !response.body) return response;
    const reader = response.body.getReader();
    const kept = held;
    let broken: ((reason: Error) => void) | undefined;
    const late: Uint8Array[] = [];
    const cancels: Array<() => void> = [];
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        const end = (reason: Error) => {
          open.delete(end);
          signal?.removeEventListener('abort', give);
          for (const cancel of cancels) cancel();
          reader.cancel().catch(() => {});
          controller.error(reason);
        };
        const give = () => end(signal?.reason ?? new DOMException('Aborted', 'AbortError'));
        broken = end;
        open.add(end);
        signal?.addEventListener('abort', give);
      },
      async pull(controller) {
        while (broken && open.has(broken)) {
          const { done, value } = kept ? await new Promise<never>(() => {}) : await reader.read();
          if (!open.has(broken)) return;
          const pass = () => {
            const piece = late.shift();
            if (piece) controller.enqueue(piece);
          };
          if (value) late.push(value);
          if (value && lagMs) {
            cancels.push(clock.after(lagMs, pass));
            continue;
          }
          while (late.length) pass();
          if (!done) return;
          open.delete(broken);
          controller.close();
        }
      },
      async cancel() {
        for (const cancel of cancels) cancel();
        if (broken) open.delete(broken);
        await reader.cancel();
      },
    });
    return new Response(body, response);
  }

  return {
    async fetch(input, init) {
      const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined);
      const request = new Request(input, { ...init, signal: null });
      await travel(signal);
      const failure = takeFailure(request);
      if (failure === 'unheard') throw network();
      if (failure && failure !== 'unanswered') {
        const { status, code = 'unavailable', retryAfterS } = failure;
        return new Response(JSON.stringify({ errors: [{ code, message: `Made to fail: ${code}` }] }), {
          status,
          headers: {
            'Content-Type': 'application/json',
            ...(retryAfterS === undefined ? {} : { 'Retry-After': String(retryAfterS) }),
          },
        });
      }
      const response = await answer(request);
      if (failure === 'unanswered') throw network();
      await travel(signal);
      return through(response, signal);
    },
    get streams() {
      return open.size;
    },
    cut() {
      cut = true;
      for (const end of [...open]) end(network());
    },
    uncut() {
      cut = false;
    },
    hold(on) {
      held = on;
    },
    lag(ms) {
      lagMs = ms;
    },
    slow(ms) {
      delay = typeof ms === 'number' ? () => ms : ms;
    },
    failNext(n, failure, match = '') {
      for (let i = 0; i < n; i += 1) failures.push({ failure, match });
    },
    heal() {
      failures.length = 0;
    },
  };
}
