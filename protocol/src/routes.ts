/** Every path of the wire. `hop` says who answers it at the edge: the edge itself, its proxy, or nobody. */

export interface Route {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** `:id` stands for one segment. */
  path: string;
  hop: 'own' | 'proxy' | 'never';
}

export const routes = {
  session: { method: 'POST', path: '/api/chat/session', hop: 'proxy' },
  jwks: { method: 'GET', path: '/api/chat/jwks', hop: 'proxy' },
  ticket: { method: 'POST', path: '/api/chat/ticket', hop: 'proxy' },
  claim: { method: 'POST', path: '/api/chat/claim', hop: 'proxy' },
  logout: { method: 'POST', path: '/api/chat/logout', hop: 'proxy' },
  stream: { method: 'GET', path: '/api/messages/sse', hop: 'own' },
  send: { method: 'POST', path: '/api/messages', hop: 'proxy' },
  edit: { method: 'PATCH', path: '/api/messages/:id', hop: 'proxy' },
  remove: { method: 'DELETE', path: '/api/messages/:id', hop: 'proxy' },
  leave: { method: 'DELETE', path: '/api/participants/:id', hop: 'proxy' },
  unseat: { method: 'DELETE', path: '/api/chat/threads/:id/participants/:user', hop: 'proxy' },
  threads: { method: 'GET', path: '/api/chat/threads', hop: 'proxy' },
  snapshot: { method: 'GET', path: '/api/chat/threads/:id/snapshot', hop: 'proxy' },
  read: { method: 'POST', path: '/api/chat/threads/:id/read', hop: 'proxy' },
  typing: { method: 'POST', path: '/api/chat/threads/:id/typing', hop: 'proxy' },
  grant: { method: 'POST', path: '/api/chat/grant', hop: 'never' },
  health: { method: 'GET', path: '/api/chat/health', hop: 'own' },
  metrics: { method: 'GET', path: '/api/chat/metrics', hop: 'own' },
  script: { method: 'GET', path: '/chat.js', hop: 'own' },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof routes;

/** Fills a path's segments, encoded: `pathOf('snapshot', { id: 'room:lobby' })`. */
export function pathOf(name: RouteName, params: Record<string, string> = {}): string {
  return routes[name].path.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(params[key] ?? ''));
}

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
