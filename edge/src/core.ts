/** What every entry is made of: the server's keys, tokens, the upstream. */
import { type Clock, steadyClock } from '@payload-chat/protocol';
import type { JSONWebKeySet } from 'jose';
import type { Config } from './config.ts';
import { createHubs, type Hubs, type HubsOptions } from './hubs.ts';
import { createKeys } from './keys.ts';
import { consoleLog, type Log } from './log.ts';
import { createReading, type Reading } from './reading.ts';
import { createStreamPlaces } from './stream-places.ts';
import { createTokens, type Tokens } from './tokens.ts';
import { createUpstream, type Upstream } from './upstream.ts';

export interface Core {
  config: Config;
  upstream: Upstream;
  tokens: Tokens;
  clock: Clock;
  log: Log;
}

export function createCore(
  config: Config,
  fetch: typeof globalThis.fetch,
  clock: Clock = steadyClock,
  log = consoleLog,
): Core {
  const upstream = createUpstream(config, fetch, clock);
  const keys = createKeys(async () => (await upstream.keys()) as JSONWebKeySet, clock);
  return { config, upstream, tokens: createTokens(keys, clock), clock, log };
}

/** Hubs in this process, and what readers come to them for. */
export function createLocal(core: Core, options: Pick<HubsOptions, 'onCount'> = {}): { hubs: Hubs; reading: Reading } {
  const hubs = createHubs({ ...core, ...options, random: Math.random });
  const places = createStreamPlaces(core.config.streams);
  return { hubs, reading: createReading({ ...core, hubs, places }) };
}
