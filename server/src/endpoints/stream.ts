/** The SSE response of a reader or of an edge (SPEC: Stream). */
import {
  type AskedTopic,
  ChatError,
  encodeFrame,
  formatCursor,
  type Hub,
  type Listener,
  parseCursor,
  parseStreamRequest,
  type StreamRequest,
  topic,
  topicsOfMe,
} from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';
import { siteByKey } from '../collections/sites/site.ts';
import { type Caller, callerOfClaims, someCaller } from '../identity/caller.ts';
import { revocations } from '../identity/revocation.ts';
import { readToken } from '../identity/token.ts';
import { runtime } from '../runtime.ts';
import { createByteStream } from './byte-stream.ts';
import { mustBeEdge } from './edge-key.ts';
import { endpoint } from './endpoint.ts';
import { snapshotOf } from './snapshot.ts';
import { dropWhenStuck, socketOf } from './sockets.ts';
import { findThread, visibleThread } from './visible-thread.ts';

type ReaderRequest = StreamRequest & { is: 'reader' };

/** A cursor ahead of what the rights were read at is waited for so long, in ms (S3 and a little); then they are read again. */
const lookAgainMs = 2500;

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
  return open(req, hub, { topics: '*', tail, hello: { revoked }, ...(cursor ? { cursor } : {}) });
}

async function readerStream(req: PayloadRequest, who: Caller, asked: ReaderRequest) {
  const { claims, sid, site, user } = who;
  const hub = await runtime(req.payload).hub(site.key);
  const start =
    asked.rewind === undefined ? await beginning(req, who, asked, hub) : await rewound(req, who, asked, asked.rewind);
  const response = open(
    req,
    hub,
    {
      topics: start.topics,
      user: user.id,
      ...(sid ? { sid } : {}),
      ...(start.cursor ? { cursor: start.cursor } : {}),
      ...(start.preface ? { preface: start.preface } : {}),
      expiresAtMs: (claims?.ends ?? claims?.exp ?? 0) * 1000,
      recheck: async (name) => (await findThread(req, who, name.replace(/^thread:/, ''))) !== undefined,
    },
    start.doubted,
  );
  return response;
}

interface Beginning {
  topics: string[];
  cursor: string | undefined;
  preface?: Uint8Array;
  /** Asked again a little later; `false` closes the stream. */
  doubted?: () => Promise<boolean>;
}

/** A snapshot first, then live from its cursor. */
async function rewound(req: PayloadRequest, who: Caller, asked: ReaderRequest, limit: number): Promise<Beginning> {
  const named = asked.topics.find(({ is }) => is !== 'me') as AskedTopic;
  const snapshot = await snapshotOf(req, who, nameOf(named), { limit, before: undefined });
  const own = asked.topics.some(({ is }) => is === 'me') ? topicsOfMe({ sub: who.user.id, kind: who.user.kind }) : [];
  return {
    topics: [...own, topic.thread(snapshot.thread.id)],
    cursor: snapshot.cursor,
    preface: encodeFrame({ event: 'snapshot', data: snapshot }),
  };
}

/**
 * Rights are true at a position of the log. The stream begins there or before, so that whoever was sent out meanwhile
 * meets that event in it and is treated by it.
 */
async function beginning(req: PayloadRequest, who: Caller, asked: ReaderRequest, hub: Hub): Promise<Beginning> {
  const { topics, asOf } = await rightsOf(req, who, asked.topics);
  const head = hub.window?.head ?? 0;
  if (asOf === undefined || !hub.window) return { topics, cursor: asked.cursor };
  if (!asked.cursor) return { topics, cursor: formatCursor(hub.window.epoch, Math.min(asOf, head)) };
  const from = parseCursor(asked.cursor)?.pos ?? 0;
  // It knows more than our look did: an event it has had may be the one that sends it out. One more look sees it; a
  // cursor still ahead is of the future, and is looked at once more when that has come.
  if (from <= asOf) return { topics, cursor: asked.cursor };
  const again = await rightsOf(req, who, asked.topics);
  return {
    topics: again.topics,
    cursor: asked.cursor,
    ...(from <= (again.asOf ?? 0) ? {} : { doubted: () => stillAllowed(req, who, asked.topics) }),
  };
}

async function rightsOf(req: PayloadRequest, who: Caller, asked: readonly AskedTopic[]) {
  const named = asked.filter(({ is }) => is !== 'me');
  const found = await Promise.all(named.map((each) => visibleThread(req, who, nameOf(each))));
  const own = named.length < asked.length ? topicsOfMe({ sub: who.user.id, kind: who.user.kind }) : [];
  return {
    topics: [...own, ...found.map(({ thread }) => topic.thread(thread.id))],
    asOf: found.length ? Math.min(...found.map(({ asOf }) => asOf)) : undefined,
  };
}

async function stillAllowed(req: PayloadRequest, who: Caller, asked: readonly AskedTopic[]): Promise<boolean> {
  return rightsOf(req, who, asked).then(
    () => true,
    () => false,
  );
}

const nameOf = (asked: AskedTopic) =>
  asked.is === 'thread' ? asked.id : asked.is === 'room' ? `room:${asked.key}` : '';

/** @throws ChatError `unavailable` where the hub closed in the meantime. */
function open(
  req: PayloadRequest,
  hub: Hub,
  listener: Omit<Listener, 'sink'>,
  doubted?: () => Promise<boolean>,
): Response {
  if (!hub.window || runtime(req.payload).draining) throw new ChatError('unavailable');
  let leave: (() => void) | undefined;
  let doubt: NodeJS.Timeout | undefined;
  const end = () => {
    clearTimeout(doubt);
    leave?.();
  };
  const { sink, body } = createByteStream(end);
  const socket = socketOf(req);
  leave = hub.subscribe({
    ...listener,
    sink,
    onClose() {
      clearTimeout(doubt);
      if (socket) dropWhenStuck(socket);
    },
  });
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
