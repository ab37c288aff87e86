/**
 * Whether a Durable Object's timers run. They go by the calendar: where the machine's is set back, by an hour say, the
 * object's clock stands still for an hour, and so does every timer; one that was begun meanwhile holds up those after it,
 * even once the clock is right again. Nothing in the object notices. Whatever is begun only now has the right time: the
 * Worker tells it with each request, and an object whose timers stand still has to begin anew.
 */
import type { Clock } from '@payload-chat/protocol';

/** Between Worker and object alone: milliseconds since 1970. */
export const dateHeader = 'X-Chat-Date';

/** How long the timer takes that is waited for, in ms. */
const timerMs = 500;
/** By the Worker's time, in ms: however busy an object is, it comes to its timers earlier. */
export const stillMs = 5000;

/** The answer is called for each request; true says that the timers stand still. */
export function createTimerWatch(clock: Pick<Clock, 'after'>): (request: Request) => boolean {
  /** When the timer was begun that has not run yet, by the Worker's time. */
  let begunMs: number | undefined;

  return ({ headers }) => {
    const date = headers.get(dateHeader);
    if (date === null) return false;
    if (begunMs !== undefined) return Number(date) - begunMs > stillMs;
    begunMs = Number(date);
    clock.after(timerMs, () => {
      begunMs = undefined;
    });
    return false;
  };
}
