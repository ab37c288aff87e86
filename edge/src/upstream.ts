/**
 * The only file that talks to the server. It forwards what clients ask, asks in its own name, and opens the feed.
 * Whatever is not the server's own JSON answer (no connection, a time-out, a proxy's page) is `unreachable`.
 */
import {
  ChatError,
  type Clock,
  defaultBounds,
  frameDecoder,
  pathOf,
  type RouteName,
  routes,
  type StreamResponse,
  headers as wire,
} from '@payload-chat/protocol';
import { type Answer, faultOf, jsonAnswer, parseJson } from './answer.ts';
import { atMost } from './at-most.ts';
import type { Config } from './config.ts';
import { answerOf } from './server-answer.ts';
import type { Credential, Reader } from './tokens.ts';

/** How long the server may take for a whole answer. */
const answerMs = 15_000;
/** How long it may take to say that it is well. */
const healthMs = 4000;
/** Grants asked at once: after a restart of the edge every private thread's readers come together. So many wait. */
const grantsAtOnce = 32;
const grantsInLine = 10_000;
/**
 * What of a client's request the server hears: a list of what may pass, so that cookies, `X-Chat-*`, method overrides
 * and hop-by-hop headers can't.
 */
const passing = ['Accept', 'Accept-Language', 'Authorization', 'Content-Type', 'Origin', 'User-Agent'];

/** A client's request as it goes on. */
export interface Forwarded {
  route: RouteName;
  params: Record<string, string>;
  /** With its question mark, or empty. */
  search: string;
  headers: Headers;
  body: Uint8Array<ArrayBuffer> | undefined;
  client: string | undefined;
}

export type ServerHealth = 'ok' | 'unreachable' | 'key refused';

export interface Upstream {
  /** @throws ChatError `unreachable` */
  forward(request: Forwarded): Promise<Answer>;
  /** The server's public keys, unread. @throws ChatError that may be tried again, whatever was answered */
  keys(): Promise<unknown>;
  /** `topic` is `thread:<id>` or `room:<key>`. @throws ChatError what the server refused with; `misconfigured` for our key */
  grant(topic: string, reader: Reader): Promise<unknown>;
  /** `search` has `limit` and `before`. A ticket opens streams only: its snapshot is the first frame of one. */
  snapshot(thread: string, search: URLSearchParams, reader: Reader): Promise<Answer>;
  /** Opens the service stream of a site. A rejection is the network's: the feed tries again by its own clock. */
  feed(site: string, cursor: string | undefined, signal: AbortSignal): Promise<StreamResponse>;
  /** Whether the server is there, says that it is well, and takes our key. */
  health(): Promise<ServerHealth>;
}

