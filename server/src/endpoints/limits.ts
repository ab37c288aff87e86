/** How often one person, one address or one site may ask. Counted in this process alone. */
import { steadyClock } from '@payload-chat/protocol';
import { type Allowance, createAllowance } from '@payload-chat/protocol/limits';
import type { PayloadRequest } from 'payload';
import { type Site, siteByKey } from '../collections/sites/site.ts';
import type { Caller } from '../identity/caller.ts';
import { optionsOf } from '../options.ts';
import { runtime } from '../runtime.ts';
import { clientAddress } from './edge-key.ts';

export interface Limit {
  /** Requests in `perS` seconds, at once or spread; 0 limits nothing. */
  count: number;
  perS: number;
}

/** Generous: they stop a script, not a person. Set in the plugin's options. */
export const defaultLimits = {
  /** Messages of one user. */
  sends: { count: 300, perS: 10 },
  /** Messages of one address, under whatever names. */
  sendsOfAddress: { count: 1000, perS: 10 },
  /** Messages at one site: none takes the server from the others. */
  sendsOfSite: { count: 20_000, perS: 10 },
  /** Everything else that one user writes: edits, receipts, typing, tickets. */
  changes: { count: 600, perS: 10 },
  /** Snapshots and lists of one user. */
  reads: { count: 3000, perS: 10 },
  /** The same of one address: guests are all one user. */
  readsOfAddress: { count: 10_000, perS: 10 },
  /** Sessions of one address. */
  sessions: { count: 1200, perS: 60 },
  /** Sessions at one site. */
  sessionsOfSite: { count: 60_000, perS: 60 },
  /** Streams that one address opens at the server itself. */
  streams: { count: 1200, perS: 60 },
  /** Logins, and passwords forgotten, of one address; in the ready app. */
  logins: { count: 120, perS: 60 },
} satisfies Record<string, Limit>;

export type LimitName = keyof typeof defaultLimits;
export type Limits = Record<LimitName, Limit>;

/**
 * Counts one request against a limit. Without a `key` there is nobody to count for, and it passes.
 * @throws ChatError `rate-limited` with the wait until there is room for one.
 */
export function limit(req: PayloadRequest, name: LimitName, key: string | undefined): void {
  if (key === undefined) return;
  const { count, perS } = optionsOf(req.payload).limits[name] ?? defaultLimits[name];
  runtime(req.payload)
    .own(`limit:${name}`, () => createAllowance(count, perS * 1000, steadyClock))
    .take(key);
}

export const limitAddress = (req: PayloadRequest, name: LimitName): void => limit(req, name, clientAddress(req));

/** A snapshot, a list, or a stream that begins with one. */
export function limitReads(req: PayloadRequest, { user, site }: Caller): void {
  if (user.kind !== 'guest') limit(req, 'reads', user.id);
  limitAddress(req, 'readsOfAddress');
  limitAtSite(req, site, 'requestsPerMinute', site.key);
}

/** An edit, a receipt, typing, a ticket, a seat left. All guests are one user, who writes nothing. */
export function limitChanges(req: PayloadRequest, { user, site }: Caller): void {
  if (user.kind !== 'guest') limit(req, 'changes', user.id);
  limitAtSite(req, site, 'requestsPerMinute', site.key);
}

export function limitSends(req: PayloadRequest, { user, site }: Caller): void {
  // Whether guests may send is said elsewhere.
  if (user.kind !== 'guest') {
    limit(req, 'sends', user.id);
    limitAtSite(req, site, 'messagesPerMinute', user.id);
    limitAddress(req, 'sendsOfAddress');
    limit(req, 'sendsOfSite', site.key);
  }
  limitAtSite(req, site, 'requestsPerMinute', site.key);
}

/** Of a site that somebody named, who has shown nothing yet. */
export async function limitSessions(req: PayloadRequest, key: string): Promise<void> {
  limit(req, 'sessionsOfSite', key);
  const site = await siteByKey(req.payload, key);
  if (!site) return;
  limitAtSite(req, site, 'sessionsPerMinute', clientAddress(req));
  limitAtSite(req, site, 'requestsPerMinute', site.key);
}

const minuteMs = 60_000;

interface Counted {
  count: number;
  allowance: Allowance;
}

/** Counts one against what the site has set itself, beside the plugin's own: the lower holds. @throws ChatError `rate-limited` */
function limitAtSite(
  { payload }: PayloadRequest,
  site: Site,
  name: 'messagesPerMinute' | 'sessionsPerMinute' | 'requestsPerMinute',
  key: string | undefined,
): void {
  const count = site.limits[name];
  if (count === undefined || key === undefined) return;
  // As many as there are sites that have set one.
  const counts = runtime(payload).own('limits of sites', () => new Map<string, Counted>());
  const of = `${name} ${site.key}`;
  let counted = counts.get(of);
  // Another number begins anew.
  if (counted?.count !== count) counted = { count, allowance: createAllowance(count, minuteMs, steadyClock) };
  counts.set(of, counted);
  counted.allowance.take(key);
}
