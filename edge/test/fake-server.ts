/**
 * A server at our border, by hand: PROTOCOL's routes over a site in memory, with real ES256 keys. It knows three
 * people, ada, bo and cyd, and the public room `lobby`. It writes down what it was asked.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import {
  ChatError,
  type Claims,
  corsHeaders,
  corsOf,
  edgeKeyRefused,
  encodeFrame,
  errorAnswer,
  type HubOptions,
  parseStreamRequest,
  type Sink,
  tokenUse,
  topicsOfMe,
  type User,
  headers as wire,
} from '@payload-chat/protocol';
import { exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import { createFakeSite, type FakeSite } from './fake-site.ts';

export type Person = 'ada' | 'bo' | 'cyd';

const people: User[] = [
  { id: 'm_ada', name: 'Ada', kind: 'member' },
  { id: 'm_bo', name: 'Bo', kind: 'member' },
  { id: 'm_cyd', name: 'Cyd', kind: 'member' },
];

export interface Asked {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

export interface FakeServer {
  readonly url: string;
  readonly edgeKey: string;
  /** What it takes: `edgeKey`, until a test changes it. */
  readonly edgeKeys: Set<string>;
  readonly site: FakeSite;
  /** Every request since the start. */
  readonly asked: Asked[];
  count(method: string, path: string | RegExp): number;
  token(who: Person, options?: TokenOptions): Promise<string>;
  sign(claims: Partial<Claims>): Promise<string>;
  /** Answers the next requests of a path otherwise, until undone. */
  intercept(path: string, answer: (response: ServerResponse, request: IncomingMessage) => void): () => void;
  /** Cuts every connection and listens no longer. */
  stop(): Promise<void>;
  /** Listens again, on the same port. */
  start(): Promise<void>;
}

export interface TokenOptions {
  /** Ends after so many seconds; an hour unless given. */
  lifeS?: number;
  origin?: string;
  sid?: string;
}

