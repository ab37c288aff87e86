/** What a host tells `chat()`. */
import type { Payload } from 'payload';
import type { Limits } from './endpoints/limits.ts';
import type { StreamBounds } from './endpoints/open-streams.ts';
import { type Keeping, resolveKeeping } from './log/keeping.ts';

export interface ChatOptions {
  /** Slug of the host's auth collection whose accounts take part; `users` unless named. */
  users?: string;
  /** Whether an account sees everything in the panel and edits sites; nobody unless given. */
  admins?: (account: Record<string, unknown>) => boolean;
  /** The name that others see of an account: never its e-mail. Its field `name` unless given. */
  displayName?: (account: Record<string, unknown>) => string | undefined;
  /** Keys that edges authenticate with, newest first; none closes service streams and grants. */
  edgeKeys?: string[];
  /** How many proxies in front of the server append to `X-Forwarded-For`; 0 believes the socket alone. */
  trustedHops?: number;
  /** How often one person or address may ask; generous unless given. */
  limits?: Partial<Limits>;
  /** How long the log remembers: 7 days and at least 2,000 events of each site unless given. */
  log?: Partial<Keeping>;
  /** How long it is kept who of the staff read which conversation, in days; 90 unless given. */
  accessLogDays?: number;
  /** Where pages load `chat.js` from, for the snippet that the panel prints; the server itself unless given. */
  edgeUrl?: string;
  /** How many streams one person, or one address, may hold open at this process; edges aside. */
  streams?: Partial<StreamBounds>;
  /** Over how long a process that is told to stop (SIGTERM) sends its readers away, in ms; 5,000 unless given. */
  drainMs?: number;
}

export interface ResolvedOptions {
  users: string;
  isAdmin(account: Record<string, unknown>): boolean;
  displayName(account: Record<string, unknown>): string;
  edgeKeys: string[];
  trustedHops: number;
  limits: Partial<Limits>;
  log: Keeping;
  accessLogDays: number;
  edgeUrl: string | undefined;
  streams: Partial<StreamBounds>;
  drainMs: number;
}

/** Fills in what the host left out. @throws Error that names a setting out of its bounds. */
export function resolveOptions(given: ChatOptions): ResolvedOptions {
  return {
    users: given.users ?? 'users',
    isAdmin: (account) => given.admins?.(account) === true,
    displayName: (account) => shown(given.displayName?.(account) ?? account.name) ?? `User ${String(account.id)}`,
    edgeKeys: (given.edgeKeys ?? []).filter((key) => key.length > 0),
    trustedHops: given.trustedHops ?? 0,
    limits: given.limits ?? {},
    log: resolveKeeping(given.log),
    accessLogDays: given.accessLogDays ?? 90,
    edgeUrl: given.edgeUrl?.replace(/\/+$/, '') || undefined,
    streams: given.streams ?? {},
    drainMs: resolveDrain(given.drainMs),
  };
}

const drainMost = 600_000;

function resolveDrain(ms = 5000): number {
  if (Number.isInteger(ms) && ms >= 0 && ms <= drainMost) return ms;
  throw new Error(`chat(): drainMs must be a whole number from 0 to ${drainMost}, met ${String(ms)}.`);
}

/** The options of the plugin in this Payload. They travel in the config's `custom`, which never reaches the browser. */
export function optionsOf(payload: Payload): ResolvedOptions {
  return payload.config.custom.chat as ResolvedOptions;
}

function shown(name: unknown): string | undefined {
  return typeof name === 'string' && name.trim() ? name.trim().slice(0, 128) : undefined;
}
