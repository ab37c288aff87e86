/** A site's chat over one edge: one session, one stream, any number of threads. */
import {
  ChatError,
  type Clock,
  isBefore,
  type LineEvent,
  read,
  readEvent,
  signal as signalShape,
  systemClock,
} from '@payload-chat/protocol';
import { createLine } from './line.ts';
import { createPersistence } from './persist.ts';
import { createRequest } from './request.ts';
import { createSession, type GetToken, isUnauthorized, type KeyStorage } from './session.ts';
import { createThread, type KeptThread, nameOf, type ThreadHost } from './thread-store.ts';
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
  /** What says `online`, `offline`, `pageshow` and `visibilitychange`; the page by default. */
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
    clock = systemClock,
    random = Math.random,
    storage = pageStorage(),
    events = 'addEventListener' in globalThis ? globalThis : null,
    origin = globalThis.location?.origin,
  } = options;
  const edge = options.edge.replace(/\/+$/, '');
  const threads = new Map<string, KeptThread>();
  const { persist, wake } = createPersistence(clock, random);
  const request = createRequest(edge, fetch, clock);
  let closed = false;
  /** The token of the newest stream. */
  let streamToken = '';
  /** A second thread beside a guest's room takes more than a guest. */
  let rising: Promise<void> | undefined;
  let session = newSession();

  const opened = () => [...threads.values()].filter(({ open }) => open);
  const every = (run: (thread: KeptThread) => void) => [...threads.values()].forEach(run);

  function newSession() {
    return createSession({
      site,
      request,
      clock,
      getToken,
      own: !/^\w+:/.test(edge) || edge === origin || edge.startsWith(`${origin}/`),
      storage,
      key: `payload-chat:${edge}:${site}`,
      room() {
        const [only, another] = opened();
        return only && !another && 'room' in only.target ? only.target.room : undefined;
      },
      idle: () => opened().length === 0,
      onRenew() {
        line.renew();
        every((thread) => {
          thread.changed();
          thread.lookAgain();
        });
      },
      onSwitch: () => client.reset(),
    });
  }

  const line = createLine({
    clock,
    random,
    events,
    topics() {
      const known = opened().flatMap(({ topic }) => topic ?? []);
      const topics = new Set(known.filter(Boolean));
      if (topics.size && session.user?.kind !== 'guest') topics.add('me');
      return known.length ? [...topics] : undefined;
    },
    cursor: () =>
      opened().reduce<string | undefined>(
        (first, { cursor }) => (cursor && isBefore(cursor, first) ? cursor : first),
        undefined,
      ),
    async connect(topics, cursor, signal) {
      try {
        streamToken = await session.token();
      } catch (failure) {
        // What the session was refused the stream is refused too; a broken network is one here as well.
        throw failure instanceof ChatError && failure.cause ? failure.cause : failure;
      }
      return fetch(
        `${edge}/api/messages/sse?${topics.map((name) => `topic=${encodeURIComponent(name)}`).join('&')}`,
        {
          headers: { Authorization: `Bearer ${streamToken}`, ...(cursor ? { 'Last-Event-ID': cursor } : {}) },
          signal,
        },
      );
    },
    async onUnauthorized() {
      session.refuse(streamToken);
      await session.token();
    },
    onEvent(wire) {
      const event = readEvent(wire);
      every((thread) => thread.onEvent(wire, event));
    },
    onSignal(wire) {
      const signal = read(signalShape, wire);
      if (signal) every((thread) => thread.onSignal(signal));
    },
    onReady: () => every((thread) => thread.lookAgain()),
    refresh: () => Promise.all(opened().map((thread) => thread.load())),
    onRefused: () => every((thread) => thread.refresh()),
    onConnection: () => every((thread) => thread.changed()),
    onWake: wake,
    onLine: options.onFrame,
  });

  const host: ThreadHost = {
    clock,
    persist,
    get user() {
      return session.user;
    },
    get connection() {
      return line.connection;
    },
    get closed() {
      return closed;
    },
    async call(parser, path, asked) {
      await rising;
      for (let again = false; ; again = true) {
        const token = await session.token();
        try {
          return await request(parser, path, { ...asked, token });
        } catch (failure) {
          if (!isUnauthorized(failure)) throw failure;
          session.refuse(token);
          // A new token refused too: a hop may not know its key yet. It is tried again later.
          if (again) throw new ChatError('unavailable', { cause: failure });
        }
      }
    },
    write: () => session.write(),
    onOpen() {
      // Refused, the room stays readable.
      if (opened().length > 1) rising = session.rise().catch(() => {});
    },
    sync: line.sync,
  };

  const client: Client = {
    edge,
    site,
    open(target) {
      const name = nameOf(target);
      const thread = threads.get(name) ?? createThread(host, target);
      threads.set(name, thread);
      return thread.store;
    },
    reset() {
      if (closed) return;
      session.close();
      session = newSession();
      rising = undefined;
      line.end();
      every((thread) => thread.restart());
    },
    async logout() {
      const { user } = session;
      try {
        if (user && user.kind !== 'guest') await request(() => true, 'chat/logout', { body: {}, token: await session.token() });
      } catch (failure) {
        if (!isUnauthorized(failure)) throw failure; // Else it had ended already.
      } finally {
        session.forget();
        client.reset();
      }
    },
    close() {
      closed = true;
      session.close();
      every((thread) => thread.close());
      line.close();
    },
  };
  return client;
}

function pageStorage(): KeyStorage | null {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null; // The browser forbids it to this page.
  }
}
