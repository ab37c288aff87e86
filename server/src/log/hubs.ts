/** The hubs of one process, one per site that somebody reads, each begun by one read of its site's newest events. */
import {
  ChatError,
  createHub,
  defaultBounds,
  type Hub,
  type HubOptions,
  steadyClock,
  type WireEvent,
} from '@payload-chat/protocol';
import type { Query } from './database.ts';
import { type Entry, readNewest } from './read.ts';
import type { Tail } from './tail.ts';

export interface Hubs {
  /** The site's hub, begun and watched. Single flight. */
  get(site: string): Promise<Hub>;
  /** The site's hub where it stands already. */
  peek(site: string): Hub | undefined;
  arrived(site: string, entries: Entry[]): void;
  /** Told of every event that a hub takes into its ring, before it goes out; those that it begins with too. */
  onEvent(run: (site: string, event: WireEvent) => void): void;
  /** Begins a site's hub anew: readers that the new ring does not cover are told `reset`. */
  restart(site: string): void;
  /** Begins every hub anew that is of another epoch than this one; their readers are told `reset`. */
  restartOthers(epoch: string): void;
  /** Closes hubs that nobody has read for `lingerMs`. */
  sweep(): void;
  each(): Iterable<[site: string, hub: Hub]>;
  /** Takes no more readers and sends those there are away, each at a moment of its own within `ms`. */
  drain(ms: number): void;
  close(): void;
}

/** How long a hub stays that nobody reads, in ms. */
export const lingerMs = 300_000;

interface Held {
  hub: Hub;
  ready: Promise<Hub>;
  /** Which beginning the ring is of; a newer one has overtaken an older read. */
  turn: number;
  readAtMs: number;
}

export interface HubsContext {
  query: Query;
  tail: Pick<Tail, 'watch' | 'unwatch'>;
  /** The epoch of now. */
  epoch(): Promise<string>;
  /** Whether rows of this history are of it. */
  isOf(history: string): boolean;
  log(error: unknown, message: string): void;
  options?: Partial<HubOptions>;
}

/** The newest of them that have no hole between: an older one than a hole can't be given whole to anybody. */
function withoutHoles(entries: Entry[]): Entry[] {
  const last = entries.findLastIndex(
    ({ event }, index) => index > 0 && event.pos !== (entries[index - 1]?.event.pos ?? 0) + 1,
  );
  return last < 0 ? entries : entries.slice(last);
}

export function createHubs({ query, tail, epoch, isOf, log, options }: HubsContext): Hubs {
  const held = new Map<string, Held>();
  const watchers: Array<(site: string, event: WireEvent) => void> = [];
  let closed = false;

  async function fill(site: string, entry: Held): Promise<Hub> {
    const turn = ++entry.turn;
    const current = () => entry.turn === turn && held.get(site) === entry;
    // The epoch first: a position read under a newer one would be reset by it anyway.
    const epochNow = await epoch();
    const { head, entries: read } = await readNewest(query, site, defaultBounds.maxEvents);
    if (!current()) return entry.ready;
    // Another database took the place of the first between the two: whoever asked asks again.
    if (read[0] && !isOf(read[0].history)) throw new ChatError('unavailable');
    const entries = withoutHoles(read);
    entry.hub.start(epochNow, entries[0] ? entries[0].event.pos - 1 : head);
    for (const { event, to } of entries) entry.hub.append(event, to);
    const newest = read.at(-1);
    tail.watch(site, { pos: head, id: newest?.event.pos === head ? newest.id : undefined });
    return entry.hub;
  }

  function begin(site: string): Held {
    const hub = createHub(options);
    hub.onEvent((event) => {
      for (const run of watchers) run(site, event);
    });
    const entry: Held = { hub, ready: Promise.resolve(hub), turn: 0, readAtMs: steadyClock.now() };
    held.set(site, entry);
    entry.ready = fill(site, entry);
    entry.ready.catch(() => {
      if (held.get(site) === entry) held.delete(site);
      hub.close('shutdown');
    });
    return entry;
  }

  function drop(site: string, { hub }: Held) {
    held.delete(site);
    tail.unwatch(site);
    hub.close('shutdown');
  }

  function restart(site: string, entry: Held) {
    tail.unwatch(site);
    entry.ready = fill(site, entry);
    entry.ready.catch((error) => {
      log(error, `The chat could not begin the hub of site ${site} anew; its readers come back.`);
      if (held.get(site) === entry) drop(site, entry);
    });
  }

  return {
    async get(site) {
      if (closed) throw new Error('The hubs are closed.');
      const entry = held.get(site) ?? begin(site);
      entry.readAtMs = steadyClock.now();
      return entry.ready;
    },
    peek: (site) => held.get(site)?.hub,
    arrived(site, entries) {
      const hub = held.get(site)?.hub;
      for (const { event, to } of entries) hub?.append(event, to);
    },
    onEvent: (run) => void watchers.push(run),
    restart(site) {
      const entry = held.get(site);
      if (entry) restart(site, entry);
    },
    restartOthers(epoch) {
      // One that is only beginning may have asked for the epoch before it was another.
      for (const [site, entry] of held) if (entry.hub.window?.epoch !== epoch) restart(site, entry);
    },
    sweep() {
      for (const [site, entry] of held) {
        if (entry.hub.readers > 0) entry.readAtMs = steadyClock.now();
        else if (steadyClock.now() - entry.readAtMs > lingerMs) drop(site, entry);
      }
    },
    *each() {
      for (const [site, { hub }] of held) yield [site, hub];
    },
    drain(ms) {
      for (const { hub } of held.values()) hub.drain(ms);
    },
    close() {
      closed = true;
      for (const [site, entry] of held) drop(site, entry);
    },
  };
}
