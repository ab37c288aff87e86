/**
 * Whether a Durable Object's timers run. They go by the calendar: where the machine's is set back, by an hour say, the
 * object's clock stands still for an hour, and so does every timer; one that was begun meanwhile holds up those after it,
 * even once the clock is right again. Nothing in the object notices. Whatever is begun only now has the right time: the
 * Worker tells it with each request, and an object whose timers stand still has to begin anew.
 */
import { type Clock, dateOf } from '@payload-chat/protocol';

/** Between Worker and object alone: milliseconds since 1970. */
export const dateHeader = 'X-Chat-Date';

/** How long the timer takes that is waited for, in ms. */
const timerMs = 500;
/** By the Worker's time, in ms: however busy an object is, it comes to its timers earlier. */
export const stillMs = 5000;

/**
 * The answer is called for each request; true says that the timers stand still.
 * @param isOpen whether the object is kept awake anyway: its timers are then watched between requests too
 */
export function createTimerWatch(clock: Clock, isOpen: () => boolean): (request: Request) => boolean {
  /** When the timer was begun that has not run yet. */
  let begunMs: number | undefined;

  function begin(nowMs: number) {
    begunMs = nowMs;
    clock.after(timerMs, () => {
      begunMs = undefined;
      if (isOpen()) begin(dateOf(clock));
    });
  }

  return ({ headers }) => {
    const said = headers.get(dateHeader);
    if (said === null) return false;
    const nowMs = Number(said);
    if (begunMs === undefined) begin(nowMs);
    // Our own time was ahead when it was begun, so it was no later than now.
    else begunMs = Math.min(begunMs, nowMs);
    return nowMs - (begunMs ?? nowMs) > stillMs;
  };
}
