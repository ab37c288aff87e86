/**
 * Streams as the web's `ReadableStream`, for runtimes where a response is one. Never through a TransformStream, whose
 * writer does not learn that the reader has left.
 */
import type { Clock } from '@payload-chat/protocol';
import type { OpenSink } from './open-sink.ts';

/** Bytes that may wait in a stream before its sink is full. */
const highWaterBytes = 65_536;
/** How long a client may take to read a stream's last words before it is cut off. */
const lastWordsMs = 5000;
/**
 * How often each stream is touched with an SSE comment. workerd notices at the second write that a client has left:
 * pings alone, 20 s apart, would count him for the better part of a minute (I11).
 */
const touchMs = 6000;
/** The streams take turns, so that thousands are not written to at once. */
const turns = 10;

const comment = new TextEncoder().encode(':\n\n');

/** `signal` is the request's: one of two ways to learn that the client has left; the stream's `cancel` is the other. */
export function createWebSinks(clock: Clock): (signal: AbortSignal) => OpenSink {
  const open = Array.from({ length: turns }, () => new Set<() => void>());
  let opened = 0;
  let turn = 0;
  let isBeating = false;

  function beat() {
    isBeating = open.some((group) => group.size > 0);
    if (!isBeating) return;
    turn = (turn + 1) % turns;
    for (const touch of open[turn] ?? []) touch();
    clock.after(touchMs / turns, beat);
  }

  return (signal) => (headers) => {
    let drain: (() => void) | undefined;
    let cancelCut = () => {};
    let isOver = false;
    let isGone = signal.aborted;
    const leavers: Array<() => void> = [];
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    const group = open[opened % turns];
    opened += 1;

    const touch = () => {
      if (!isOver && (controller?.desiredSize ?? 0) > 0) controller?.enqueue(comment);
    };
    const finish = () => {
      isOver = true;
      group?.delete(touch);
    };
    const gone = () => {
      if (isGone) return;
      isGone = true;
      finish();
      cancelCut();
      for (const run of leavers) run();
    };
    const cut = () => controller?.error(new Error('The reader has stopped reading.'));

    const body = new ReadableStream<Uint8Array>(
      {
        start(begun) {
          controller = begun;
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
          // Only now: a stream that no hub took is not kept.
          group?.add(touch);
          if (!isBeating) clock.after(touchMs / turns, beat);
          isBeating = true;
          controller?.enqueue(chunk);
          return (controller?.desiredSize ?? 0) > 0;
        },
        onDrain(run) {
          drain = run;
        },
        close(now) {
          if (isOver) return;
          finish();
          if (now) return cut();
          controller?.close();
          // Nothing tells that the last words were read; where they were, this changes nothing.
          cancelCut = clock.after(lastWordsMs, cut);
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
