/** The key that an edge proves itself with, and the address of a client that it vouches for. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { ChatError, headers } from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';
import { optionsOf } from '../options.ts';

const digest = (text: string) => createHash('sha256').update(text).digest();

/** Whether the request comes from an edge of ours. @throws ChatError `unauthorized` for a wrong key. */
export function fromEdge(req: PayloadRequest): boolean {
  const given = req.headers.get(headers.edge);
  if (given === null) return false;
  const keys = optionsOf(req.payload).edgeKeys;
  // Every key is compared, so that the time says nothing of which one was near.
  if (keys.map((key) => timingSafeEqual(digest(key), digest(given))).includes(true)) return true;
  throw new ChatError('unauthorized', { message: 'The edge’s key is not one of this server’s.' });
}

/** For what an edge alone may ask. @throws ChatError `unauthorized` */
export function mustBeEdge(req: PayloadRequest): void {
  if (!fromEdge(req)) throw new ChatError('unauthorized', { message: 'This is for the edge, which has a key.' });
}

/**
 * The client's address, where somebody who knows says it: an edge with its key, or as many proxies as the host counts.
 * A bare `X-Forwarded-For` is the client's own word, and behind Next nothing else is known.
 */
export function clientAddress(req: PayloadRequest): string | undefined {
  if (fromEdge(req)) return req.headers.get(headers.client)?.slice(0, 64) || undefined;
  const { trustedHops } = optionsOf(req.payload);
  if (trustedHops < 1) return undefined;
  const hops = (req.headers.get('X-Forwarded-For') ?? '').split(',').map((hop) => hop.trim());
  return hops.at(-trustedHops)?.slice(0, 64) || undefined;
}
