/**
 * Paths that Payload registers for every collection and that fail where there is nothing behind them: versions of what
 * keeps none were 500 for whoever asked, signed in or not; so was its summary of rights, asked with a bad token.
 */
import { ChatError } from '@payload-chat/protocol';
import type { Endpoint, Payload, PayloadRequest } from 'payload';
import { answered } from './endpoints/endpoint.ts';
import { bearer, caller } from './identity/caller.ts';

/** For Payload's paths, whose answers pages read as far as the host's `cors` lets them. */
const here = (req: PayloadRequest, handler: Endpoint['handler']) => answered(req, async () => handler(req), {});

const nothing = (req: PayloadRequest) =>
  here(req, () => {
    throw new ChatError('not-found');
  });

const versions: Endpoint[] = [
  { path: '/versions', method: 'get', handler: nothing },
  { path: '/versions/:id', method: 'get', handler: nothing },
  { path: '/versions/:id', method: 'post', handler: nothing },
];
const verify: Endpoint = { path: '/verify/:id', method: 'post', handler: nothing };

/** Called once, at start: Payload adds these endpoints after every plugin has had its say. */
export function closeDefaults(payload: Payload): void {
  for (const { config } of Object.values(payload.collections)) {
    if (!Array.isArray(config.endpoints)) continue;
    if (!config.versions) config.endpoints.unshift(...versions);
    if (config.auth && !config.auth.verify) config.endpoints.unshift(verify);
  }
  const preferences = payload.collections['payload-preferences']?.config.endpoints;
  if (Array.isArray(preferences)) replace(preferences, 'delete', '/:key', (handler) => preferenceOf(handler));
  replace(payload.config.endpoints, 'get', '/access', (handler) => (req) => here(req, () => rightsOf(req, handler)));
}

function replace(
  endpoints: Endpoint[],
  method: Endpoint['method'],
  path: string,
  by: (handler: Endpoint['handler']) => Endpoint['handler'],
): void {
  const at = endpoints.findIndex((each) => each.path === path && each.method === method);
  const found = endpoints[at];
  if (found) endpoints[at] = { ...found, handler: by(found.handler) };
}

/** A panel's preference that is not there was a fault of Payload's own to take away. */
function preferenceOf(handler: Endpoint['handler']): Endpoint['handler'] {
  return async (req) => {
    const { user, routeParams } = req;
    if (!user) return handler(req);
    const { totalDocs } = await req.payload.count({
      collection: 'payload-preferences',
      where: {
        key: { equals: String(routeParams?.key) },
        'user.value': { equals: user.id },
        'user.relationTo': { equals: user.collection },
      },
    });
    return totalDocs > 0 ? handler(req) : nothing(req);
  };
}

async function rightsOf(req: PayloadRequest, handler: Endpoint['handler']): Promise<Response> {
  if (bearer(req.headers.get('Authorization')) !== undefined) await caller(req);
  return handler(req);
}
