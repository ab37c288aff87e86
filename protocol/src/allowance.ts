/**
 * How often each of many may do a thing: `count` in `perMs`, at once or spread, and then one more whenever
 * `perMs / count` has passed. One number is kept for each (GCRA, as ITU-T I.371 has it).
 */
import type { Clock } from './clock.ts';
import { ChatError } from './errors.ts';

export interface Allowance {
  /** Counts one for `key`; without a key, and where nothing is limited, it passes. @throws ChatError `rate-limited` */
  take(key: string | undefined): void;
  /** How many are remembered. */
  readonly size: number;
}

/** Most keys remembered at once; at the bound the one that asked longest ago begins anew. */
export const maxKeys = 50_000;

/** `count` 0 limits nothing. */
export function createAllowance(count: number, perMs: number, clock: Clock): Allowance {
  const stepMs = perMs / count;
  /** When each will have all of it again, in the order in which they last asked. */
  const wholeAtMs = new Map<string, number>();

  /** Those who have all of it again need not be remembered. They stand about at the front. */
  function forget(nowMs: number) {
    for (const [key, atMs] of wholeAtMs) {
      if (atMs > nowMs && wholeAtMs.size <= maxKeys) return;
      wholeAtMs.delete(key);
    }
  }

  return {
    take(key) {
      if (key === undefined || count === 0) return;
      const nowMs = clock.now();
      const atMs = Math.max(wholeAtMs.get(key) ?? 0, nowMs) + stepMs;
      const waitMs = atMs - nowMs - perMs;
      // A refusal costs nothing: who asks on and on waits no longer for it.
      if (waitMs > 0) throw new ChatError('rate-limited', { retryAfterS: Math.ceil(waitMs / 1000) });
      wholeAtMs.delete(key);
      wholeAtMs.set(key, atMs);
      forget(nowMs);
    },
    get size() {
      return wholeAtMs.size;
    },
  };
}
