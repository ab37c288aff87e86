/** A site's chat over one edge: one session, one stream, any number of threads. */
import type { Clock, LineEvent } from '@payload-chat/protocol';
import type { Client } from './view.ts';

/** The least of `localStorage` that is used. */
export interface KeyStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface ClientOptions {
  /** Where the edge (or the server) answers, a path in front included: every URL is `edge` + `/api/...`. */
  edge: string;
  /** The site's key. */
  site: string;
  /** The caller's chat token, asked at the start and 60 s before `expiresAt` (ISO 8601). Without it: a visitor. */
  getToken?: () => Promise<{ token: string; expiresAt: string }>;
  fetch?: typeof fetch;
  /** Sees every frame and every attempt to open a stream. */
  onFrame?: (event: LineEvent) => void;
  /** Time, for tests. */
  clock?: Clock;
  /** 0 to 1, for tests. */
  random?: () => number;
  /** Where a visitor's handle is kept; `null` keeps it nowhere. The page's `localStorage` by default. */
  storage?: KeyStorage | null;
  /** What says `online`, `offline`, `pageshow` and `visibilitychange`; the page by default. */
  events?: EventTarget | null;
  /** The page's origin; its own by default. */
  origin?: string;
}

export function createClient(_options: ClientOptions): Client {
  throw new Error('Not built yet.');
}
