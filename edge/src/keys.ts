/** The server's public keys, kept a while. */
import type { Clock } from '@payload-chat/protocol';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { createFlights } from './flights.ts';

/** How long a key set is believed (PROTOCOL: Session). */
export const keptMs = 10 * 60_000;
/** How often at most an unknown `kid` fetches it again: a stranger can invent any number of them. */
export const unknownKidMs = 30_000;

/**
 * Finds the key that signed a token. One fetch at a time, whoever asks.
 * Rejects with jose's error for a key that the server does not know, else with what `fetchKeys` rejected with.
 */
export function createKeys(fetchKeys: () => Promise<JSONWebKeySet>, clock: Clock): JWTVerifyGetKey {
  const flights = createFlights<KeySet>(clock);
  let held: KeySet | undefined;

  const load = () =>
    flights.share('', async () => {
      held = { find: createLocalJWKSet(await fetchKeys()), atMs: clock.now() };
      return held;
    }).answer;

  return async (header, token) => {
    const keys = held && clock.now() - held.atMs < keptMs ? held : await load();
    try {
      return await keys.find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || clock.now() - keys.atMs < unknownKidMs) throw error;
      return (await load()).find(header, token);
    }
  };
}

interface KeySet {
  find: ReturnType<typeof createLocalJWKSet>;
  atMs: number;
}
