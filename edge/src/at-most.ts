/** Tasks that wait for one another. */
import { ChatError } from '@payload-chat/protocol';

/**
 * Lets `limit` of the given tasks run at once; `inLine` more wait. A task beyond them rejects at once with ChatError
 * `unavailable`: who waits that long has gone anyway.
 */
export function atMost(limit: number, inLine: number): <T>(task: () => Promise<T>) => Promise<T> {
  const line: Array<() => void> = [];
  let running = 0;
  return async (task) => {
    if (running < limit) running += 1;
    else if (line.length >= inLine) throw new ChatError('unavailable');
    else await new Promise<void>((resolve) => line.push(resolve));
    try {
      return await task();
    } finally {
      // The place passes to the next in line, or is free.
      const next = line.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
