/**
 * What nobody needs before he does something: to write, to choose from a message's menu, to page back. npm's entries
 * bring it at once; `chat.js` fetches it at the first intent, from a second file beside it.
 */
import { ChatError } from '@payload-chat/protocol';
import type { createHands } from './more/hands.ts';
import type { look } from './more/look.ts';

export const later: {
  /** How a thread is written to. */
  _hands?: typeof createHands;
  /** What the elements show then, and do. */
  _look?: typeof look;
  /** Brings both; `edge` may have them too. @throws ChatError, a final one, where they are of another build. */
  _load?(edge?: string): Promise<void>;
  /** Why they are not there, as a key of the words. */
  _fault?: 'stale' | 'notLoaded' | undefined;
  /** What is being drawn lacks them. */
  _lacks?: boolean;
} = {};

/** What only some threads show. Until it is there nothing stands in its place, and the element asks
 * for it once it is on the screen. */
export function rare<T>(show: (seen: typeof look) => T): T | undefined {
  if (later._look) return show(later._look);
  later._lacks = true;
  return undefined;
}

let loading: Promise<void> | undefined;

/** Resolves once it is there. Calls meanwhile are one; after a failure the next one tries again. @throws ChatError */
export function want(edge?: string): Promise<void> {
  loading ??= Promise.resolve(later._load?.(edge)).then(
    () => {
      later._fault = undefined;
    },
    (failure) => {
      loading = undefined;
      const stale = failure instanceof ChatError;
      later._fault = stale ? 'stale' : 'notLoaded';
      throw stale ? failure : new ChatError('unavailable', { cause: failure });
    },
  );
  return loading;
}
