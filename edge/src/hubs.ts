/**
 * Which hub: one per site and process, made at its first reader. A site is believed from a signed token alone, so no
 * stranger opens a stream to the server.
 */
import { ChatError } from '@payload-chat/protocol';
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
  /** The hub of a site, opened if need be. @throws ChatError `unavailable` once closed */
  of(site: string): SiteHub;
  /** The hub of a site that has readers. */
  peek(site: string): SiteHub | undefined;
  numbers(): HubNumbers[];
  /** The server was seen to answer. */
  nudge(): void;
  /** Ends all streams with `bye shutdown`; callable twice. */
  close(): void;
}

export interface HubsOptions extends Omit<SiteHubOptions, 'site' | 'onClosed'> {
  /** Told whenever a hub was opened or closed, with how many there are. */
  onCount?(count: number): void;
}

export function createHubs({ onCount, ...options }: HubsOptions): Hubs {
  const open = new Map<string, SiteHub>();
  let isClosed = false;

  return {
    of(site) {
      const held = open.get(site);
      if (held) return held;
      if (isClosed) throw new ChatError('unavailable');
      const opened = openSiteHub({
        ...options,
        site,
        onClosed() {
          open.delete(site);
          onCount?.(open.size);
        },
      });
      open.set(site, opened);
      onCount?.(open.size);
      return opened;
    },
    peek: (site) => open.get(site),
    numbers: () =>
      [...open].map(([site, { hub, upstreams }]) => ({ site, readers: hub.readers, upstreams, bytes: hub.bytes })),
    nudge() {
      for (const site of open.values()) site.nudge();
    },
    close() {
      isClosed = true;
      for (const site of [...open.values()]) site.close();
    },
  };
}
