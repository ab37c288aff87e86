/** How many streams one person, one address and all together may have open in this process. */
import { ChatError } from '@payload-chat/protocol';
import { blockOf } from './address-block.ts';
import type { Reader } from './tokens.ts';

/** 0 limits nothing. */
export interface StreamBounds {
  perPerson: number;
  perAddress: number;
  all: number;
}

export interface StreamPlaces {
  /**
   * Takes a place; the answer gives it back, callable twice.
   * @throws ChatError `rate-limited` for a person or an address that has all of its own, `unavailable` where all are taken
   */
  take(reader: Reader): () => void;
  readonly taken: number;
}

/** When to ask again, in seconds: a place is free when another stream has ended. */
const retryAfterS = 10;

export function createStreamPlaces({ perPerson, perAddress, all }: StreamBounds): StreamPlaces {
  // Both have no more keys than there are streams.
  const ofPerson = new Map<string, number>();
  const ofAddress = new Map<string, number>();
  let taken = 0;

  function check(counts: Map<string, number>, key: string | undefined, bound: number) {
    if (key !== undefined && bound > 0 && (counts.get(key) ?? 0) >= bound)
      throw new ChatError('rate-limited', { retryAfterS });
  }

  function count(counts: Map<string, number>, key: string | undefined, by: 1 | -1) {
    if (key === undefined) return;
    const now = (counts.get(key) ?? 0) + by;
    if (now > 0) counts.set(key, now);
    else counts.delete(key);
  }

  return {
    take({ claims: { site, kind, sub }, client }) {
      // All guests of a room are one user: they are told apart by their addresses alone.
      const person = kind === 'guest' ? undefined : `${site} ${sub}`;
      const address = blockOf(client);
      if (all > 0 && taken >= all) throw new ChatError('unavailable', { retryAfterS });
      check(ofPerson, person, perPerson);
      check(ofAddress, address, perAddress);
      const move = (by: 1 | -1) => {
        taken += by;
        count(ofPerson, person, by);
        count(ofAddress, address, by);
      };
      move(1);
      let isHeld = true;
      return () => {
        if (isHeld) move(-1);
        isHeld = false;
      };
    },
    get taken() {
      return taken;
    },
  };
}
