/** The caller's own receipt: moves forward only, and what gathers within `gatherMs` goes out as one. */
import type { Clock } from '@payload-chat/protocol';
import type { Persistence } from './persist.ts';

/** How long movements gather. */
const gatherMs = 500;

export interface Receipt {
  /** Where it stands at the server, as a snapshot says. */
  stands(seq: number): void;
  moveTo(seq: number): void;
  clear(): void;
}

export function createReceipt(
  send: (seq: number, signal: AbortSignal) => Promise<unknown>,
  persist: Persistence['persist'],
  clock: Clock,
): Receipt {
  let wanted = 0;
  let life: AbortController | undefined;

  function clear() {
    life?.abort();
    life = undefined;
  }

  return {
    stands(seq) {
      wanted = Math.max(wanted, seq);
    },
    moveTo(seq) {
      if (seq <= wanted) return;
      wanted = seq;
      if (life) return;
      life = new AbortController();
      const { signal } = life;
      const cancel = clock.after(gatherMs, async () => {
        // A refusal is the server's last word: what it did not take stays unread there.
        await persist(() => send(wanted, signal), signal).catch(() => {});
        if (!signal.aborted) clear();
      });
      signal.addEventListener('abort', cancel);
    },
    clear() {
      clear();
      wanted = 0;
    },
  };
}
