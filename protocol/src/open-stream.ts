/**
 * One stream as its reader sees it: a request, an answer that may be none, frames until it ends. Knows nothing of
 * cursors or of coming back.
 */
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

/**
 * Why a stream ended: `network` (broken, or ended without a `bye`), `not a stream` (a redirect, a login page of
 * somebody's network), the hop's refusal, or nothing for a 204, which is final.
 */
export type StreamEnd = string | ChatError | undefined;

/** Reads one to its end, from the next microtask on. Once the signal is aborted nothing is opened, and all is closed. */
export async function readStream(
  open: () => Promise<StreamResponse>,
  signal: AbortSignal,
  onFrame: (frame: Frame) => void,
): Promise<StreamEnd> {
  try {
    await undefined;
    if (signal.aborted) return;
    const response = await open();
    const { status, headers, body } = response;
    if (status === 204) return;
    // The words may be a stranger's, and no JSON: the status has to do.
    if (status >= 400) return readError(status, await response.json().catch(() => {}), headers.get('Retry-After'));
    if (status !== 200 || !body || !headers.get('Content-Type')?.startsWith('text/event-stream')) return 'not a stream';
    const reader = body.getReader();
    const cancel = () => void reader.cancel().catch(() => {}); // Broken already.
    if (signal.aborted) return cancel() as undefined;
    signal.addEventListener('abort', cancel);
    const feed = frameDecoder(onFrame);
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return 'network';
      if (value) feed(value);
    }
  } catch (fault) {
    // A refusal may come before the request, from whoever has to sign it. Whatever else broke, the answer is the same.
    return fault instanceof ChatError ? fault : 'network';
  }
}
