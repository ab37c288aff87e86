/**
 * The socket under a request. A fetch-style handler is shown neither its address nor a way to close it, so each request
 * is marked, as Node's own HTTP server announces it, with a word that leads back to its socket. The announcement is also
 * the one moment to mend a path on which Next would stumble.
 */
import { randomUUID } from 'node:crypto';
import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { PayloadRequest } from 'payload';
import { decodablePath } from './decodable-path.ts';

/** Written over whatever a client sent under this name. */
const mark = 'x-chat-socket';

interface Sockets {
  byWord: Map<string, Socket>;
  words: WeakMap<Socket, string>;
}

// One process holds several instances of this module.
const shelf = Symbol.for('payload-chat.sockets');

function sockets(): Sockets | undefined {
  return (globalThis as { [shelf]?: Sockets })[shelf];
}

/** Called once per process, before it serves; on hosts without Node's HTTP server it does nothing. */
export function watchSockets(): void {
  if (sockets()) return;
  const known: Sockets = { byWord: new Map(), words: new WeakMap() };
  (globalThis as { [shelf]?: Sockets })[shelf] = known;
  subscribe('http.server.request.start', (message) => {
    const { request } = message as { request: IncomingMessage };
    const { socket } = request;
    let word = known.words.get(socket);
    if (!word) {
      const made = randomUUID();
      word = made;
      known.words.set(socket, made);
      known.byWord.set(made, socket);
      socket.once('close', () => known.byWord.delete(made));
    }
    request.headers[mark] = word;
    if (request.url?.includes('%')) request.url = decodablePath(request.url);
  });
}

/** `undefined` where no Node server brought the request. */
export function socketOf(req: Pick<PayloadRequest, 'headers'>): Socket | undefined {
  const word = req.headers.get(mark);
  return word === null ? undefined : sockets()?.byWord.get(word);
}

/** How long a socket may take nothing, in ms, when its stream is over and bytes are left. */
const stuckMs = 5000;

/** For a stream that has ended: a reader who takes nothing any more would keep the socket for as long as he likes. */
export function dropWhenStuck(socket: Socket, everyMs = stuckMs): void {
  let written = socket.bytesWritten;
  const timer = setInterval(() => {
    if (socket.destroyed || socket.writableLength === 0) clearInterval(timer);
    else if (socket.bytesWritten === written) socket.resetAndDestroy();
    written = socket.bytesWritten;
  }, everyMs);
  timer.unref();
}
