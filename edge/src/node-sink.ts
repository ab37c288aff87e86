/** A stream written to Node's own response: no web stream between the hub and the socket. */
import type { ServerResponse } from 'node:http';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Sink } from '@payload-chat/protocol';
import type { OpenSink } from './open-sink.ts';

/** How long a client may take to read a stream's last words before it is cut off. */
const lastWordsMs = 5000;

/** The head leaves with the first chunk: a hub that takes no more readers is still answered as a refusal. */
export function nodeSink(outgoing: ServerResponse, headers: Record<string, string> = {}): Sink {
  let drain: (() => void) | undefined;
  outgoing.on('drain', () => {
    const run = drain;
    drain = undefined;
    run?.();
  });
  // A peer that resets is gone as one that leaves: 'close' follows.
  outgoing.on('error', () => {});
  return {
    write(chunk) {
      if (!outgoing.headersSent) outgoing.writeHead(200, headers);
      return outgoing.write(chunk);
    },
    onDrain(run) {
      drain = run;
    },
    close(cut) {
      if (outgoing.writableEnded || outgoing.destroyed) return;
      if (cut) return void outgoing.destroy();
      outgoing.end();
      const late = setTimeout(() => outgoing.destroy(), lastWordsMs);
      outgoing.once('close', () => clearTimeout(late));
    },
  };
}

/** A stream as the answer to a request that came through Hono. */
export function nodeStream(outgoing: ServerResponse): OpenSink {
  return (headers) => ({
    sink: nodeSink(outgoing, headers),
    onGone(run) {
      if (outgoing.destroyed || outgoing.closed) run();
      else outgoing.once('close', run);
    },
    response: RESPONSE_ALREADY_SENT,
  });
}
