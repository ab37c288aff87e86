/**
 * The edge as one function from request to response, the same on every runtime. It answers the routes of the wire and
 * nothing else: its own ones here, the others by its server.
 */
import {
  ChatError,
  type Clock,
  corsHeaders,
  corsOf,
  edgeKeyRefused,
  type Route,
  type RouteName,
  routes,
  topic,
  headers as wire,
} from '@payload-chat/protocol';
import { type Context, Hono } from 'hono';
import type { AddressLimits } from './address-limits.ts';
import { refusalOf, responseOf } from './answer.ts';
import { readBody } from './body.ts';
import type { Config } from './config.ts';
import { createGuestSessions } from './guest-sessions.ts';
import { createHealth } from './health.ts';
import type { HubNumbers } from './hubs.ts';
import type { Log } from './log.ts';
import { isSameKey, metricsText } from './metrics.ts';
import { securityHeaders } from './security-headers.ts';
import { createSessionRefusals } from './session-refusals.ts';
import type { Upstream } from './upstream.ts';

/** What differs between runtimes. `B` is what the runtime hands over with each request. */
export interface Platform<B extends object> {
  /** The client's address as the runtime vouches for it. */
  clientOf(request: Request, bindings: B): string | undefined;
  stream(request: Request, bindings: B, client: string | undefined): Promise<Response>;
  /** A snapshot that needs no asking of the server; `undefined` where it does. */
  snapshot(request: Request, id: string, client: string | undefined): Promise<Response | undefined>;
  numbers(): Promise<HubNumbers[]>;
  /** One file of the script for a tag; `undefined` where it was not built. */
  script(request: Request, file: 'chat.js' | 'chat-more.js'): Promise<Response | undefined>;
  /** The server was seen to answer. */
  onServerSeen?(): void;
  /** The process was told to stop. */
  isDraining?(): boolean;
}

export interface AppOptions<B extends object> {
  config: Config;
  upstream: Upstream;
  platform: Platform<B>;
  /** Without them addresses were counted already, by the app that hands its requests to this one. */
  limits?: AddressLimits;
  clock: Clock;
  log: Log;
}

/** How often one kind of fault is logged. */
const noteEveryMs = 10_000;

export function createApp<B extends object>({ config, upstream, platform, limits, clock, log }: AppOptions<B>) {
  type Call = Context<{ Bindings: B }>;
  type Handler = (c: Call) => Promise<Response>;
  const guests = createGuestSessions(clock);
  const refusals = createSessionRefusals(clock);
  const health = createHealth(config, upstream, clock, platform.isDraining);
  const notedAtMs = new Map<string, number>();
  const app = new Hono<{ Bindings: B }>();

  async function forward(c: Call, route: RouteName): Promise<Response> {
    const { headers } = c.req.raw;
    const body = await readBody(c.req.raw);
    const search = new URL(c.req.url).search;
    const client = platform.clientOf(c.req.raw, c.env);
    const ask = () => upstream.forward({ route, params: paramsOf(c), search, headers, body, client });
    const inTurn = () => refusals.answer(body, client, ask);
    const answer = route === 'session' ? await guests.answer(headers, body, inTurn) : await ask();
    platform.onServerSeen?.();
    return responseOf(answer);
  }

  async function script(c: Call, file: 'chat.js' | 'chat-more.js'): Promise<Response> {
    const found = await platform.script(c.req.raw, file);
    if (!found) throw new ChatError('not-found');
    return found;
  }

  const own: Partial<Record<RouteName, Handler>> = {
    async stream(c) {
      // An edge serves no edges.
      if (c.req.queries('topic')?.includes(topic.everything)) throw new ChatError('not-found');
      return platform.stream(c.req.raw, c.env, platform.clientOf(c.req.raw, c.env));
    },
    async snapshot(c) {
      const client = platform.clientOf(c.req.raw, c.env);
      return (await platform.snapshot(c.req.raw, paramsOf(c).id ?? '', client)) ?? forward(c, 'snapshot');
    },
    health: async () => responseOf(await health()),
    async metrics(c) {
      if (!isSameKey(c.req.header(wire.edge) ?? null, config.edgeKey)) throw edgeKeyRefused();
      const headers = {
        'Content-Type': 'text/plain; version=0.0.4; charset=utf-8',
        'Cache-Control': 'no-store',
        ...securityHeaders,
      };
      return new Response(metricsText(await platform.numbers()), { headers });
    },
    script: (c) => script(c, 'chat.js'),
    more: (c) => script(c, 'chat-more.js'),
  };

  /** Works without a server and a key. */
  const always = new Set<RouteName>(['health', 'script', 'more']);
  /** Costs next to nothing, or has a key. */
  const uncounted = new Set<RouteName>([...always, 'metrics']);

  app.use(async (c, next) => {
    await next();
    // What a sink has sent by itself, or the hub's own app, or any page may load, has its headers.
    if (c.res.headers.has('x-hono-already-sent') || c.res.headers.has('Access-Control-Allow-Origin')) return;
    for (const [name, value] of Object.entries(corsFor(c.req.header('Origin')))) c.header(name, value);
  });

  // Hono answers HEAD by GET's handler: a stream would open for it.
  app.use(async (c, next) => (c.req.method === 'HEAD' && !isPlain(c.req.path) ? notFound() : next()));

  for (const [name, route] of Object.entries(routes) as Array<[RouteName, Route]>) {
    if (route.hop === 'never') continue;
    const path = config.basePath + route.path;
    app.options(
      path,
      async (c) =>
        new Response(null, {
          status: 204,
          headers: { ...securityHeaders, ...corsHeaders, ...corsFor(c.req.header('Origin')) },
        }),
    );
    app.on(route.method, path, async (c) => {
      if (config.faults.length && !always.has(name)) throw new ChatError('misconfigured');
      if (!uncounted.has(name)) limits?.take(name, platform.clientOf(c.req.raw, c.env));
      return (own[name] ?? ((call: Call) => forward(call, name)))(c);
    });
  }

  app.notFound(() => notFound());
  app.onError((fault, c) => {
    note(fault, `${c.req.method} ${c.req.path}`);
    return responseOf(refusalOf(fault));
  });
  return app;

  /** Our own faults, each kind once in a while: a server that is away is one fault, not one a request. */
  function note(fault: unknown, request: string) {
    const error = fault instanceof ChatError ? fault : new ChatError('internal', { cause: fault });
    if (error.status < 500 || error.cause === undefined) return;
    if (clock.now() - (notedAtMs.get(error.code) ?? Number.NEGATIVE_INFINITY) < noteEveryMs) return;
    notedAtMs.set(error.code, clock.now());
    log(`${request}: ${error.code}.`, error.cause);
  }

  function isPlain(path: string): boolean {
    return [...always].some((name) => path === config.basePath + routes[name].path);
  }
}

const notFound = () => responseOf(refusalOf(new ChatError('not-found')));

/** An answer differs by Origin even where there was none. */
const corsFor = (origin: string | undefined) => ({ Vary: 'Origin', ...corsOf(origin) });

/**
 * A path's segments, decoded.
 * @throws ChatError `not-found` for one that could become another path on its way
 */
function paramsOf(c: { req: { param(): Record<string, string | undefined> } }): Record<string, string> {
  const params: Record<string, string> = {};
  for (const [name, value] of Object.entries(c.req.param())) {
    if (!value || value.length > 256 || value === '.' || value === '..' || /[\s/\\?#%\p{Cc}]/u.test(value))
      throw new ChatError('not-found');
    params[name] = value;
  }
  return params;
}
