/** A stream as the web's `ReadableStream`, for runtimes where a response is one. Never through a TransformStream. */
import type { OpenSink } from './reading.ts';

/** Bytes that may wait in a stream before its sink is full. */
const highWaterBytes = 65_536;
/** How long a client may take to read a stream's last words before it is cut off. */
const lastWordsMs = 5000;

/** `signal` is the request's: one of two ways to learn that the client has left; `cancel` is the other. */
export function webSink(signal: AbortSignal): OpenSink {
  return (headers) => {
    let drain: (() => void) | undefined;
    let cut: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    let isGone = signal.aborted;
    const leavers: Array<() => void> = [];
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;

    const gone = () => {
      if (isGone) return;
      isGone = true;
      isOver = true;
      clearTimeout(cut);
      for (const run of leavers) run();
    };
    const body = new ReadableStream<Uint8Array>(
      {
        start(opened) {
          controller = opened;
        },
        pull() {
          const run = drain;
          drain = undefined;
          run?.();
        },
        cancel: gone,
      },
      { highWaterMark: highWaterBytes, size: (chunk) => chunk.byteLength },
    );
    signal.addEventListener('abort', gone, { once: true });

    return {
      sink: {
        write(chunk) {
          if (isOver) return true;
          controller?.enqueue(chunk);
          return (controller?.desiredSize ?? 0) > 0;
        },
        onDrain(run) {
          drain = run;
        },
        close(now) {
          if (isOver) return;
          isOver = true;
          if (now) return controller?.error(new Error('The reader has stopped reading.'));
          controller?.close();
          // Nothing tells that the last words were read: an error after that changes nothing.
          cut = setTimeout(() => controller?.error(new Error('The reader has stopped reading.')), lastWordsMs);
        },
      },
      onGone(run) {
        if (isGone) run();
        else leavers.push(run);
      },
      response: new Response(body, { headers }),
    };
  };
}
