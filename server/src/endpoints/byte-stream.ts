/** A hub's sink over a ReadableStream: room is counted in bytes, and `pull` is the drain. */
import type { Sink } from '@payload-chat/protocol';

export interface ByteStream {
  sink: Sink;
  body: ReadableStream<Uint8Array>;
}

/** Bytes that may wait in the stream before it is full. */
const roomBytes = 65_536;
/** How long a closed stream keeps its last bytes for a reader who has stopped, in ms; the socket is given up before. */
const lastWordsMs = 10_000;

/** `gone` is called once, when the reader has left. */
export function createByteStream(gone: () => void): ByteStream {
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  let state: 'open' | 'closed' | 'gone' = 'open';
  let drained: (() => void) | undefined;
  let lastWords: NodeJS.Timeout | undefined;

  const body = new ReadableStream<Uint8Array>(
    {
      start(given) {
        controller = given;
      },
      pull() {
        const run = drained;
        drained = undefined;
        run?.();
      },
      cancel() {
        clearTimeout(lastWords);
        const left = state === 'open';
        state = 'gone';
        if (left) gone();
      },
    },
    { highWaterMark: roomBytes, size: (chunk) => chunk.byteLength },
  );

  return {
    body,
    sink: {
      write(chunk) {
        if (state !== 'open') return true;
        controller.enqueue(chunk);
        return (controller.desiredSize ?? 0) > 0;
      },
      onDrain(run) {
        drained = run;
      },
      close() {
        if (state !== 'open') return;
        state = 'closed';
        controller.close();
        // What nobody takes would stay for as long as the other end likes.
        lastWords = setTimeout(() => controller.error(new Error('The reader stopped reading.')), lastWordsMs);
        lastWords.unref();
      },
    },
  };
}
