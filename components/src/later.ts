/**
 * What nobody needs before he does something: to write, to choose from a message's menu, to page back. npm's entries
 * bring it at once; `chat.js` fetches it at the first intent, from a second file beside it.
 */
import { ChatError } from '@payload-chat/protocol';
import type { claim } from './more/claim.ts';
import type { createHands } from './more/hands.ts';
import type { createLateness } from './more/lateness.ts';
import type { look } from './more/look.ts';

export const later: {
  /** How a thread is written to. */
  _hands?: typeof createHands;
  /** What a visitor wrote becomes his who has logged in. */
  _claim?: typeof claim;
  /** Whether a line's stream is held back. */
  _lateness?: typeof createLateness;
  /** What the elements show then, and do. */
  _look?: typeof look;
  /** Brings them; `edge` may have them too. */
  _load?(edge?: string): Promise<void>;
  /** They could not be had so far. */
  _fault?: boolean;
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
  loading ??= Promise.resolve(later._load?.(edge)).catch((cause) => {
    loading = undefined;
    later._fault = true;
    throw new ChatError('unavailable', { cause });
  });
  return loading;
}
