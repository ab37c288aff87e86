/**
 * A visitor who was kept in this browser and has logged in takes his threads along (SPEC: Claiming a visitor). Once: tabs
 * that claim at the same time are answered alike, and the first of them forgets the handle.
 */
import type { Session as Answer, ChatError } from '@payload-chat/protocol';
import type { KeptThread, ThreadHost } from '../kept-thread.ts';
import type { Request } from '../request.ts';
import type { Session } from '../session.ts';

/** What is answered needs no look: the session goes on as it is. */
const anything = () => true as const;

/** Sessions that claim now, or were refused: no renewal begins anew. */
const claiming = new WeakSet<Session>();

/**
 * Resolves after the first attempt, so that what is shown first has it all. A hop that did not answer is asked again later,
 * and the threads are shown anew then. A refusal is told to the developer; a handle that is good for nothing is forgotten.
 */
export function claim(
  host: ThreadHost,
  request: Request,
  { site, token }: Answer,
  threads: KeptThread[],
): Promise<void> | undefined {
  const { session, persist } = host;
  const { storage, key } = session;
  const visitor = storage?.getItem(key);
  if (!visitor || claiming.has(session)) return undefined;
  claiming.add(session);
  const body = { site, visitor };

  function forget() {
    // Somebody may have written as another visitor meanwhile.
    if (storage?.getItem(key) === visitor) storage?.removeItem(key);
  }

  return new Promise((resolve) => {
    let late = false;

    /** What is shown waits no longer. */
    function goOn() {
      late = true;
      resolve();
    }

    async function run(): Promise<true> {
      try {
        // The session has no token to offer before the first attempt is over.
        return await (late ? session.call : request)(anything, 'chat/claim', { body, token });
      } catch (failure) {
        const { code, cause } = failure as ChatError;
        if (code === 'unauthorized' && !late) {
          goOn();
          return run();
        }
        // Refused with two tokens in turn: the handle, shown alone, tells which of the two proofs is bad.
        if ((cause as ChatError | undefined)?.code === 'unauthorized')
          await request(anything, 'chat/session', { body });
        throw failure;
      }
    }

    persist<true>(run, () => host.session === session && !host.closed, goOn)
      .then(
        (claimed) => {
          if (!claimed) return;
          forget();
          claiming.delete(session);
          if (late) for (const thread of threads) void thread.refresh();
        },
        ({ code, message }: ChatError) => {
          if (/^(conflict|invalid|unauthorized)$/.test(code)) forget();
          console.warn(`The visitor who was kept in this browser was not claimed: ${code}, ${message}`);
        },
      )
      .then(resolve);
  });
}
