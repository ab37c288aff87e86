/** The keys of all sites, for those who come with an account and don't say where. */
import { steadyClock } from '@payload-chat/protocol';
import type { Payload } from 'payload';
import { runtime } from '../runtime.ts';

/** How long the list is believed, in ms. */
const keepMs = 5000;
/** Most sites that are looked through for an account's; who has more names one. */
const keysMax = 100;

interface Held {
  keys: Promise<string[]>;
  untilMs: number;
}

export function siteKeys(payload: Payload): Promise<string[]> {
  const held = runtime(payload).own<Held>('site-keys', () => ({
    keys: Promise.resolve([]),
    untilMs: Number.NEGATIVE_INFINITY,
  }));
  if (held.untilMs > steadyClock.now()) return held.keys;
  held.keys = readKeys(payload);
  held.untilMs = steadyClock.now() + keepMs;
  held.keys.catch(() => {
    held.untilMs = Number.NEGATIVE_INFINITY;
  });
  return held.keys;
}

async function readKeys(payload: Payload): Promise<string[]> {
  const { docs } = await payload.db.find<{ key: string }>({
    collection: 'sites',
    limit: keysMax,
    pagination: false,
    sort: 'key',
    where: {},
  });
  return docs.map(({ key }) => key);
}
