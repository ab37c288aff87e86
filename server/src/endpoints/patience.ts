/** How long this process waits for a client to say what it wants: a socket held open by a byte a minute costs one, too. */
import { subscribe } from 'node:diagnostics_channel';
import type { Server } from 'node:http';

export interface Patience {
  /** For all headers of a request, in ms. */
  headersMs: number;
  /** For the whole request, its body included, in ms. An answer may take any time: a stream is one. */
  requestMs: number;
}

export const defaultPatience: Patience = { headersMs: 15_000, requestMs: 30_000 };

// One process holds several instances of this module.
const shelf = Symbol.for('payload-chat.patience');

/**
 * Sets it for every HTTP server of this process at its first request; for the ready app, whose requests are small. A host
 * that takes large uploads over slow lines sets its own. Node looks for late sockets every 30 s unless told otherwise.
 */
export function bePatientFor(patience: Patience = defaultPatience): void {
  const holder = globalThis as { [shelf]?: WeakSet<Server> };
  if (holder[shelf]) return;
  const known = new WeakSet<Server>();
  holder[shelf] = known;
  subscribe('http.server.request.start', (message) => {
    const { server } = message as { server: Server };
    if (known.has(server)) return;
    known.add(server);
    server.headersTimeout = patience.headersMs;
    server.requestTimeout = patience.requestMs;
  });
}
