/** Who a request speaks for. */
import { ChatError, type Claims, hangsOn, type OpenSession, originAllowed, type User } from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';
import { belongs, type Site, siteByKey } from '../collections/sites/site.ts';
import { toUser } from '../collections/wire.ts';
import { optionsOf } from '../options.ts';
import { type AccountDoc, accountJwt, readLogin } from './account-login.ts';
import { originOf } from './origin.ts';
import { revocations } from './revocation.ts';
import { siteKeys } from './site-keys.ts';
import { readToken } from './token.ts';
import { accountUserId } from './user-id.ts';

/** An account of the host's own auth collection, as far as the chat reads it. */
export interface Account {
  id: string;
  name: string;
  /** The option `admins` said yes. */
  isAdmin: boolean;
}

/**
 * One person at one site. Made from a chat token, or from a Payload login (then `account` is set). A guest has no row
 * and reads the one public room that his token names.
 */
export interface Caller {
  /** As others see him at this site. */
  user: User;
  site: Site;
  /** The session that revocation names; absent for a Payload login used directly. */
  sid?: string;
  /** Of a guest: the id of the room he reads. */
  room?: string;
  /** Set when the request came with a Payload login instead of a chat token. */
  account?: Account;
  /** What the chat token says, where the request came with one. */
  claims?: Claims;
  /** The option `admins` said yes to the account: sees everything in the panel. */
  isAdmin: boolean;
  /** An agent of the site or an admin: may delete messages, seats. A chat token of kind `agent` is one. */
  isModerator: boolean;
}

const known = new WeakMap<PayloadRequest, Promise<Caller | undefined>>();

/** Finds the site that a request is about, where an account belongs to several and names none. */
export type FindSite = () => Promise<string | undefined>;

/**
 * The caller of a request, memoised by request; `undefined` for nobody. Never touches `req.user`: whoever has a chat
 * token would otherwise be an account to every access rule of the host.
 * @throws ChatError `unauthorized` for a Bearer that is bad: never a fall-back to a cookie.
 */
export function caller(req: PayloadRequest, findSite?: FindSite): Promise<Caller | undefined> {
  const found = known.get(req);
  if (found) return found;
  const answer = decide(req, findSite);
  known.set(req, answer);
  return answer;
}

async function decide(req: PayloadRequest, findSite: FindSite | undefined): Promise<Caller | undefined> {
  const token = bearer(req.headers?.get('Authorization'));
  if (token !== undefined) return callerOfClaims(req, await readToken(req.payload, token));
  const jwt = accountJwt(req);
  const login = jwt ? await readLogin(req, jwt) : undefined;
  return login && callerOfAccount(req, login.account, findSite);
}

/** The caller, where there must be one. @throws ChatError `unauthorized` */
export async function someCaller(req: PayloadRequest, findSite?: FindSite): Promise<Caller> {
  const found = await caller(req, findSite);
  if (!found) throw new ChatError('unauthorized');
  return found;
}

/** The token of an `Authorization: Bearer`; `""` for one without a token, `undefined` for another scheme. */
export function bearer(authorization: string | null | undefined): string | undefined {
  return /^bearer(?:\s+(.*))?$/i.exec(authorization ?? '')
    ? (/\s+(\S+)\s*$/.exec(authorization ?? '')?.[1] ?? '')
    : undefined;
}

/** The session of a token, as ends of sessions are told from it. */
export function openSessionOf(claims: Claims): OpenSession {
  return { sid: claims.sid, user: claims.sub, issuedS: claims.iat, via: hangsOn(claims) };
}

/**
 * The caller behind claims whose signature was checked. A ticket passes only where it is said to.
 * @throws ChatError `unauthorized` for a ticket, another page's token, an ended session, a site that is gone.
 */
export async function callerOfClaims(
  req: PayloadRequest,
  claims: Claims,
  accept: 'token' | 'ticket' = 'token',
): Promise<Caller> {
  if ((claims.use === 'ticket') !== (accept === 'ticket') || !originAllowed(claims, originOf(req)))
    throw new ChatError('unauthorized');
  const [site, ended] = await Promise.all([
    siteByKey(req.payload, claims.site),
    revocations(req.payload).has(claims.site, openSessionOf(claims)),
  ]);
  if (!site || ended) throw new ChatError('unauthorized');
  const { sub, kind, sid, room, name = '' } = claims;
  return {
    user: { id: sub, name, kind },
    site,
    sid,
    ...(room ? { room } : {}),
    claims,
    isAdmin: false,
    isModerator: kind === 'agent',
  };
}

/**
 * An account at the site that `?site=` names, at the only one it belongs to, or at that of what it asks for.
 * @throws ChatError `invalid` where several are possible, `forbidden` where none is, `not-found`, `unknown-site`.
 */
async function callerOfAccount(req: PayloadRequest, account: AccountDoc, findSite?: FindSite): Promise<Caller> {
  const { isAdmin, displayName } = optionsOf(req.payload);
  const named = req.searchParams?.get('site');
  const keys = named ? [named] : await siteKeys(req.payload);
  const sites = (await Promise.all(keys.map((key) => siteByKey(req.payload, key)))).filter(
    (site) => site !== undefined,
  );
  if (named && sites.length === 0) throw new ChatError('unknown-site');
  const own = sites.filter((site) => belongs(req.payload, site, account));
  const site = own.length > 1 ? await oneOf(own, findSite) : own[0];
  if (!site) throw new ChatError('forbidden');
  return atSite(site, { id: String(account.id), name: displayName(account), isAdmin: isAdmin(account) });
}

async function oneOf(sites: Site[], findSite: FindSite | undefined): Promise<Site> {
  if (!findSite)
    throw new ChatError('invalid', {
      faults: [{ field: 'site', message: 'There are several: name one by ?site=<key>.' }],
    });
  const key = await findSite();
  const site = sites.find((each) => each.key === key);
  if (!site) throw new ChatError('not-found');
  return site;
}

function atSite(site: Site, account: Account): Caller {
  const { id, name, isAdmin } = account;
  const user = toUser(
    { id: accountUserId(id), name, kind: 'member', avatar: undefined, account: id, staff: isAdmin, site: undefined },
    site,
  );
  return { user, site, account, isAdmin, isModerator: user.kind === 'agent' };
}
