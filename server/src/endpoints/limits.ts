/** How often one person, or one address, may ask. Counted in this process alone. */
import { ChatError } from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { optionsOf } from '../options.ts';
import { runtime } from '../runtime.ts';
import { clientAddress } from './edge-key.ts';

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
  /** Everything else that one user writes: edits, receipts, typing, tickets. */
  changes: { count: 600, perS: 10 },
  /** Sessions of one address, and streams that it opens at the server itself. */
  sessions: { count: 1200, perS: 60 },
} satisfies Record<string, Limit>;

export type LimitName = keyof typeof defaultLimits;
export type Limits = Record<LimitName, Limit>;

/**
 * Counts one request against a limit. Without a `key` there is nobody to count for, and it passes.
 * @throws ChatError `rate-limited` with the wait until the window ends.
 */
export async function limit(req: PayloadRequest, name: LimitName, key: string | undefined): Promise<void> {
  if (key === undefined) return;
  const { count, perS } = optionsOf(req.payload).limits[name] ?? defaultLimits[name];
  // Its keys live for one window, which bounds them by the requests of one window.
  const limiter = runtime(req.payload).own(
    `limit:${name}`,
    () => new RateLimiterMemory({ points: count, duration: perS }),
  );
  try {
    await limiter.consume(key);
  } catch (refused) {
    if (refused instanceof Error) throw refused;
    throw new ChatError('rate-limited', { retryAfterS: (refused as RateLimiterRes).msBeforeNext / 1000 });
  }
}

export const limitAddress = (req: PayloadRequest, name: LimitName) => limit(req, name, clientAddress(req));
