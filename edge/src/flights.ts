/** Single flight: whoever asks the same while the answer is on its way waits for that answer. */
import { ChatError, type Clock } from '@payload-chat/protocol';

export interface Flights<T> {
  /** Runs `ask`, or joins one that is under way for this key. `leads` tells the two apart. */
  share(key: string, ask: () => Promise<T>): { leads: boolean; answer: Promise<T> };
}

/** Most questions on their way at once; beyond it `unavailable`. */
export const maxFlights = 10_000;

/**
 * `patienceMs` bounds how long a follower waits before it is told `unavailable`: on Workers a flight ends unheard when
 * the request that began it is cancelled.
 */
export function createFlights<T>(clock: Clock, patienceMs = 15_000): Flights<T> {
  const flying = new Map<string, Promise<T>>();
  return {
    share(key, ask) {
      const under = flying.get(key);
      if (under) return { leads: false, answer: within(under, patienceMs, clock, () => land(key, under)) };
      if (flying.size >= maxFlights) return { leads: true, answer: Promise.reject(new ChatError('unavailable')) };
      const flight = ask().finally(() => land(key, flight));
      flying.set(key, flight);
      return { leads: true, answer: flight };
    },
  };

  function land(key: string, flight: Promise<T>) {
    if (flying.get(key) === flight) flying.delete(key);
  }
}

/** As the promise, or `unavailable` after `ms`; `onLate` runs then. */
export function within<T>(promise: Promise<T>, ms: number, clock: Clock, onLate = () => {}): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => {
      onLate();
      reject(new ChatError('unavailable'));
    });
    promise.then(resolve, reject).finally(cancel);
  });
}
