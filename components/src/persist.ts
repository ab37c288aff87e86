/** Trying again, in one place: full jitter, the server's wish is the floor, a final refusal ends it. */
import { backoffMs, ChatError, type Clock } from '@payload-chat/protocol';

export interface Persistence {
  /**
   * Runs until it succeeds or the signal ends (then `undefined`). `onWait` hears why it waits and how long.
   * @throws ChatError that trying again can't help.
   */
  persist<T>(
    run: () => Promise<T>,
    signal: AbortSignal,
    onWait?: (error: ChatError, ms: number, attempt: number) => void,
  ): Promise<T | undefined>;
  /** The network is back: whoever waits tries now, but for those the server told to be slower. */
  wake(): void;
}

export function createPersistence(clock: Clock, random: () => number): Persistence {
  const waits = new Set<() => void>();

  const pause = (ms: number, firm: boolean, signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      const end = () => {
        cancel();
        waits.delete(end);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const cancel = clock.after(ms, end);
      signal.addEventListener('abort', end);
      if (!firm) waits.add(end);
    });

  return {
    async persist(run, signal, onWait) {
      for (let attempt = 0; !signal.aborted; attempt += 1) {
        try {
          const answer = await run();
          return signal.aborted ? undefined : answer;
        } catch (failure) {
          if (signal.aborted) break;
          if (!(failure instanceof ChatError) || !failure.retry) throw failure;
          const ms = Math.max(backoffMs(attempt, random), (failure.retryAfterS ?? 0) * 1000);
          onWait?.(failure, ms, attempt);
          await pause(ms, failure.code === 'rate-limited', signal);
        }
      }
      return undefined;
    },
    wake() {
      for (const end of [...waits]) end();
    },
  };
}
