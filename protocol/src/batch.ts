/**
 * Adaptive batching: what comes in a quiet spell leaves at once; what follows within `batchMs` leaves together.
 * The span counts from the end of a flush and by a timer, so that a flush that takes longer than it, or a late event
 * loop, still lets events gather.
 */
import type { Clock } from './clock.ts';

export interface Batch {
  /** Something has gathered: flushes now in a quiet spell, else when the span is over. */
  gathered(): void;
  /** A flush has ended. */
  flushed(): void;
  close(): void;
}

export function createBatch(clock: Clock, batchMs: number, flush: () => void): Batch {
  let cancel: (() => void) | undefined;
  return {
    gathered() {
      if (!cancel) flush();
    },
    flushed() {
      cancel?.();
      cancel = clock.after(batchMs, () => {
        cancel = undefined;
        flush();
      });
    },
    close() {
      cancel?.();
      cancel = undefined;
    },
  };
}
