/**
 * Everything that one site's readers share in this process: the hub, its feed, and what was learnt about who may
 * listen. It lives from the first reader until a while after the last.
 *
 *   starting --ready--> open --last reader left, lingerMs--> closed
 *       \------------------+--the server refuses the feed--> refused --sulkMs--> closed
 */
import { ChatError, type Clock, createHub, type Hub, parseCursor } from '@payload-chat/protocol';
import type { Config } from './config.ts';
import { openFeed, type SiteBounds } from './feed.ts';
import { within } from './flights.ts';
import { createGrants, type Grant, type Grants } from './grant.ts';
import type { Log } from './log.ts';
import { createRevocations, type Revocations } from './revocations.ts';
import { keyRefused } from './server-answer.ts';
import { createSnapshots, type Snapshots } from './snapshots.ts';
import type { Reader } from './tokens.ts';
import type { Upstream } from './upstream.ts';

export interface SiteHub {
  readonly hub: Hub;
  readonly grants: Grants;
  readonly snapshots: Snapshots;
  readonly revocations: Revocations;
  /** What the site sets for its own streams. */
  readonly bounds: SiteBounds;
  /** Open streams to the server: 0 or 1. */
  readonly upstreams: number;
  /** Waits until the hub can take readers, `readyMs` at most. @throws ChatError `unavailable`, or why the server refused */
  ready(): Promise<void>;
  /** Keeps the hub; the answer lets it go, callable twice. */
  hold(): () => void;
  /**
   * Watches over a stream whose cursor is ahead of the hub: what the hub has yet to hear, up to there, is passed over by
   * the stream and may end it all the same. It is left then.
   */
  doubt(stream: { cursor: string | undefined; grants: readonly Grant[] }, reader: Reader, leave: () => void): void;
  /** The server was seen to answer. */
  nudge(): void;
  /** Ends every stream with `bye shutdown`; callable twice. */
  close(): void;
}

export interface SiteHubOptions {
  site: string;
  config: Config;
  upstream: Upstream;
  clock: Clock;
  random(): number;
  log: Log;
  /** Called once: this hub takes no more readers. */
  onClosed(): void;
}

/** How long a request waits for a hub that is starting: a page gives its stream 5 s (S6). */
export const readyMs = 4000;
/** How long a stream may wait for the head, and a little: then the hub has reset it. */
const doubtMs = 5000;
/**
 * How long a hub that has readers takes a refusal of its key for a passing one: while a key is changed, servers that know
 * the new one and servers that don't stand side by side.
 */
export const patienceMs = 30_000;
/** How long the server's refusal is answered without asking it again. */
export const sulkMs = 10_000;

export function openSiteHub({ site, config, upstream, clock, random, log, onClosed }: SiteHubOptions): SiteHub {
  const hub = createHub({ ...config.hub, clock, random });
  const grants = createGrants((asked, reader) => upstream.grant(asked, reader), clock);
  const snapshots = createSnapshots((...asked) => upstream.snapshot(...asked), hub, clock);
  const revocations = createRevocations(clock);
  /** Each told of every position; bounded by the streams that wait for the head, 2 s each (S3). */
  const doubts = new Set<(pos: number) => void>();
  const started = startable();
  let holders = 0;
  let refused: ChatError | undefined;
  let isClosed = false;
  let isReady = false;
  let refusedAtMs: number | undefined;
  let bounds: SiteBounds = {};
  let cancelLinger = () => {};

  const feed = openFeed({
    async open(cursor, signal) {
      const response = await upstream.feed(site, cursor, signal);
      if (response.status !== 401 || !isReady) {
        refusedAtMs = undefined;
        return response;
      }
      if (refusedAtMs === undefined)
        log(`Readers of site ${site} are kept for ${patienceMs / 1000} s more:`, keyRefused().cause);
      refusedAtMs ??= clock.now();
      if (clock.now() - refusedAtMs >= patienceMs) return response;
      // Its words are known; the connection is free for the next attempt, or broken already.
      void response.body
        ?.getReader()
        .cancel()
        .catch(() => {});
      throw keyRefused(); // To be tried again.
    },
    hub,
    clock,
    random,
    onStart(epoch, pos) {
      grants.start(epoch, pos);
      snapshots.clear();
    },
    onRevoked: (sids) => {
      for (const sid of sids) revocations.add(sid);
    },
    onBounds(set) {
      bounds = set;
    },
    onReady() {
      isReady = true;
      started.succeed();
    },
    onLine: (is, why) =>
      log(
        is === 'lost'
          ? `No stream of site ${site} from the server (${why}); trying on.`
          : `Site ${site} is heard again.`,
      ),
    onStopped(fault) {
      // A refusal of our key is our fault, not the reader's.
      refused = fault.code === 'unauthorized' ? keyRefused() : fault;
      log(`The server refuses the stream of site ${site}: ${fault.code}.`, refused.cause);
      started.fail(refused);
      hub.close();
      clock.after(sulkMs, close);
    },
  });

  hub.onEvent((event) => {
    revocations.see(event);
    grants.see(event);
    snapshots.see(event);
    for (const doubt of doubts) doubt(event.pos);
  });

  function close() {
    if (isClosed) return;
    isClosed = true;
    cancelLinger();
    feed.close();
    started.fail(new ChatError('unavailable'));
    hub.close();
    onClosed();
  }

  return {
    hub,
    grants,
    snapshots,
    revocations,
    get bounds() {
      return bounds;
    },
    get upstreams() {
      return feed.isOpen ? 1 : 0;
    },
    async ready() {
      feed.nudge();
      // Not for every reader: in an object each timer that is set and cleared leaves 264 bytes in workerd.
      if (!isReady) await within(started.whenDone, readyMs, clock);
      if (refused || isClosed) throw refused ?? new ChatError('unavailable');
    },
    hold() {
      holders += 1;
      cancelLinger();
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        holders -= 1;
        if (holders === 0 && !isClosed) cancelLinger = clock.after(config.lingerMs, close);
      };
    },
    doubt({ cursor, grants: given }, { claims }, leave) {
      const at = parseCursor(cursor ?? '')?.pos ?? 0;
      if (!hub.window || at <= hub.window.head) return;
      const look = (pos: number) => {
        const isFine = !revocations.has(claims) && given.every(({ holds, asOf }) => holds || asOf >= at);
        if (isFine && pos < at) return;
        doubts.delete(look);
        cancel();
        if (!isFine) leave();
      };
      const cancel = clock.after(doubtMs, () => doubts.delete(look));
      doubts.add(look);
    },
    nudge: feed.nudge,
    close,
  };
}

/** Something that will have happened once: it is waited for by nobody or by many. */
function startable() {
  let succeed = () => {};
  let fail: (fault: ChatError) => void = () => {};
  const whenDone = new Promise<void>((resolve, reject) => {
    succeed = resolve;
    fail = reject;
  });
  whenDone.catch(() => {}); // Whoever waits hears of it.
  return { whenDone, succeed: () => succeed(), fail: (fault: ChatError) => fail(fault) };
}
