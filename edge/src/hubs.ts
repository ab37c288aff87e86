/**
 * Which hub: one per site and process, made at its first reader. A site is believed from a signed token alone, so no
 * stranger opens a stream to the server.
 */
import { ChatError, defaultHubOptions } from '@payload-chat/protocol';
import { openSiteHub, type SiteHub, type SiteHubOptions } from './site-hub.ts';

/** What metrics tell of one site. */
export interface HubNumbers {
  site: string;
  /** Open streams of readers. */
  readers: number;
  /** Open streams to the server. */
  upstreams: number;
  /** Bytes of frames in the ring. */
  bytes: number;
}

export interface Hubs {
  /** The hub of a site, opened if need be. @throws ChatError `unavailable` while draining, once closed, and above `sites` */
  of(site: string): SiteHub;
  /** The hub of a site that has readers. */
  peek(site: string): SiteHub | undefined;
  numbers(): HubNumbers[];
  /** The server was seen to answer. */
  nudge(): void;
  /** Takes no more readers, and sends those there are away one by one within `ms`, with `bye shutdown`. */
  drain(ms: number): void;
  readonly isDraining: boolean;
  /** Ends all streams with `bye shutdown`; callable twice. */
  close(): void;
}

export interface HubsOptions extends Omit<SiteHubOptions, 'site' | 'onClosed'> {
  /** Told whenever a hub was opened or closed, with how many there are. */
  onCount?(count: number): void;
}

export function createHubs({ onCount, ...options }: HubsOptions): Hubs {
  const open = new Map<string, SiteHub>();
  /** When the last reader will have gone; from then on nobody is taken. */
  let drainedAtMs: number | undefined;

  /** Those who are turned away come back spread too, and not before somebody can be here again. */
  function turnedAway(untilMs: number) {
    const waitMs = Math.max(0, untilMs - options.clock.now()) + options.random() * defaultHubOptions.spreadMs;
    return new ChatError('unavailable', { retryAfterS: Math.ceil(waitMs / 1000) });
  }

  /** All rings share one memory: when it is full the largest gives, and who was far behind there takes a snapshot. */
  function keepWithin() {
    let bytes = 0;
    let largest: SiteHub | undefined;
    for (const site of open.values()) {
      bytes += site.hub.bytes;
      if (site.hub.bytes > (largest?.hub.bytes ?? 0)) largest = site;
    }
    const { ringsBytes } = options.config;
    // Some more than is needed, so that not every event has to.
    if (bytes > ringsBytes) largest?.hub.shrink(largest.hub.bytes - (bytes - ringsBytes) - ringsBytes / 100);
  }

  return {
    of(site) {
      if (drainedAtMs !== undefined) throw turnedAway(drainedAtMs);
      const held = open.get(site);
      if (held) return held;
      if (open.size >= options.config.sites) throw new ChatError('unavailable', { retryAfterS: 10 });
      const opened = openSiteHub({
        ...options,
        site,
        onClosed() {
          open.delete(site);
          onCount?.(open.size);
        },
      });
      open.set(site, opened);
      opened.hub.onEvent(keepWithin);
      onCount?.(open.size);
      return opened;
    },
    peek: (site) => open.get(site),
    numbers: () =>
      [...open].map(([site, { hub, upstreams }]) => ({ site, readers: hub.readers, upstreams, bytes: hub.bytes })),
    nudge() {
      for (const site of open.values()) site.nudge();
    },
    drain(ms) {
      drainedAtMs ??= options.clock.now() + ms;
      for (const { hub } of open.values()) hub.drain(ms);
    },
    get isDraining() {
      return drainedAtMs !== undefined;
    },
    close() {
      drainedAtMs ??= options.clock.now();
      for (const site of [...open.values()]) site.close();
    },
  };
}