export function createUpstream(config: Config, fetch: typeof globalThis.fetch, clock: Clock): Upstream {
  const inLine = atMost(grantsAtOnce, grantsInLine);

  /** Rejects with the network's own fault. */
  const reach = (path: string, init: RequestInit) => fetch(config.serverUrl + path, { ...init, redirect: 'manual' });

  async function open(path: string, init: RequestInit): Promise<Response> {
    try {
      return await reach(path, init);
    } catch (cause) {
      throw new ChatError('unreachable', { cause });
    }
  }

  /** One whole answer within `ms`. */
  async function call(path: string, init: RequestInit, ms = answerMs): Promise<Answer> {
    const abort = new AbortController();
    const cancel = clock.after(ms, () => abort.abort());
    try {
      return await answerOf(await open(path, { ...init, signal: abort.signal }));
    } finally {
      cancel();
    }
  }

  const own = (reader?: Reader): Record<string, string> => ({
    Accept: 'application/json',
    [wire.edge]: config.edgeKey,
    ...(reader?.client ? { [wire.client]: reader.client } : {}),
    ...(reader?.origin ? { Origin: reader.origin } : {}),
    ...(reader?.credential.is === 'bearer' ? { Authorization: `Bearer ${reader.credential.token}` } : {}),
  });

  async function json(answer: Promise<Answer>): Promise<unknown> {
    const got = await answer;
    if (got.status !== 200) throw faultOf(got);
    return parseJson(got.body);
  }

  return {
    async forward({ route, params, search, headers, body, client }) {
      const sent = new Headers(own());
      if (client) sent.set(wire.client, client);
      for (const name of passing) {
        const value = headers.get(name);
        if (value !== null) sent.set(name, value);
      }
      const { method } = routes[route];
      return call(pathOf(route, params) + search, { method, headers: sent, ...(body ? { body } : {}) });
    },

    async keys() {
      try {
        return await json(call(pathOf('jwks'), { headers: own() }));
      } catch (fault) {
        // Keys are everybody's: a refusal of them, by a gate in front of the server perhaps, says nothing of a token.
        if (fault instanceof ChatError && fault.retry) throw fault;
        throw new ChatError('unreachable', { cause: fault });
      }
    },

    grant: (topic, reader) =>
      inLine(() =>
        json(
          call(pathOf('grant'), {
            method: 'POST',
            headers: { ...own(reader), 'Content-Type': 'application/json' },
            body: JSON.stringify({ topic, ...ticketOf(reader.credential) }),
          }),
        ),
      ),

    snapshot(thread, search, reader) {
      if (reader.credential.is === 'ticket') return firstFrame(thread, search, reader);
      return call(`${pathOf('snapshot', { id: thread })}?${search}`, { headers: own(reader) });
    },

    feed(site, cursor, signal) {
      const query = new URLSearchParams({ topic: '*', site, tail: String(defaultBounds.maxEvents) });
      return reach(`${pathOf('stream')}?${query}`, {
        headers: { ...own(), Accept: 'text/event-stream', ...(cursor ? { 'Last-Event-ID': cursor } : {}) },
        signal,
      });
    },

    async health() {
      const within = AbortSignal.timeout(healthMs);
      const statusOf = async (route: RouteName) => {
        const response = await open(pathOf(route), { headers: own(), signal: within });
        void response.body?.cancel().catch(() => {}); // The status was the answer.
        return response.status;
      };
      try {
        // Metrics are for edges alone: they tell whether the key is good.
        const [server, key] = await Promise.all([statusOf('health'), statusOf('metrics')]);
        if (key === 401) return 'key refused';
        return server === 200 ? 'ok' : 'unreachable';
      } catch {
        return 'unreachable';
      }
    },
  };

  /** Reads the `snapshot` frame of a stream opened for nothing else. */
  async function firstFrame(thread: string, search: URLSearchParams, reader: Reader): Promise<Answer> {
    const query = new URLSearchParams({
      topic: `thread:${thread}`,
      rewind: search.get('limit') ?? '',
      ticket: reader.credential.token,
    });
    const abort = new AbortController();
    const cancel = clock.after(answerMs, () => abort.abort());
    try {
      const headers = { ...own(reader), Accept: 'text/event-stream' };
      const response = await open(`${pathOf('stream')}?${query}`, { headers, signal: abort.signal });
      if (response.status !== 200 || !response.body) return await answerOf(response);
      let snapshot: unknown;
      const feed = frameDecoder((frame) => {
        if (frame.event === 'snapshot') snapshot ??= frame.data;
      });
      const bytes = response.body.getReader();
      while (snapshot === undefined) {
        const { done, value } = await bytes.read();
        if (done) throw new Error('The stream ended before its snapshot.');
        feed(value);
      }
      return jsonAnswer(200, snapshot);
    } catch (cause) {
      throw cause instanceof ChatError ? cause : new ChatError('unreachable', { cause });
    } finally {
      cancel();
      abort.abort();
    }
  }
}

const ticketOf = (credential: Credential) => (credential.is === 'ticket' ? { ticket: credential.token } : {});
