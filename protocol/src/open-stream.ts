/**
 * One stream as its reader sees it: a request, an answer that may be none, frames until it ends. It ends once, for one
 * reason, and knows nothing of cursors or of coming back.
 */
import type { Clock } from './clock.ts';
import { ChatError, readError } from './errors.ts';
import { type Frame, frameDecoder } from './frame.ts';

/** As much of a `Response` as a reader needs. */
export interface StreamResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: {
    getReader(): { read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>; cancel(): Promise<void> };
  } | null;
  json(): Promise<unknown>;
}

export interface Stream {
  /** Gives it up as silent after `ms`, counted from now. */
  watch(ms: number): void;
  /** Ends it without a word to `onEnd`, callable twice. */
  close(): void;
}

/** Why a stream ended: a word, the hop's refusal, or nothing for a 204, which is final. */
export type StreamEnd = string | ChatError | undefined;

/**
 * Opens one, in the next microtask. `onEnd` is called once, unless `close` came first: with `network` (broken, or ended
 * without a `bye`), `silence`, `not a stream` (a redirect, a login page of somebody's network), or the refusal.
 */
export function openStream(
  open: (signal: AbortSignal) => Promise<StreamResponse>,
  clock: Clock,
  onFrame: (frame: Frame) => void,
  onEnd: (end: StreamEnd) => void,
): Stream {
  const abort = new AbortController();
  let closed = false;
  let unwatch = () => {};
  let cancelBody: (() => Promise<void>) | undefined;

  function close() {
    closed = true;
    unwatch();
    abort.abort();
    cancelBody?.().catch(() => {}); // Broken already.
  }

  function end(why: StreamEnd) {
    if (closed) return;
    close();
    onEnd(why);
  }

  async function run(): Promise<StreamEnd> {
    if (closed) return;
    const response = await open(abort.signal);
    const { status, headers, body } = response;
    if (status === 204) return;
    if (status >= 400) {
      const words = await response.json().catch(() => {}); // A stranger's words: the status has to do.
      return readError(status, words, headers.get('Retry-After'));
    }
    if (status !== 200 || !body || !headers.get('Content-Type')?.startsWith('text/event-stream')) return 'not a stream';
    const reader = body.getReader();
    cancelBody = () => reader.cancel();
    const feed = frameDecoder((frame) => {
      if (!closed) onFrame(frame);
    });
    while (!closed) {
      const { done, value } = await reader.read();
      if (done) break;
      if (value) feed(value);
    }
    if (closed) close(); // Again, for a body that came later than the close.
    return 'network';
  }

  Promise.resolve()
    .then(run)
    // A refusal may come before the request, from whoever has to sign it. Whatever else broke, the answer is the same.
    .then(end, (fault) => end(fault instanceof ChatError ? fault : 'network'));

  return {
    watch(ms) {
      unwatch();
      if (!closed) unwatch = clock.after(ms, () => end('silence'));
    },
    close,
  };
}
