/** A stream written to Node's own response: no web stream between the hub and the socket. */
import type { ServerResponse } from 'node:http';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { OpenSink } from './reading.ts';

/** How long a client may take to read a stream's last words before it is cut off. */
const lastWordsMs = 5000;

export function nodeSink(outgoing: ServerResponse): OpenSink {
  return (headers) => {
    let drain: (() => void) | undefined;
    let cut: NodeJS.Timeout | undefined;
    outgoing.on('drain', () => {
      const run = drain;
      drain = undefined;
      run?.();
    });
    // A peer that resets is gone as one that leaves: 'close' follows.
    outgoing.on('error', () => {});
    return {
      sink: {
        write(chunk) {
          // Only now: a hub that takes no more readers is still answered as a refusal.
          if (!outgoing.headersSent) outgoing.writeHead(200, headers);
          return outgoing.write(chunk);
        },
        onDrain(run) {
          drain = run;
        },
        close(now) {
          if (now) outgoing.destroy();
          else outgoing.end();
          cut ??= setTimeout(() => outgoing.destroy(), lastWordsMs);
        },
      },
      onGone(run) {
        const gone = () => {
          clearTimeout(cut);
          run();
        };
        if (outgoing.destroyed || outgoing.closed) gone();
        else outgoing.once('close', gone);
      },
      response: RESPONSE_ALREADY_SENT,
    };
  };
}
