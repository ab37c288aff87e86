/**
 * The clock of workerd, where all there is goes by the calendar: `performance.now`, and timers too. What the calendar is
 * set back by is passed over, so that nothing kept lasts the longer; set ahead, it can't be told from time that went by.
 */
import { type Clock, steadyClock } from '@payload-chat/protocol';

/** @param date what the calendar says, in ms since 1970 */
export function createCalendarClock(date: () => number = Date.now): Clock {
  let lastMs = 0;
  let setBackMs = 0;
  return {
    now() {
      const ms = date();
      if (ms < lastMs) setBackMs += lastMs - ms;
      lastMs = ms;
      return ms + setBackMs;
    },
    date,
    after: steadyClock.after,
  };
}
