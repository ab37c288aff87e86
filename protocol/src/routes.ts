/** Every path of the wire. */

/** `<method> <path>`; `:id` stands for one segment. */
const table = {
  session: 'POST /api/chat/session',
  jwks: 'GET /api/chat/jwks',
  ticket: 'POST /api/chat/ticket',
  claim: 'POST /api/chat/claim',
  logout: 'POST /api/chat/logout',
  stream: 'GET /api/messages/sse',
  send: 'POST /api/messages',
  edit: 'PATCH /api/messages/:id',
  remove: 'DELETE /api/messages/:id',
  leave: 'DELETE /api/participants/:id',
  unseat: 'DELETE /api/chat/threads/:id/participants/:user',
  threads: 'GET /api/chat/threads',
  snapshot: 'GET /api/chat/threads/:id/snapshot',
  read: 'POST /api/chat/threads/:id/read',
  typing: 'POST /api/chat/threads/:id/typing',
  grant: 'POST /api/chat/grant',
  health: 'GET /api/chat/health',
  metrics: 'GET /api/chat/metrics',
  script: 'GET /chat.js',
  more: 'GET /chat-more.js',
} as const;

export type RouteName = keyof typeof table;

const partOf = (name: RouteName, part: number) => table[name].split(' ')[part] as string;

export function methodOf(name: RouteName): string {
  return partOf(name, 0);
}

/** Fills a path's segments, encoded: `pathOf('snapshot', { id: 'room:lobby' })`. */
export function pathOf(name: RouteName, params: Record<string, string> = {}): string {
  return partOf(name, 1).replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(params[key] ?? ''));
}

export interface Route {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** `:id` stands for one segment. */
  path: string;
  /** Who answers it at the edge: the edge itself, its proxy, or nobody. */
  hop: 'own' | 'proxy' | 'never';
}

/** Routes as whoever serves them needs them; a page does with `methodOf` and `pathOf`. */
export const routes = /* @__PURE__ */ Object.fromEntries(
  /* @__PURE__ */ (Object.keys(table) as RouteName[]).map((name) => [
    name,
    {
      method: methodOf(name),
      path: partOf(name, 1),
      hop: name === 'grant' ? 'never' : /^(stream|health|metrics|script|more)$/.test(name) ? 'own' : 'proxy',
    },
  ]),
) as Readonly<Record<RouteName, Route>>;

/** Headers that the wire adds to HTTP's own. */
export const headers = {
  /** The edge's key: opens service streams and vouches for `client`. Stripped from clients. */
  edge: 'X-Chat-Edge',
  /** The client's address as the edge saw it. Stripped from clients. */
  client: 'X-Chat-Client',
} as const;

/** What a preflight is answered at every hop; the request's Origin and `Vary: Origin` come beside it. */
export const corsHeaders = {
  'Access-Control-Allow-Methods': 'GET, POST, PATCH, DELETE',
  'Access-Control-Allow-Headers': 'Authorization, Content-Type, Last-Event-ID',
  'Access-Control-Max-Age': '7200',
} as const;

/** What lets a page of `origin` read an answer, refusals too; empty without an Origin. Never with credentials. */
export function corsOf(origin: string | null | undefined): Record<string, string> {
  return origin
    ? { 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': 'Retry-After', Vary: 'Origin' }
    : {};
}
