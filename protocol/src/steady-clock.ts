/** The clock of hops: whoever sets the machine's, by hours or by a second, makes no span longer or shorter. */
import { type Clock, systemClock } from './clock.ts';

export const steadyClock: Clock = {
  now: () => performance.now(),
  date: () => Date.now(),
  after: (ms, run) => systemClock.after(ms, run),
};

/** Milliseconds since 1970. */
export const dateOf = (clock: Clock): number => clock.date?.() ?? clock.now();
