/** Trying again, in one place: full jitter, the server's wish is the floor, a final refusal ends it. */
import { backoffMs, type ChatError, type Clock } from '@payload-chat/protocol';

export interface Persistence {
  /**
   * Runs until it succeeds or is not `wanted` any more (then `undefined`). `onWait` hears why it waits and how long.
   * @throws ChatError that trying again can't help.
   */
  persist<T>(
    run: () => Promise<T>,
    wanted: () => boolean,
    onWait?: (error: ChatError, ms: number, attempt: number) => void,
  ): Promise<T | undefined>;
  /**
   * The network may be back: whoever waits tries now, but for those whom the server told to be slower (429). At a time
   * (milliseconds since 1970) those who have waited until then for as long as they were told to, and for `stirMs` at
   * least: somebody was answered. At `Infinity` all.
   */
  wake(atMs?: number): void;
}

/** So that what fails while all else works is not tried at every event. */
const stirMs = 2000;

export function createPersistence(clock: Clock, random: () => number): Persistence {
  /** Ends of the waits, and when they may be ended early. */
  const waits = new Map<() => void, number>();

  function wake(atMs = 9e15) {
    for (const [end, fromMs] of [...waits]) if (fromMs <= atMs) end();
  }

  return {
    async persist(run, wanted, onWait) {
      for (let attempt = 0; wanted(); attempt += 1) {
        try {
          const done = await run();
          wake(clock.now());
          return done;
        } catch (failure) {
          const error = failure as ChatError;
          if (!wanted()) break;
          if (!error.retry) throw error;
          const wishMs = (error.retryAfterS ?? 0) * 1000;
          const ms = Math.max(backoffMs(attempt, random), wishMs);
          onWait?.(error, ms, attempt);
          await new Promise<void>((resolve) => {
            const cancel = clock.after(ms, end);
            function end() {
              cancel();
              waits.delete(end);
              resolve();
            }
            waits.set(end, error.code === 'rate-limited' ? Infinity : clock.now() + Math.max(wishMs, stirMs));
          });
        }
      }
      return undefined;
    },
    wake,
  };
}
