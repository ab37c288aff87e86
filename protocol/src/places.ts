/** How many of each may hold a thing open at once: streams of a person, of an address, of all. */
import { ChatError, type ErrorCode } from './errors.ts';

export interface Place {
  /** Whose it is; nobody's is not counted. */
  of: string | undefined;
  /** Most that are held at once for the same; 0 limits nothing. */
  most: number;
  /** What is said at the bound. */
  refusal: Extract<ErrorCode, 'rate-limited' | 'unavailable'>;
}

export interface Places {
  /**
   * Takes one of each at once, or none. The answer gives them back, callable twice.
   * @throws ChatError the refusal of the first that is full, to come back after `retryAfterS` seconds.
   */
  take(wanted: readonly Place[], retryAfterS: number): () => void;
  /** How many are held for one now; nobody is remembered for whom none is. */
  heldOf(of: string): number;
}

export function createPlaces(): Places {
  const held = new Map<string, number>();

  function move(places: readonly Place[], by: 1 | -1) {
    for (const { of } of places) {
      if (of === undefined) continue;
      const count = (held.get(of) ?? 0) + by;
      if (count > 0) held.set(of, count);
      else held.delete(of);
    }
  }

  return {
    take(wanted, retryAfterS) {
      for (const { of, most, refusal } of wanted)
        if (of !== undefined && most > 0 && (held.get(of) ?? 0) >= most) throw new ChatError(refusal, { retryAfterS });
      move(wanted, 1);
      let isHeld = true;
      return () => {
        if (isHeld) move(wanted, -1);
        isHeld = false;
      };
    },
    heldOf: (of) => held.get(of) ?? 0,
  };
}
