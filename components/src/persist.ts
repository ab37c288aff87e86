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
  /** The network may be back: whoever waits tries now. `all`: also those whom the server told to be slower. */
  wake(all?: boolean): void;
}

export function createPersistence(clock: Clock, random: () => number): Persistence {
  /** Ends of the waits, and whether only time may end them. */
  const waits = new Map<() => void, boolean>();

  return {
    async persist(run, wanted, onWait) {
      for (let attempt = 0; wanted(); attempt += 1) {
        try {
          return await run();
        } catch (failure) {
          const error = failure as ChatError;
          if (!wanted()) break;
          if (!error.retry) throw error;
          const ms = Math.max(backoffMs(attempt, random), (error.retryAfterS ?? 0) * 1000);
          onWait?.(error, ms, attempt);
          await new Promise<void>((resolve) => {
            const cancel = clock.after(ms, end);
            function end() {
              cancel();
              waits.delete(end);
              resolve();
            }
            waits.set(end, error.code === 'rate-limited');
          });
        }
      }
      return undefined;
    },
    wake(all) {
      for (const [end, firm] of [...waits]) if (all || !firm) end();
    },
  };
}
