/** Which pages may use a site's chat. */
import { ChatError } from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';
import { listsOrigin } from '../collections/sites/origins.ts';
import type { Site } from '../collections/sites/site.ts';
import { noteSeen } from './seen.ts';

/** The Origin that a browser put on the request; `undefined` for a program, or a same-origin GET. */
export function originOf(req: Pick<PayloadRequest, 'headers'>): string | undefined {
  return req.headers?.get('Origin') || undefined;
}

/**
 * Whether the request comes from a page of the server itself: the configured `serverURL`, or, without one, the host that
 * was asked. A proxy that ends TLS changes the scheme, so that alone may differ.
 */
export function isOwnOrigin(req: PayloadRequest, origin: string): boolean {
  const { serverURL } = req.payload.config;
  if (serverURL) return safeOrigin(serverURL) === origin;
  const host = req.headers.get('Host') ?? req.host;
  return origin === `http://${host}` || origin === `https://${host}`;
}

function safeOrigin(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).origin : undefined;
}

/**
 * The Origin that a session is made for.
 * @throws ChatError `origin-not-allowed` for a page that neither the site lists nor the server serves.
 */
export function sessionOrigin(req: PayloadRequest, site: Site): string | undefined {
  const origin = originOf(req);
  if (origin === undefined || isOwnOrigin(req, origin) || listsOrigin(site.origins, origin)) return origin;
  noteSeen(req, site.key, origin, 'refused');
  throw new ChatError('origin-not-allowed');
}
