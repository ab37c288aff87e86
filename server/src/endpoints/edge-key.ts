/** The key that an edge proves itself with, and the address of a client that it vouches for. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { edgeKeyRefused, headers } from '@payload-chat/protocol';
import { blockOf, clientAddress as forwardedAddress } from '@payload-chat/protocol/limits';
import type { PayloadRequest } from 'payload';
import { optionsOf } from '../options.ts';
import { socketOf } from './sockets.ts';

const digest = (text: string) => createHash('sha256').update(text).digest();

/** Whether the request comes from an edge of ours. */
function fromEdge(req: PayloadRequest): boolean {
  const given = digest(req.headers.get(headers.edge) ?? '');
  // Every key is compared, so that the time says nothing of which one was near.
  return optionsOf(req.payload)
    .edgeKeys.map((key) => timingSafeEqual(digest(key), given))
    .includes(true);
}

/** For what an edge alone may ask. @throws ChatError `unauthorized` without a key and with a wrong one. */
export function mustBeEdge(req: PayloadRequest): void {
  if (!fromEdge(req)) throw edgeKeyRefused();
}

/**
 * Whom limits count the client as, where somebody who knows says his address: an edge with its key, as many proxies as
 * the host counts, else the socket. A bare `X-Forwarded-For` is the client's own word.
 */
export function clientAddress(req: PayloadRequest): string | undefined {
  if (fromEdge(req)) return blockOf(req.headers.get(headers.client));
  const { trustedHops } = optionsOf(req.payload);
  return blockOf(forwardedAddress(socketOf(req)?.remoteAddress, req.headers.get('X-Forwarded-For'), trustedHops));
}
