/** A site's chat over one edge: one session, one stream, any number of threads. */
import { type Clock, type LineEvent, systemClock } from '@payload-chat/protocol';
import { type KeptThread, nameOf, type ThreadHost } from './kept-thread.ts';
import { later, want } from './later.ts';
import { createLine } from './line.ts';
import type { claim } from './more/claim.ts';
import { createPersistence } from './persist.ts';
import { createRequest, type Request } from './request.ts';
import { createSession, type GetToken, type KeyStorage, type Session } from './session.ts';
import { createThread } from './thread-store.ts';
import type { Client } from './view.ts';

export type { GetToken, KeyStorage } from './session.ts';

export interface ClientOptions {
  /** Where the edge (or the server) answers, a path in front included: every URL is `edge` + `/api/...`. */
  edge: string;
  /** The site's key. */
  site: string;
  /** The caller's chat token, asked at the start and 60 s before `expiresAt` (ISO 8601). Without it: a visitor. */
  getToken?: GetToken | undefined;
  fetch?: typeof globalThis.fetch | undefined;
  /** Sees every frame and every attempt to open a stream. */
  onFrame?: ((event: LineEvent) => void) | undefined;
  /** Time, for tests. */
  clock?: Clock;
  /** 0 to 1, for tests. */
  random?: () => number;
  /** Where a visitor's handle is kept; `null` keeps it nowhere. The page's `localStorage` by default. */
  storage?: KeyStorage | null;
  /** What says `online`, `offline`, `pagehide`, `pageshow` and `visibilitychange`; the page by default. */
  events?: EventTarget | null;
  /** The page's origin; its own by default. */
  origin?: string | undefined;
}

/** Asks nothing of anybody before a thread is opened. */
export function createClient(options: ClientOptions): Client {
  const {
    site,
    getToken,
    fetch = globalThis.fetch.bind(globalThis),
    onFrame,
    clock = systemClock,
    random = Math.random,
    storage = pageStorage(),
    events = 'addEventListener' in globalThis ? globalThis : null,
    origin = globalThis.location?.origin,
  } = options;
  const edge = options.edge.replace(/\/+$/, '');
  const kept = new Map<string, KeptThread>();
  const threads = () => [...kept.values()];
  const { persist, wake } = createPersistence(clock, random);
  let closed = false;
  /** Of one caller: ends with him. */
  let life: AbortController;
  let request: Request;
  let session: Session;
  begin();

  function begin() {
    life = new AbortController();
    request = createRequest(edge, fetch, life.signal);
    session = createSession({
      site,
      request,
      clock,
      getToken,
      own: !/^\w+:/.test(edge) || edge === origin || edge.startsWith(`${origin}/`),
      storage,
      key: `payload-chat:${edge}:${site}`,
      room() {
        const [only, another] = threads().filter(({ open }) => open);
        if (!only) return null;
        return another || !('room' in only.target) ? undefined : only.target.room;
      },
      onRenew() {
        line.renew();
        for (const thread of threads()) {
          thread.changed();
          thread.lookAgain();
        }
      },
      onSwitch: reset,
      onLogin: (here) =>
        want(edge)
          .then(() => (later._claim as typeof claim)(host, request, here, threads()))
          .catch(() => {}),
    });
  }

  const line = createLine({
    threads,
    session: () => session,
    open: (query, headers, signal) => fetch(`${edge}/api/messages/sse?${query}`, { headers, signal }),
    wake,
    onFrame,
    clock,
    random,
    events,
  });

  const host: ThreadHost = {
    clock,
    persist,
    wake,
    hasten: () => line.hasten(),
    get session() {
      return session;
    },
    get connection() {
      return line.connection;
    },
    get closed() {
      return closed;
    },
    sync: line.sync,
  };

  /** Everything of the caller ends, and begins anew unless the client is closed. */
  function reset() {
    life.abort();
    session.close();
    begin();
    line.end();
    for (const thread of threads()) thread.restart();
    wake(Infinity);
  }

  return {
    edge,
    site,
    open(target) {
      const name = nameOf(target);
      const thread = kept.get(name) ?? createThread(host, target);
      kept.set(name, thread);
      return thread.store;
    },
    reset() {
      if (!closed) reset();
    },
    async logout() {
      const { user } = session;
      try {
        if (user && user.kind !== 'guest') await session.call(() => true, 'chat/logout', { body: {} });
      } finally {
        session.forget();
        if (!closed) reset();
      }
    },
    close() {
      closed = true;
      reset();
      line.close();
    },
  };
}

function pageStorage(): KeyStorage | null {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null; // The browser forbids it to this page.
  }
}
