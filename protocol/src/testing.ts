/** What tests of every part hold in their hand: a clock that moves only when told. */
import type { Clock } from './clock.ts';

export interface ManualClock extends Clock {
  /** Moves time on, running what falls due in order, and lets promises settle between. */
  advance(ms: number): Promise<void>;
  /** Timers that have not run. */
  readonly pending: number;
}

export function manualClock(startMs = 1_000_000): ManualClock {
  let nowMs = startMs;
  let timers: Array<{ atMs: number; run: () => void }> = [];
  return {
    now: () => nowMs,
    after(ms, run) {
      const timer = { atMs: nowMs + Math.max(0, ms), run };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    get pending() {
      return timers.length;
    },
    async advance(ms) {
      const endMs = nowMs + ms;
      await settle();
      for (;;) {
        const due = timers.filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
        if (!due) break;
        timers = timers.filter((other) => other !== due);
        nowMs = Math.max(nowMs, due.atMs);
        due.run();
        await settle();
      }
      nowMs = endMs;
    },
  };
}

/** Lets every promise that is ready run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}
