/** A stream as a test holds it: every frame in order, and waits that say what they waited for. */
import { type Frame, frameDecoder } from '@payload-chat/protocol';

export interface StreamReader {
  readonly status: number;
  readonly headers: Headers;
  /** Of a refusal: its body's text. */
  readonly body: string;
  readonly frames: readonly Frame[];
  /** The next frame of this kind after those that were asked for before. @throws after `withinMs` or at the end */
  next(event: string, withinMs?: number): Promise<Frame>;
  /** Comes back when the stream has ended. @throws after `withinMs` */
  ended(withinMs?: number): Promise<void>;
  close(): void;
}

export interface StreamOptions {
  token?: string;
  query?: string;
  lastEventId?: string;
  origin?: string;
  headers?: Record<string, string>;
}

const open = new Set<AbortController>();

/** Closes every stream of this process that a test has left open. */
export function closeStreams(): void {
  for (const abort of open) abort.abort();
  open.clear();
}

export async function openStream(
  url: string,
  { token, query, lastEventId, origin, headers = {} }: StreamOptions,
): Promise<StreamReader> {
  const abort = new AbortController();
  open.add(abort);
  const response = await fetch(`${url}/api/messages/sse${query ? `?${query}` : ''}`, {
    signal: abort.signal,
    headers: {
      ...headers,
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
      ...(lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId }),
      ...(origin ? { Origin: origin } : {}),
    },
  });
  const frames: Frame[] = [];
  const body = response.status === 200 ? '' : await response.text();
  let taken = 0;
  let isOver = response.status !== 200;
  let wake = () => {};

  async function read() {
    const feed = frameDecoder((frame) => frames.push(frame));
    const reader = response.body?.getReader();
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done || !value) break;
      feed(value);
      wake();
    }
  }
  const over = () => {
    isOver = true;
    wake();
  };
  // Cut by the hop or closed by us, it is over: what had come until then is what tests look at.
  const reading = isOver ? Promise.resolve() : read().then(over, over);

  const seen = () => frames.map(({ event, id }) => `${event}${id ? ` ${id}` : ''}`).join(', ') || 'nothing';

  return {
    status: response.status,
    headers: response.headers,
    body,
    frames,
    async next(event, withinMs = 5000) {
      const untilMs = Date.now() + withinMs;
      for (;;) {
        while (taken < frames.length) {
          const frame = frames[taken];
          taken += 1;
          if (frame?.event === event) return frame;
        }
        if (isOver)
          throw new Error(`The stream ended before ${event}; it had ${seen()}; status ${response.status} ${body}`);
        const leftMs = untilMs - Date.now();
        if (leftMs <= 0) throw new Error(`No ${event} within ${withinMs} ms; there was ${seen()}`);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, leftMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    },
    async ended(withinMs = 5000) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(
          () => reject(new Error(`The stream goes on after ${withinMs} ms; it had ${seen()}`)),
          withinMs,
        );
      });
      await Promise.race([reading, late]).finally(() => clearTimeout(timer));
    },
    close: () => abort.abort(),
  };
}
