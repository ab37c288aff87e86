/** A row of `sites` as the server's own code reads it. */
import { steadyClock, type UserKind } from '@payload-chat/protocol';
import type { Payload, PayloadRequest } from 'payload';
import type { KeyAlgorithm, PublicKey } from '../../identity/public-key.ts';
import { optionsOf } from '../../options.ts';
import { runtime } from '../../runtime.ts';
import { opened } from './sealed-secret.ts';
import { limitsOf, type SiteLimits } from './site-limits.ts';
import { type SiteTexts, textsOf } from './texts.ts';

export interface Site {
  /** The same word as `key`. */
  id: string;
  key: string;
  name: string;
  /** Off: nobody is let in, of no kind. */
  open: boolean;
  origins: string[];
  visitors: boolean;
  /** Accounts of the CMS as members; agents and admins always may. */
  accounts: boolean;
  /** Identities that the site's own backend signs. */
  identities: boolean;
  /** Whoever reads a public room without being anybody. */
  guests: boolean;
  roomWriters: UserKind[];
  editWindowMs: number;
  /** Ids of accounts, as text. */
  agents: string[];
  /** Ids of accounts, as text; empty is every account. */
  members: string[];
  /** The secrets that identities are signed with, opened. Never to leave this process. */
  secrets: Array<{ kid: string; value: string }>;
  publicKeys: Array<Omit<PublicKey, 'kid'> & { kid: string | undefined }>;
  /** Messages older than this are erased, in days; `undefined` keeps them. */
  retentionDays: number | undefined;
  /** What it sets lower than the plugin's options. */
  limits: SiteLimits;
  /** Words that its pages show in place of ours. */
  texts: SiteTexts;
}

/** How long a site's row is believed without a look, in ms; a change in this process is seen at once. */
const keepMs = 5000;
/** Sites kept; above it the oldest is dropped. */
const keepCount = 1000;

interface Held {
  site: Promise<Site | undefined>;
  untilMs: number;
}

/** The site of a key; `undefined` where there is none. One read per 5 s and site, however many ask. */
export function siteByKey(payload: Payload, key: string): Promise<Site | undefined> {
  const held = cache(payload);
  const found = held.get(key);
  if (found && found.untilMs > steadyClock.now()) return found.site;
  const site = readSite(payload, key);
  held.delete(key);
  held.set(key, { site, untilMs: steadyClock.now() + keepMs });
  if (held.size > keepCount) held.delete(held.keys().next().value as string);
  site.catch(() => held.delete(key));
  return site;
}

/** The site where it is known without a read. */
export function knownSite(payload: Payload, key: string): Promise<Site | undefined> | undefined {
  const found = cache(payload).get(key);
  return found && found.untilMs > steadyClock.now() ? found.site : undefined;
}

/** Makes the next look a read. */
export function forgetSite(payload: Payload, key: string): void {
  cache(payload).delete(key);
}

const cache = (payload: Payload) =>
  runtime(payload).own('sites', () => {
    const held = new Map<string, Held>();
    // Another process' change, as soon as a hub of this one has it.
    runtime(payload).hubs.onEvent((site, { type }) => {
      if (type === 'site.updated') held.delete(site);
    });
    return held;
  });

/** Reads the row, with `req` in its transaction. */
export async function readSite(payload: Payload, key: string, req?: PayloadRequest): Promise<Site | undefined> {
  const { docs } = await payload.db.find<Record<string, unknown>>({
    collection: 'sites',
    where: { key: { equals: key } },
    limit: 1,
    pagination: false,
    ...(req ? { req } : {}),
  });
  return docs[0] && siteOf(payload, docs[0]);
}

/** A row, at depth 0, as a `Site`. */
export function siteOf(payload: Payload, row: Record<string, unknown>): Site {
  const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
  return {
    id: String(row.key),
    key: String(row.key),
    name: String(row.name),
    open: row.open !== false,
    origins: list(row.origins).map(String),
    visitors: row.visitors === true,
    accounts: row.accounts !== false,
    identities: row.identities !== false,
    guests: row.guests !== false,
    roomWriters: list(row.roomWriters).map(String) as UserKind[],
    editWindowMs: Number(row.editWindowMs),
    agents: list(row.agents).map(accountId),
    members: list(row.members).map(accountId),
    secrets: list(row.secrets).flatMap((secret) => secretOf(payload, secret as Record<string, unknown>)),
    publicKeys: list(row.publicKeys).map((key) => keyOf(key as Record<string, unknown>)),
    retentionDays: Number(row.retentionDays) || undefined,
    limits: limitsOf(row.limits),
    texts: textsOf(row.texts),
  };
}

function accountId(value: unknown): string {
  return String(typeof value === 'object' && value !== null ? (value as { id: unknown }).id : value);
}

function secretOf(payload: Payload, { kid, value }: Record<string, unknown>): Site['secrets'] {
  return typeof kid === 'string' && typeof value === 'string' ? [{ kid, value: opened(payload, value) }] : [];
}

function keyOf({ kid, alg, key }: Record<string, unknown>): Site['publicKeys'][number] {
  return { kid: typeof kid === 'string' && kid ? kid : undefined, alg: alg as KeyAlgorithm, pem: String(key) };
}

/** Whether the site lets in people of this kind. */
export function takes(site: Site, kind: UserKind): boolean {
  if (!site.open) return false;
  switch (kind) {
    case 'visitor':
      return site.visitors;
    case 'external':
      return site.identities;
    case 'guest':
      return site.guests;
    case 'member':
      return site.accounts;
    case 'agent':
      return true;
  }
}

/** Whether an account is a member by the site's own list: every account where none is listed. */
export function isMember(site: Site, account: string): boolean {
  return site.accounts && (site.members.length === 0 || site.members.includes(account));
}

/** Whether an account belongs to the site: a member (every account where none is listed), an agent or an admin. */
export function belongs(payload: Payload, site: Site, account: Record<string, unknown>): boolean {
  const id = String(account.id);
  return isMember(site, id) || site.agents.includes(id) || optionsOf(payload).isAdmin(account);
}
