/**
 * Adaptive batching: what comes in a quiet spell leaves at once; what follows within `batchMs` leaves together. A flush
 * that keeps the event loop for longer is followed by as long a span, so that a hub or a machine with too much to do
 * does less of it, in larger writes.
 */
import type { Clock } from './clock.ts';

export interface Batch {
  /** Something has gathered: flushes now in a quiet spell, else when the span is over. */
  gathered(): void;
  /** A flush has ended that took so long. */
  flushed(tookMs: number): void;
  close(): void;
}

/** The longest span, whatever a flush took. */
const longestMs = 250;

/** `flush` answers whether there was something to send, and then calls `flushed`. */
export function createBatch(clock: Clock, batchMs: number, flush: () => boolean): Batch {
  let cancel: (() => void) | undefined;

  function span(busyMs: number) {
    cancel?.();
    const ms = Math.max(batchMs, Math.min(busyMs, longestMs));
    const dueMs = clock.now() + ms;
    cancel = clock.after(ms, () => {
      cancel = undefined;
      if (flush()) return;
      // Sockets may do their work after the write has returned. A timer that comes late says so, and that what came
      // meanwhile was not taken in yet: that is no quiet spell.
      const lateMs = clock.now() - dueMs;
      if (lateMs > batchMs / 2) span(lateMs);
    });
  }

  return {
    gathered() {
      if (!cancel) flush();
    },
    flushed: span,
    close() {
      cancel?.();
      cancel = undefined;
    },
  };
}
