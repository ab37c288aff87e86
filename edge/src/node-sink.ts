/** A stream written to Node's own response: no web stream between the hub and the socket. */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { ChatError, type Sink } from '@payload-chat/protocol';
import type { OpenSink } from './open-sink.ts';

/** How long a client may take to read a stream's last words before it is cut off. */
const lastWordsMs = 5000;

/** The head leaves with the first chunk: a hub that takes no more readers is still answered as a refusal. */
export function nodeSink(outgoing: ServerResponse, headers: Record<string, string> = {}): Sink {
  // A peer that resets is gone as one that leaves: 'close' follows.
  outgoing.on('error', ignore);
  return new NodeSink(outgoing, headers);
}

const ignore = () => {};

/** A class, so that thousands of sinks share their functions. */
class NodeSink implements Sink {
  readonly #outgoing: ServerResponse;
  /** Until they were sent. */
  #headers: Record<string, string> | undefined;
  #socket: Socket | null = null;

  constructor(outgoing: ServerResponse, headers: Record<string, string>) {
    this.#outgoing = outgoing;
    this.#headers = headers;
  }

  write(bytes: Uint8Array): boolean {
    if (this.#socket) return this.#socket.write(inChunk(bytes));
    const outgoing = this.#outgoing;
    if (!outgoing.headersSent) outgoing.writeHead(200, this.#headers);
    this.#headers = undefined;
    const hasRoom = outgoing.write(bytes);
    // From here on what all readers share goes out in one piece, chunk size and all. HTTP/1.0 has no chunks.
    if (outgoing.chunkedEncoding) this.#socket = outgoing.socket;
    return hasRoom;
  }

  onDrain(run: () => void): void {
    (this.#socket ?? this.#outgoing).once('drain', run);
  }

  close(cut?: boolean): void {
    const outgoing = this.#outgoing;
    if (outgoing.writableEnded || outgoing.destroyed) return;
    if (cut) return void outgoing.destroy();
    outgoing.end();
    const late = setTimeout(() => outgoing.destroy(), lastWordsMs);
    outgoing.once('close', () => clearTimeout(late));
  }
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

/** A stream as the answer to a request. @throws ChatError `unavailable` behind another answer on the same socket */
export function nodeStream(outgoing: ServerResponse): OpenSink {
  return (headers) => {
    const isGone = outgoing.destroyed || outgoing.closed;
    // Written behind another request that is not answered yet: the stream would be kept in memory for who knows how long.
    if (!isGone && !outgoing.socket) throw new ChatError('unavailable');
    outgoing.socket?.setTimeout(0); // Heartbeats look after it from here on.
    return {
      sink: nodeSink(outgoing, headers),
      onGone(run) {
        if (isGone) run();
        else outgoing.on('close', run);
      },
      response: RESPONSE_ALREADY_SENT,
    };
  };
}
