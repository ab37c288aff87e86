/** The SSE response of a reader or of an edge (SPEC: Stream). */
import {
  ChatError,
  type Hub,
  hangsOn,
  type Listener,
  type OpenSession,
  parseCursor,
  parseStreamRequest,
  type StreamRequest,
  topic,
} from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';
import { siteByKey } from '../collections/sites/site.ts';
import { boundsOf } from '../collections/sites/site-limits.ts';
import { type Caller, callerOfClaims, openSessionOf, someCaller } from '../identity/caller.ts';
import { revocations } from '../identity/revocation.ts';
import { readToken } from '../identity/token.ts';
import { runtime } from '../runtime.ts';
import { createByteStream } from './byte-stream.ts';
import { clientAddress, mustBeEdge } from './edge-key.ts';
import { endpoint } from './endpoint.ts';
import { limitAddress, limitReads } from './limits.ts';
import { takePlace } from './open-streams.ts';
import { dropWhenStuck, socketOf } from './sockets.ts';
import { beginningOf, lookAgainMs } from './stream-beginning.ts';
import { findThread } from './visible-thread.ts';

export const streamEndpoint = endpoint('stream', async (req) => {
  const query = req.searchParams;
  const service = query.getAll('topic').includes(topic.everything);
  if (service) mustBeEdge(req);
  const who = service ? undefined : await reader(req, query.get('ticket') || undefined);
  const asked = parseStreamRequest(query, req.headers.get('Last-Event-ID'));
  if (asked.is === 'service') return serviceStream(req, asked);
  if (!who) throw new ChatError('unauthorized');
  return readerStream(req, who, asked);
});

async function reader(req: PayloadRequest, ticket: string | undefined): Promise<Caller> {
  if (ticket !== undefined) return callerOfClaims(req, await readToken(req.payload, ticket), 'ticket');
  const who = await someCaller(req);
  // A Payload login could not be ended here: it is exchanged for a token first.
  if (!who.claims) throw new ChatError('unauthorized');
  return who;
}

async function serviceStream(req: PayloadRequest, { site: key, tail, cursor }: StreamRequest & { is: 'service' }) {
  const site = await siteByKey(req.payload, key);
  if (!site) throw new ChatError('unknown-site');
  const hub = await runtime(req.payload).hub(site.key);
  const revoked = await revocations(req.payload).of(site.key);
  return open(req, hub, {
    topics: '*',
    tail,
    hello: { revoked, bounds: boundsOf(site) },
    ...(cursor ? { cursor } : {}),
  });
}

async function readerStream(req: PayloadRequest, who: Caller, asked: StreamRequest & { is: 'reader' }) {
  const { claims, sid, site, user } = who;
  limitReads(req, who);
  limitAddress(req, 'streams');
  const hub = await runtime(req.payload).hub(site.key);
  const { doubted, ...beginning } = await beginningOf(req, who, asked, hub);
  const listener = {
    ...beginning,
    user: user.id,
    ...(sid ? { sid } : {}),
    ...(claims ? { issuedS: claims.iat, via: hangsOn(claims) } : {}),
    expiresAtMs: (claims?.ends ?? claims?.exp ?? 0) * 1000,
    recheck: async (name: string) => (await findThread(req, who, name.replace(/^thread:/, ''))) !== undefined,
  };
  // All guests are one user; an edge's streams are service streams and count for nobody.
  const giveBack = takePlace(req, {
    user: user.kind === 'guest' ? undefined : user.id,
    address: clientAddress(req),
    site,
  });
  // Nothing may come between this look and the hub's taking him in: an end that the hub has passed on is known, one that
  // comes later ends the stream.
  const session: OpenSession = claims ? openSessionOf(claims) : { sid, user: user.id };
  const isOver = () => revocations(req.payload).knows(site.key, session);
  if (isOver()) {
    giveBack();
    throw new ChatError('unauthorized');
  }
  return open(req, hub, listener, doubtOf(beginning, hub, isOver, doubted), giveBack);
}

/** A cursor ahead of the hub's head skips what comes up to it, the end of the reader's own session among it. */
function doubtOf(
  { cursor }: { cursor?: string },
  { window }: Hub,
  isOver: () => boolean,
  doubted: (() => Promise<boolean>) | undefined,
): (() => Promise<boolean>) | undefined {
  if (!isAheadOf(window, cursor)) return doubted;
  return async () => !isOver() && ((await doubted?.()) ?? true);
}

const isAheadOf = (window: Hub['window'], cursor: string | undefined) =>
  window !== undefined && (parseCursor(cursor ?? '')?.pos ?? 0) > window.head;

/** @throws ChatError `unavailable` where the hub closed in the meantime. */
function open(
  req: PayloadRequest,
  hub: Hub,
  listener: Omit<Listener, 'sink'>,
  doubted?: () => Promise<boolean>,
  giveBack?: () => void,
): Response {
  let leave: (() => void) | undefined;
  let doubt: NodeJS.Timeout | undefined;
  const end = () => {
    clearTimeout(doubt);
    leave?.();
  };
  const { sink, body } = createByteStream(end);
  const socket = socketOf(req);
  const onClose = () => {
    clearTimeout(doubt);
    giveBack?.();
    if (socket) dropWhenStuck(socket);
  };
  try {
    leave = hub.subscribe({ ...listener, sink, onClose });
  } catch (cause) {
    giveBack?.();
    throw new ChatError('unavailable', { cause });
  }
  // Another process wrote, and its word is on its way or lost: nobody waits for it who knows already.
  if (isAheadOf(hub.window, listener.cursor)) runtime(req.payload).tail.wake();
  // Either of the two tells that the reader has left; on some hosts only one does.
  const signal = (req as Pick<Request, 'signal'>).signal;
  if (signal?.aborted) end();
  else signal?.addEventListener('abort', end, { once: true });
  if (doubted) doubt = setTimeout(() => void doubted().then((allowed) => (allowed ? undefined : end())), lookAgainMs);
  return new Response(body, {
    headers: {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store, no-transform',
      'X-Accel-Buffering': 'no',
      // Nothing follows on this connection: a process that shuts down need not wait for it.
      Connection: 'close',
    },
  });
}
