/**
 * What readers come for, next to the hub: streams, and the snapshots of public rooms. Token, grants and hub are looked
 * at in one place, so that whatever the log takes away is gone for all three at the same position.
 */
import {
  type AskedTopic,
  ChatError,
  corsOf,
  hangsOn,
  parseStreamRequest,
  type StreamRequest,
  topic,
  topicsOfMe,
} from '@payload-chat/protocol';
import { type Answer, faultOf } from './answer.ts';
import type { Grant } from './grant.ts';
import type { Hubs } from './hubs.ts';
import type { OpenSink } from './open-sink.ts';
import { securityHeaders } from './security-headers.ts';
import type { SiteHub } from './site-hub.ts';
import { type KeptSnapshot, readSnapshot } from './snapshots.ts';
import type { StreamPlaces } from './stream-places.ts';
import { bearerOf, originOf, type Reader, type Tokens, ticketOrBearerOf } from './tokens.ts';
import type { Upstream } from './upstream.ts';

export interface Reading {
  stream(request: Request, client: string | undefined, open: OpenSink): Promise<Response>;
  /**
   * The snapshot where it is a public room's; `undefined` where the server is to be asked as for any other.
   * `id` is a thread's id or `room:<key>`.
   */
  snapshot(request: Request, id: string, client: string | undefined): Promise<Answer | undefined>;
}

/** How often access is looked at again that changed while it was looked at. */
const attempts = 3;

export interface ReadingOptions {
  hubs: Hubs;
  tokens: Tokens;
  upstream: Upstream;
  places: StreamPlaces;
}

export function createReading({ hubs, tokens, upstream, places }: ReadingOptions): Reading {
  return {
    async stream(request, client, open) {
      const reader = await tokens.verify(ticketOrBearerOf(request), originOf(request), client);
      const asked = parseStreamRequest(new URL(request.url).searchParams, request.headers.get('Last-Event-ID'));
      if (asked.is === 'service') throw new ChatError('not-found'); // An edge serves no edges.
      const leavePlace = places.take(reader);
      try {
        return await atHub(reader, async (site, release) => {
          const admitted = await admit(site, asked, reader, upstream);
          const leaveAtSite = places.takeAt(site.bounds, reader);
          try {
            return begin(site, admitted, reader, open, [release, leavePlace, leaveAtSite]);
          } catch (fault) {
            leaveAtSite();
            throw fault;
          }
        });
      } catch (fault) {
        leavePlace();
        throw fault;
      }
    },

    async snapshot(request, id, client) {
      const reader = await tokens.verify(bearerOf(request), originOf(request), client);
      const isNamed = id.startsWith('room:');
      if (!isNamed && !hubs.peek(reader.claims.site)?.grants.isPublic(id)) return undefined;
      try {
        return await atHub(reader, async (site, release) => {
          const grant = await site.grants.ask(isNamed ? id : topic.thread(id), reader);
          if (!grant) throw new ChatError('not-found');
          const page = pageOf(new URL(request.url).searchParams);
          const found = grant.public && page ? await site.snapshots.get(grant.thread, page, reader) : undefined;
          release();
          return found && 'cursor' in found ? found.answer : found;
        });
      } catch (fault) {
        // No hub, no grant: the server may still answer by itself.
        if (fault instanceof ChatError && fault.retry) return undefined;
        throw fault;
      }
    },
  };

  /** Runs `visit` at the ready hub of the reader's site, unless his session has ended. A throw lets the hub go. */
  async function atHub<T>(reader: Reader, visit: (site: SiteHub, release: () => void) => Promise<T>): Promise<T> {
    const site = hubs.of(reader.claims.site);
    const release = site.hold();
    try {
      await site.ready();
      if (site.revocations.has(reader.claims)) throw new ChatError('unauthorized');
      return await visit(site, release);
    } catch (fault) {
      release();
      throw fault;
    }
  }
}

/** Opens the stream. It holds on to what is named here and to nothing else of its request. */
function begin(site: SiteHub, admitted: Admitted, reader: Reader, open: OpenSink, leaves: Array<() => void>): Response {
  const { sink, response, onGone } = open({ ...streamHeaders, Vary: 'Origin', ...corsOf(reader.origin) });
  const { sub: user, sid, iat: issuedS } = reader.claims;
  const via = hangsOn(reader.claims);
  const leave = site.hub.subscribe({
    sink,
    topics: admitted.topics,
    user,
    sid,
    issuedS,
    via,
    expiresAtMs: reader.endsAtMs,
    onClose: allOf(leaves),
    ...(admitted.grants.length ? { recheck: recheckOf(site, reader) } : {}),
    ...(admitted.cursor ? { cursor: admitted.cursor } : {}),
    ...(admitted.snapshot ? { preface: admitted.snapshot.frame } : {}),
  });
  onGone(leave);
  site.doubt(admitted, reader, leave);
  return response;
}

// Made apart: a function holds all that stood around it where it was made.
const allOf = (runs: Array<() => void>) => () => {
  for (const run of runs) run();
};
const recheckOf = (site: SiteHub, reader: Reader) => (name: string) => site.grants.askAgain(name, reader);

/** PROTOCOL: Stream. */
const streamHeaders = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
  ...securityHeaders,
};

interface Admitted {
  topics: string[];
  grants: Grant[];
  cursor: string | undefined;
  snapshot: KeptSnapshot | undefined;
}

/** What the stream may hear and begins with. Nothing is awaited after the last look at what may have changed. */
async function admit(
  site: SiteHub,
  asked: Extract<StreamRequest, { is: 'reader' }>,
  reader: Reader,
  upstream: Upstream,
): Promise<Admitted> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const found = await Promise.all(asked.topics.map((one) => grantOf(one, site, reader)));
    const grants = found.filter((grant) => grant !== 'me');
    const named = asked.rewind === undefined ? undefined : grants[0];
    const snapshot = named && (await rewound(site, named, asked.rewind ?? 0, reader, upstream));
    if (site.revocations.has(reader.claims)) throw new ChatError('unauthorized');
    if (!grants.every(({ holds }) => holds)) continue;
    const own = grants.length < found.length ? topicsOfMe(reader.claims) : [];
    const topics = [...new Set([...own, ...grants.map(({ thread }) => topic.thread(thread))])];
    return { topics, grants, cursor: snapshot?.cursor ?? asked.cursor, snapshot };
  }
  throw new ChatError('unavailable');
}

async function grantOf(asked: AskedTopic, site: SiteHub, reader: Reader): Promise<Grant | 'me'> {
  if (asked.is === 'me') return 'me';
  const grant = await site.grants.ask(asked.is === 'room' ? `room:${asked.key}` : topic.thread(asked.id), reader);
  if (!grant) throw new ChatError('not-found');
  return grant;
}

async function rewound(site: SiteHub, grant: Grant, limit: number, reader: Reader, upstream: Upstream) {
  const search = new URLSearchParams({ limit: String(limit) });
  const found = grant.public
    ? await site.snapshots.get(grant.thread, search, reader)
    : await upstream.snapshot(grant.thread, search, reader);
  if ('cursor' in found) return found;
  const read = found.status === 200 ? readSnapshot(found) : undefined;
  if (!read) throw faultOf(found);
  return read;
}

/** A snapshot's query in one order; `undefined` where it has more or other than a page: the server says what is wrong. */
function pageOf(query: URLSearchParams): URLSearchParams | undefined {
  const page = new URLSearchParams();
  for (const [name, value] of [...query].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if ((name !== 'limit' && name !== 'before') || !/^\d{1,16}$/.test(value) || page.has(name)) return undefined;
    page.set(name, value);
  }
  return page;
}
