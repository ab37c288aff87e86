/** How many streams one person, one address and all together may have open in this process. */
import { blockOf, createPlaces } from '@payload-chat/protocol/limits';
import type { SiteBounds } from './feed.ts';
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
  /** As `take`, of what the site sets for its own streams. */
  takeAt(bounds: SiteBounds, reader: Reader): () => void;
  readonly taken: number;
}

/** When to ask again, in seconds: a place is free when another stream has ended. */
const retryAfterS = 10;

export function createStreamPlaces({ perPerson, perAddress, all }: StreamBounds): StreamPlaces {
  const places = createPlaces();
  return {
    take({ claims: { site, kind, sub }, client }) {
      const address = blockOf(client);
      return places.take(
        [
          { of: 'all', most: all, refusal: 'unavailable' },
          // All guests of a room are one user: they are told apart by their addresses alone.
          { of: kind === 'guest' ? undefined : `person ${site} ${sub}`, most: perPerson, refusal: 'rate-limited' },
          { of: address && `address ${address}`, most: perAddress, refusal: 'rate-limited' },
        ],
        retryAfterS,
      );
    },
    takeAt({ streamsPerPerson = 0, streamsPerAddress = 0 }, { claims: { site, kind, sub }, client }) {
      const address = blockOf(client);
      const person = kind === 'guest' ? undefined : sub;
      return places.take(
        [
          { of: person && `at ${site} person ${person}`, most: streamsPerPerson, refusal: 'rate-limited' },
          { of: address && `at ${site} address ${address}`, most: streamsPerAddress, refusal: 'rate-limited' },
        ],
        retryAfterS,
      );
    },
    get taken() {
      return places.heldOf('all');
    },
  };
}