export async function startFakeServer(hubOptions: Partial<HubOptions> = {}): Promise<FakeServer> {
  const edgeKey = randomUUID();
  const edgeKeys = new Set<string>([edgeKey]);
  const site = createFakeSite('halden', people, ['lobby'], hubOptions);
  const keys = await generateKeyPair(tokenUse.algorithm);
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: tokenUse.algorithm, use: 'sig' };
  const asked: Asked[] = [];
  const intercepts = new Map<string, (response: ServerResponse, request: IncomingMessage) => void>();
  let server: Server | undefined;
  let port = 0;

  function mustBeEdge({ headers }: IncomingMessage) {
    if (!edgeKeys.has(String(headers[wire.edge.toLowerCase()]))) throw edgeKeyRefused();
  }

  const nowS = () => Math.floor(Date.now() / 1000);
  const sign = (claims: Partial<Claims>) =>
    new SignJWT({ site: site.key, iat: nowS(), exp: nowS() + tokenUse.lifeS, ...claims })
      .setProtectedHeader({ alg: tokenUse.algorithm, kid: 'k1' })
      .setIssuer(tokenUse.issuer)
      .sign(keys.privateKey);

  async function claimsOf(token: string, use?: 'ticket'): Promise<Claims> {
    const { payload } = await jwtVerify(token, keys.publicKey, { issuer: tokenUse.issuer }).catch(() => {
      throw new ChatError('unauthorized');
    });
    const claims = payload as unknown as Claims;
    if (claims.use !== use || site.ended.has(claims.sid)) throw new ChatError('unauthorized');
    return claims;
  }

  async function callerOf(request: IncomingMessage): Promise<Claims> {
    const claims = await claimsOf(/^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '');
    if (request.headers.origin && request.headers.origin !== claims.org) throw new ChatError('unauthorized');
    return claims;
  }

  function visible(id: string, claims: Claims) {
    const room = id.startsWith('room:') ? site.room(id.slice(5)) : site.thread(id.replace(/^thread:/, ''));
    const isHis = claims.room === undefined || claims.room === room?.thread.id;
    if (!room || !isHis || !site.maySee(room, claims.sub)) throw new ChatError('not-found');
    return room;
  }

  type Answer = [status: number, data: unknown];
  type Handler = (request: IncomingMessage, body: Record<string, unknown>, url: URL, id: string) => Promise<Answer>;

  const handlers: Array<[method: string, path: RegExp, handler: Handler]> = [
    ['GET', /^\/api\/chat\/health$/, async () => [200, { status: 'ok' }]],
    ['GET', /^\/api\/chat\/jwks$/, async () => [200, { keys: [jwk] }]],
    [
      'POST',
      /^\/api\/chat\/session$/,
      async ({ headers }, { room }) => {
        const found = site.room(String(room));
        if (!found?.public) throw new ChatError('not-found');
        const user = { id: `g_${found.thread.id}`, name: '', kind: 'guest' as const };
        const org = headers.origin ? { org: headers.origin } : {};
        const claims = { sub: user.id, kind: user.kind, sid: randomUUID(), room: found.thread.id, ...org };
        const expiresAt = new Date(Date.now() + tokenUse.lifeS * 1000).toISOString();
        return [200, { token: await sign(claims), expiresAt, user, site: site.key }];
      },
    ],
    [
      'POST',
      /^\/api\/chat\/ticket$/,
      async (request) => {
        const claims = await callerOf(request);
        const exp = nowS() + tokenUse.ticketS;
        const ticket = await sign({ ...claims, use: 'ticket', exp, ends: claims.exp });
        return [200, { ticket, expiresAt: new Date(exp * 1000).toISOString() }];
      },
    ],
    [
      'POST',
      /^\/api\/chat\/logout$/,
      async (request) => {
        site.end((await callerOf(request)).sid);
        return [200, {}];
      },
    ],
    [
      'POST',
      /^\/api\/chat\/grant$/,
      async (request, { topic, ticket }) => {
        mustBeEdge(request);
        const claims = ticket ? await claimsOf(String(ticket), 'ticket') : await callerOf(request);
        const asOf = `${site.epoch}.${site.head}`;
        try {
          const room = visible(String(topic), claims);
          return [200, { allow: true, thread: room.thread.id, public: room.public, asOf, untilMs: 600_000 }];
        } catch {
          return [200, { allow: false }];
        }
      },
    ],
    [
      'GET',
      /^\/api\/chat\/threads\/([^/]+)\/snapshot$/,
      async (request, _, url, id) => {
        const claims = await callerOf(request);
        const limit = Number(url.searchParams.get('limit') ?? 50);
        const before = Number(url.searchParams.get('before') ?? Number.POSITIVE_INFINITY);
        return [200, site.snapshot(visible(id, claims), claims.sub, limit, before)];
      },
    ],
    [
      'POST',
      /^\/api\/chat\/threads\/([^/]+)\/typing$/,
      async (request, _body, _url, id) => {
        const claims = await callerOf(request);
        const { thread, seats } = visible(id, claims);
        const to = [`thread:${thread.id}`, ...seats.map(({ user }) => `user:${user.id}`)];
        site.hub.signal({ type: 'typing', thread: thread.id, user: site.user(claims.sub) }, to);
        return [200, {}];
      },
    ],
    [
      'POST',
      /^\/api\/messages$/,
      async (request, { thread, receiver, room, content, localId }) => {
        const claims = await callerOf(request);
        const sender = site.user(claims.sub);
        const target = receiver
          ? site.direct(sender, site.user(String(receiver)))
          : visible(room ? `room:${room}` : String(thread), claims);
        const doc = site.post(target, sender, String(content), localId ? String(localId) : undefined);
        return [201, { doc, message: 'Created.' }];
      },
    ],
    [
      'PATCH',
      /^\/api\/messages\/([^/]+)$/,
      async (request, { content }, _, id) => {
        await callerOf(request);
        return [200, { doc: site.edit(id, String(content)), message: 'Updated.' }];
      },
    ],
    [
      'DELETE',
      /^\/api\/messages\/([^/]+)$/,
      async (request, _body, _url, id) => {
        await callerOf(request);
        return [200, { doc: site.edit(id, undefined), message: 'Deleted.' }];
      },
    ],
    [
      'DELETE',
      /^\/api\/participants\/([^/]+)$/,
      async (request, _body, _url, id) => {
        await callerOf(request);
        site.giveUp(id);
        return [200, {}];
      },
    ],
    [
      'GET',
      /^\/api\/chat\/metrics$/,
      async (request) => {
        mustBeEdge(request);
        return [200, `chat_hub_readers{site="${site.key}"} ${site.hub.readers}\n`];
      },
    ],
  ];

  async function stream(request: IncomingMessage, response: ServerResponse, url: URL) {
    const asks = parseStreamRequest(url.searchParams, (request.headers['last-event-id'] as string | undefined) ?? null);
    const sink = sinkOf(response, request.headers.origin);
    const cursor = asks.cursor ? { cursor: asks.cursor } : {};
    if (asks.is === 'service') {
      mustBeEdge(request);
      if (asks.site !== site.key) throw new ChatError('unknown-site');
      const hello = { revoked: [...site.ended], bounds: site.bounds };
      return response.on('close', site.hub.subscribe({ sink, topics: '*', tail: asks.tail, hello, ...cursor }));
    }
    const claims =
      asks.ticket && !request.headers.authorization ? await claimsOf(asks.ticket, 'ticket') : await callerOf(request);
    if (request.headers.origin && request.headers.origin !== claims.org) throw new ChatError('unauthorized');
    const topics = asks.topics.flatMap((one) => {
      if (one.is === 'me') return topicsOfMe(claims);
      return [`thread:${visible(one.is === 'room' ? `room:${one.key}` : one.id, claims).thread.id}`];
    });
    const named = asks.rewind && topics.map((name) => site.thread(name.replace('thread:', ''))).find(Boolean);
    const snapshot = named ? site.snapshot(named, claims.sub, asks.rewind ?? 0) : undefined;
    const leave = site.hub.subscribe({
      sink,
      topics,
      user: claims.sub,
      sid: claims.sid,
      expiresAtMs: (claims.ends ?? claims.exp) * 1000,
      recheck: async (name) => site.maySee(visible(name, claims), claims.sub),
      ...cursor,
      ...(snapshot ? { cursor: snapshot.cursor, preface: encodeFrame({ event: 'snapshot', data: snapshot }) } : {}),
    });
    response.on('close', leave);
  }

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
    const body = await text(request);
    asked.push({ method: request.method ?? '', path: url.pathname, headers: request.headers, body });
    const intercept = intercepts.get(url.pathname);
    if (intercept) return intercept(response, request);
    if (request.method === 'OPTIONS') {
      const preflight = { ...corsHeaders, ...corsOf(request.headers.origin) };
      return void response.writeHead(204, preflight).end();
    }
    if (url.pathname === '/api/messages/sse') return void (await stream(request, response, url));
    for (const [method, path, handler] of handlers) {
      const match = method === request.method ? path.exec(url.pathname) : null;
      if (!match) continue;
      const data = body ? parsed(body) : {};
      const [status, result] = await handler(request, data, url, decodeURIComponent(match[1] ?? ''));
      const isText = typeof result === 'string';
      const type = isText ? 'text/plain' : 'application/json; charset=utf-8';
      // What a server may add and an edge must not pass on.
      response.setHeader('Set-Cookie', 'payload-token=secret');
      response.writeHead(status, { 'Content-Type': type, ...cors(request.headers.origin) });
      return void response.end(isText ? result : JSON.stringify(result));
    }
    throw new ChatError('not-found');
  }

  function listen(): Promise<void> {
    const made = createServer((request, response) => {
      answer(request, response).catch((fault: unknown) => {
        const refusal = errorAnswer(fault instanceof ChatError ? fault : new ChatError('internal'));
        response.writeHead(refusal.status, { ...refusal.headers, ...cors(request.headers.origin) }).end(refusal.body);
      });
    });
    server = made;
    return new Promise((resolve) => {
      made.listen(port, '127.0.0.1', () => {
        port = (made.address() as AddressInfo).port;
        resolve();
      });
    });
  }

  await listen();
  return {
    url: `http://127.0.0.1:${port}`,
    edgeKey,
    edgeKeys,
    site,
    asked,
    count: (method, path) =>
      asked.filter(
        (one) => one.method === method && (typeof path === 'string' ? one.path === path : path.test(one.path)),
      ).length,
    sign,
    token: (who, { lifeS = tokenUse.lifeS, origin, sid = randomUUID() } = {}) =>
      sign({
        sub: `m_${who}`,
        kind: 'member',
        sid,
        exp: nowS() + lifeS,
        ...(origin ? { org: origin } : {}),
      }),
    intercept(path, run) {
      intercepts.set(path, run);
      return () => void intercepts.delete(path);
    },
    start: listen,
    stop: () =>
      new Promise((resolve) => {
        server?.close(() => resolve());
        server?.closeAllConnections();
      }),
  };
}

function parsed(body: string): Record<string, unknown> {
  try {
    return JSON.parse(body) as Record<string, unknown>;
  } catch {
    throw new ChatError('malformed');
  }
}

function cors(origin: string | undefined): Record<string, string> {
  return origin ? { 'Access-Control-Allow-Origin': origin, 'Access-Control-Allow-Headers': 'X-Of-The-Server' } : {};
}

function sinkOf(response: ServerResponse, origin: string | undefined): Sink {
  let begun = false;
  return {
    write(chunk) {
      if (!begun) {
        response.writeHead(200, {
          'Content-Type': 'text/event-stream; charset=utf-8',
          'Cache-Control': 'no-store, no-transform',
          'X-Accel-Buffering': 'no',
          ...cors(origin),
        });
        begun = true;
      }
      return response.write(chunk);
    },
    onDrain: (run) => response.once('drain', run),
    close: (cut) => (cut ? response.destroy() : response.end()),
  };
}
