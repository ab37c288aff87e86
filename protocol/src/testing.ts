/** What tests of every part hold in their hand: a clock that moves only when told, a sink that remembers. */
import type { Clock } from './clock.ts';
import { type Frame, frameDecoder } from './frame.ts';
import type { Sink } from './subscriber.ts';

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

export interface RecordingSink extends Sink {
  /** Every frame written. */
  readonly frames: Frame[];
  /** Frames of one kind; durable events are `message`. */
  of(event: string): Frame[];
  /** Positions of the durable events written. */
  readonly positions: number[];
  readonly writes: number;
  readonly closed: false | 'ended' | 'cut';
  /** Full from now on: what is written is still taken. */
  fill(): void;
  drain(): void;
}

/** A sink that takes all and remembers it. Writing after its close is a fault of the hub. */
export function recordingSink(): RecordingSink {
  const frames: Frame[] = [];
  const feed = frameDecoder((frame) => frames.push(frame));
  let writes = 0;
  let full = false;
  let closed: false | 'ended' | 'cut' = false;
  let onDrain: (() => void) | undefined;
  return {
    frames,
    of: (event) => frames.filter((frame) => frame.event === event),
    get positions() {
      return frames.filter(({ event }) => event === 'message').map(({ data }) => (data as { pos: number }).pos);
    },
    get writes() {
      return writes;
    },
    get closed() {
      return closed;
    },
    fill() {
      full = true;
    },
    drain() {
      full = false;
      const run = onDrain;
      onDrain = undefined;
      run?.();
    },
    write(chunk) {
      if (closed) throw new Error('Written after the close.');
      writes += 1;
      feed(chunk);
      return !full;
    },
    onDrain(run) {
      onDrain = run;
    },
    close(cut = false) {
      closed ||= cut ? 'cut' : 'ended';
    },
  };
}
