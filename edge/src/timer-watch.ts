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
/** How long the object's clock has to stand still before it is not believed, by the Worker's time in ms. */
export const frozenMs = 2000;
/** How late that timer may be then, by the Worker's time in ms. */
export const stillMs = 5000;
/** How fast a request has come from the Worker to an object that is not overrun, in ms. */
export const promptMs = 1000;

/**
 * The answer is called for each request; true says that the timers stand still. An object that is overrun comes late to
 * its timers too, and later than that; but its clock goes on from one request to the next, and it comes late to those as
 * well: who asks in time stands in line behind timers that are due.
 * @param isOpen whether the object is kept awake anyway: its timers are then watched between requests too
 */
export function createTimerWatch(clock: Clock, isOpen: () => boolean): (request: Request) => boolean {
  /** When the timer was begun that has not run yet. */
  let begunMs: number | undefined;
  /** What the object's clock says, and since when by the Worker's. */
  let own = { ms: Number.NaN, sinceMs: 0 };

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
    const ownMs = dateOf(clock);
    if (ownMs !== own.ms) own = { ms: ownMs, sinceMs: nowMs };
    const isFrozen = nowMs - own.sinceMs > frozenMs;
    const isPrompt = Math.abs(ownMs - nowMs) < promptMs;
    if (begunMs === undefined) begin(nowMs);
    // Our own time was ahead when it was begun, so it was no later than now.
    else begunMs = Math.min(begunMs, nowMs);
    return (isFrozen || isPrompt) && nowMs - (begunMs ?? nowMs) > stillMs;
  };
}
