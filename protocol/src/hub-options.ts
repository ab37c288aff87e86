/** Every bound of a hub, each with its unit. */
import type { Clock } from './clock.ts';
import { defaultBounds, type HistoryBounds } from './history.ts';
import { steadyClock } from './steady-clock.ts';

export interface HubOptions extends HistoryBounds {
  clock: Clock;
  /** 0 to 1, as `Math.random`. */
  random(): number;
  /** Time between pings, +-20 % per subscriber; service streams have their own. */
  pingMs: number;
  servicePingMs: number;
  /** Longest life of a stream, +-20 % per subscriber (S6). */
  maxAgeMs: number;
  /** How long events gather after a flush, or as long as that flush took; then they leave in one write per subscriber. */
  batchMs: number;
  /** How long a cursor ahead of the head is waited for (S3). */
  aheadMs: number;
  /** How long a sink may stay full before its stream is cut with `bye slow` (S5). */
  stalledMs: number;
  /** How long a recheck may take before the stream ends with `bye shutdown`; the owner's own patience is shorter. */
  recheckMs: number;
  /** Over how long a shutdown or a new epoch asks its readers to come back, at the least. */
  spreadMs: number;
  /** How many of them a new epoch sends for snapshots in one second at the most: it asks over as long as that takes. */
  resetsPerSecond: number;
  /** Bytes of frames that a replay writes in one chunk, and that gather before a flush; overrun by one frame at most. */
  chunkBytes: number;
}

export const defaultHubOptions: HubOptions = {
  ...defaultBounds,
  clock: steadyClock,
  random: Math.random,
  pingMs: 20_000,
  servicePingMs: 2000,
  maxAgeMs: 20 * 60_000,
  batchMs: 20,
  aheadMs: 2000,
  stalledMs: 15_000,
  recheckMs: 45_000,
  spreadMs: 5000,
  resetsPerSecond: 200,
  chunkBytes: 65_536,
};

/** A value of its own for each connection, so that they don't all do the same at once: `ms` +-20 %. */
export function jittered(ms: number, random: () => number): number {
  return Math.round(ms * (0.8 + 0.4 * random()));
}
