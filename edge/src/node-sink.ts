/** A stream written to Node's own response: no web stream between the hub and the socket. */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Sink } from '@payload-chat/protocol';
import type { OpenSink } from './open-sink.ts';

/** How long a client may take to read a stream's last words before it is cut off. */
const lastWordsMs = 5000;

/** The head leaves with the first chunk: a hub that takes no more readers is still answered as a refusal. */
export function nodeSink(outgoing: ServerResponse, headers: Record<string, string> = {}): Sink {
  let socket: Socket | null = null;
  // A peer that resets is gone as one that leaves: 'close' follows.
  outgoing.on('error', () => {});
  return {
    write(bytes) {
      if (socket) return socket.write(inChunk(bytes));
      if (!outgoing.headersSent) outgoing.writeHead(200, headers);
      const hasRoom = outgoing.write(bytes);
      // From here on what all readers share goes out in one piece, chunk size and all. HTTP/1.0 has no chunks.
      if (outgoing.chunkedEncoding) socket = outgoing.socket;
      return hasRoom;
    },
    onDrain(run) {
      (socket ?? outgoing).once('drain', run);
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

let last: { bytes: Uint8Array; chunk: Buffer } | undefined;

/** The bytes as a chunk of HTTP/1.1; made once for all readers of a fan-out, who are written to one after the other. */
function inChunk(bytes: Uint8Array): Buffer {
  if (last?.bytes !== bytes) {
    const head = `${bytes.byteLength.toString(16)}\r\n`;
    const chunk = Buffer.allocUnsafe(head.length + bytes.byteLength + 2);
    chunk.write(head, 'latin1');
    chunk.set(bytes, head.length);
    chunk.write('\r\n', head.length + bytes.byteLength, 'latin1');
    last = { bytes, chunk };
  }
  return last.chunk;
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
