/** How often one person, one address or one site may ask. Counted in this process alone. */
import { ChatError } from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';
import type { Caller } from '../identity/caller.ts';
import { optionsOf } from '../options.ts';
import { runtime } from '../runtime.ts';
import { clientAddress } from './edge-key.ts';
import { createWindowCounter } from './window-counter.ts';

export interface Limit {
  /** Requests in one window. */
  count: number;
  /** The window, in seconds. */
  perS: number;
}

/** Generous: they stop a script, not a person. Set in the plugin's options. */
export const defaultLimits = {
  /** Messages of one user. */
  sends: { count: 300, perS: 10 },
  /** Messages of one address, under whatever names. */
  sendsOfAddress: { count: 1000, perS: 10 },
  /** Messages at one site: none takes the server from the others. */
  sendsOfSite: { count: 20_000, perS: 10 },
  /** Everything else that one user writes: edits, receipts, typing, tickets. */
  changes: { count: 600, perS: 10 },
  /** Snapshots and lists of one user. */
  reads: { count: 3000, perS: 10 },
  /** The same of one address: guests are all one user. */
  readsOfAddress: { count: 10_000, perS: 10 },
  /** Sessions of one address. */
  sessions: { count: 1200, perS: 60 },
  /** Sessions at one site. */
  sessionsOfSite: { count: 60_000, perS: 60 },
  /** Streams that one address opens at the server itself. */
  streams: { count: 1200, perS: 60 },
  /** Logins, and passwords forgotten, of one address; in the ready app. */
  logins: { count: 120, perS: 60 },
} satisfies Record<string, Limit>;

export type LimitName = keyof typeof defaultLimits;
export type Limits = Record<LimitName, Limit>;

/** Keys that each limit remembers at most, some 100 bytes each; the oldest is forgotten. */
export const keysMax = 50_000;

/**
 * Counts one request against a limit. Without a `key` there is nobody to count for, and it passes.
 * @throws ChatError `rate-limited` with the wait until the window ends.
 */
export function limit(req: PayloadRequest, name: LimitName, key: string | undefined): void {
  if (key === undefined) return;
  const { count, perS } = optionsOf(req.payload).limits[name] ?? defaultLimits[name];
  const counter = runtime(req.payload).own(`limit:${name}`, () =>
    createWindowCounter({ count, windowMs: perS * 1000, keysMax }),
  );
  const waitMs = counter.take(key);
  if (waitMs > 0) throw new ChatError('rate-limited', { retryAfterS: waitMs / 1000 });
}

export const limitAddress = (req: PayloadRequest, name: LimitName): void => limit(req, name, clientAddress(req));

/** A snapshot, a list, or a stream that begins with one. */
export function limitReads(req: PayloadRequest, { user }: Caller): void {
  if (user.kind !== 'guest') limit(req, 'reads', user.id);
  limitAddress(req, 'readsOfAddress');
}
