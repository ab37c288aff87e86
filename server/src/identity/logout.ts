/** The end of sessions: by the chat's own logout, by Payload's, whose session is a member's, or with the account. */
import { ChatError } from '@payload-chat/protocol';
import type { Payload, PayloadRequest } from 'payload';
import { belongs, type Site, siteOf } from '../collections/sites/site.ts';
import { optionsOf } from '../options.ts';
import type { AccountDoc } from './account-login.ts';
import type { Caller } from './caller.ts';
import { endSessions } from './revocation.ts';
import { accountUserId } from './user-id.ts';

/** @throws ChatError `forbidden` for a guest, whose token others use too, and for a login, which Payload itself ends. */
export async function logOut(req: PayloadRequest, { claims, user, site, sid }: Caller): Promise<void> {
  if (user.kind === 'guest') throw new ChatError('forbidden', { message: 'A guest’s session is shared.' });
  if (sid === undefined) throw new ChatError('forbidden', { message: 'End this login where it was begun.' });
  // A member's sid is that of his login, which goes on and must not lead back into the session.
  const untilS = user.id.startsWith('m_') ? claims?.until : undefined;
  await endSessions(req, [{ site: site.key, sid, user: user.id, ...(untilS === undefined ? {} : { untilS }) }]);
}

/** Ends these Payload sessions of an account at every site it belongs to, as its logout does. */
export async function endLogins(req: PayloadRequest, account: AccountDoc, sids: readonly string[]): Promise<void> {
  const open = sessionsOf(account);
  const user = accountUserId(account.id);
  const endings = (await sitesOf(req, account)).flatMap(({ key }) =>
    sids.map((sid) => ({ site: key, user, sid, untilS: open.find((each) => each.sid === sid)?.untilS ?? 0 })),
  );
  await endSessions(req, endings);
}

/**
 * Ends all sessions of an account everywhere. A login that is still good leads to a new one, as what he is by then.
 * `before` is the account as it was, where it may have belonged to more sites.
 */
export async function endAccountSessions(
  req: PayloadRequest,
  account: AccountDoc,
  before: Record<string, unknown> = account,
): Promise<void> {
  const user = accountUserId(account.id);
  const sites = await sitesOf(req, account, { ...before, id: account.id });
  await endSessions(
    req,
    sites.map(({ key }) => ({ site: key, user })),
  );
}

/** Ends the sessions of accounts that lost their place at a site: their tokens say what they were. */
export async function endSessionsAt(
  req: PayloadRequest,
  site: string,
  accounts: ReadonlyArray<string | number>,
): Promise<void> {
  if (accounts.length === 0) return;
  const { docs } = await req.payload.db.find<AccountDoc>({
    collection: optionsOf(req.payload).users,
    where: { id: { in: [...accounts] } },
    limit: 0,
    pagination: false,
    req,
  });
  // There may be very many accounts, of which few are here.
  const here = docs.filter((account) => keepsNoSessions(req.payload) || isHere(account));
  await endSessions(
    req,
    here.map(({ id }) => ({ site, user: accountUserId(id) })),
  );
}

/** In the request's own transaction: a second connection might have to wait for the first. */
async function sitesOf(req: PayloadRequest, ...accounts: AccountDoc[]): Promise<Site[]> {
  const { docs } = await req.payload.db.find<Record<string, unknown>>({
    collection: 'sites',
    limit: 0,
    pagination: false,
    req,
  });
  return docs
    .map((row) => siteOf(req.payload, row))
    .filter((site) => accounts.some((account) => belongs(req.payload, site, account)));
}

interface AccountSession {
  sid: string;
  untilS: number;
}

/** Payload's open sessions, as they stand on the account's row. */
export function sessionsOf({ sessions }: AccountDoc): AccountSession[] {
  if (!Array.isArray(sessions)) return [];
  return sessions.flatMap(({ id, expiresAt }: { id?: unknown; expiresAt?: unknown }) =>
    typeof id === 'string' ? [{ sid: id, untilS: Math.ceil(new Date(String(expiresAt)).getTime() / 1000) || 0 }] : [],
  );
}

const isHere = (account: AccountDoc) => sessionsOf(account).some(({ untilS }) => untilS * 1000 > Date.now());

function keepsNoSessions(payload: Payload): boolean {
  return payload.collections[optionsOf(payload).users]?.config.auth.useSessions === false;
}
