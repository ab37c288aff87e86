/**
 * The Node edge's HTTP server: an app behind sockets that may be slow, silent, or written to by anybody. Streams go
 * past the adapter, so that nothing of a request is kept for as long as its stream runs.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { ChatError } from '@payload-chat/protocol';
import { blockOf } from '@payload-chat/protocol/limits';
import { refusalOf, responseOf } from './answer.ts';
import { cutUnanswered } from './unanswered.ts';

export interface Bindings {
  incoming: IncomingMessage;
  outgoing: ServerResponse;
}

export interface NodeServerOptions {
  fetch(request: Request, bindings: Bindings): Response | Promise<Response>;
  /** The path of streams, with what stands in front. */
  streamPath: string;
  /** Most connections of one address, where sockets have clients' addresses; 0 limits nothing. */
  connectionsPerAddress: number;
  /** How long a socket with an answer under way may stand still, in ms: a client that does not read it is cut. */
  idleMs?: number;
}

/** How long a client may take to send a request's head, and the whole of it; such sockets are looked for every second. */
const headMs = 10_000;
const requestMs = 20_000;
const lookEveryMs = 1000;
/** `idleMs` unless given. */
const defaultIdleMs = 60_000;
/** Bytes of a request's head; above it 431. */
const headBytes = 16_384;
/** After so long in silence the kernel asks whether the other side is still there, and gives up ten seconds later. */
const keepAliveMs = 10_000;

export function createNodeServer({
  fetch,
  streamPath,
  connectionsPerAddress,
  idleMs = defaultIdleMs,
}: NodeServerOptions): Server {
  const answer = getRequestListener((request, bindings) => fetch(request, bindings as Bindings));
  /** Each socket's last answer that is a stream: what is written behind one could never be answered. */
  const streams = new WeakMap<Socket, ServerResponse>();

  const server = createServer(
    {
      headersTimeout: headMs,
      requestTimeout: requestMs,
      connectionsCheckingInterval: lookEveryMs,
      maxHeaderSize: headBytes,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveMs,
    },
    (incoming, outgoing) => {
      const { socket } = incoming;
      if (streams.get(socket)?.writableFinished === false) return void socket.destroy();
      if (incoming.method === 'GET' && incoming.url?.split('?', 1)[0] === streamPath) {
        streams.set(socket, outgoing);
        // A fault after the head was sent: what is left is to hang up.
        return void answerStream(incoming, outgoing).catch(() => outgoing.destroy());
      }
      socket.setTimeout(idleMs);
      void answer(incoming, outgoing);
    },
  );
  server.on('connection', countConnections(connectionsPerAddress));
  cutUnanswered(server);
  return server;

  async function answerStream(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const request = requestOf(incoming);
    // Read, and kept by Node for as long as the stream runs.
    Object.assign(incoming, { rawHeaders: nothing, headers: nothing });
    const response = request
      ? await fetch(request, { incoming, outgoing })
      : responseOf(refusalOf(new ChatError('malformed')));
    if (!response.headers.has('x-hono-already-sent'))
      outgoing.writeHead(response.status, Object.fromEntries(response.headers)).end(await response.text());
  }
}

const nothing = Object.freeze([]);

/** `undefined` for a head that no request can be made of. */
function requestOf({ url = '/', rawHeaders }: IncomingMessage): Request | undefined {
  const headers = new Headers();
  try {
    for (let at = 0; at < rawHeaders.length; at += 2) headers.append(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '');
    return new Request(new URL(url, 'http://edge'), { headers });
  } catch {
    return undefined; // Node's parser takes some names and values that a Request does not.
  }
}

/** A listener that closes what one address opens beyond its bound, before a byte of it is read. */
export function countConnections(bound: number): (socket: Socket) => void {
  const open = new Map<string, number>();
  return (socket) => {
    const address = blockOf(socket.remoteAddress);
    if (bound === 0 || address === undefined) return;
    const count = (open.get(address) ?? 0) + 1;
    if (count > bound) return void socket.destroy();
    open.set(address, count);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
    });
  };
}
