/** Exchanges one proof for a chat token (SPEC: Session). */
import {
  ChatError,
  type Claims,
  hangsOn,
  limits,
  type Session,
  tokenUse,
  type User,
  type UserKind,
} from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';
import { ensurePerson, type Person, personOfAccount } from '../collections/people/ensure.ts';
import { belongs, readSite, type Site, siteByKey, takes } from '../collections/sites/site.ts';
import { contentChars } from '../collections/sites/site-limits.ts';
import type { SiteTexts } from '../collections/sites/texts.ts';
import { toUser } from '../collections/wire.ts';
import { inTransaction } from '../log/commit-proof.ts';
import { isDuplicate } from '../log/database-fault.ts';
import { noteReading } from '../privacy/access-log.ts';
import { cookieLogin, readLogin } from './account-login.ts';
import { callerOfClaims } from './caller.ts';
import { holds, keyWord, originWords } from './came-by.ts';
import { claimantOf } from './claims.ts';
import { guestSession } from './guest.ts';
import { readIdentity } from './host-identity.ts';
import { isOwnOrigin, sessionOrigin } from './origin.ts';
import { noteRefusal } from './refusals.ts';
import { revocations } from './revocation.ts';
import { noteSeen } from './seen.ts';
import { proofOf, refuseSeveralProofs, type SessionRequest } from './session-proof.ts';
import { readToken, signToken } from './token.ts';
import { externalUserId } from './user-id.ts';
import { knownVisitor, newVisitor } from './visitor-handle.ts';

/** How long a visitor's session can be renewed, in seconds, from the last time he showed his handle. */
const visitorUntilS = 30 * 24 * 3600;

/** The name of those who did not say theirs. */
const namelessVisitor = 'Visitor';
const namelessExternal = 'Guest user';

/** What a proof says of somebody whose row is made, or refreshed, when it has led to something. */
export interface ProvenPerson extends Omit<Proven, 'user'> {
  person: Person;
}

/** What a proof is worth: a person at a site, and how long. */
export interface Proven {
  user: User;
  sid: string;
  /** In seconds since 1970; no renewal passes it. */
  until?: number;
  /** Of a guest: the id of the room. */
  room?: string;
  /** The handle that a visitor keeps. */
  visitor?: string;
  /** What it came by, beside the page that asks (`came-by.ts`). */
  via?: string[];
}

/** A session as it is answered: with what the site has its pages show and hold. */
export interface Answered extends Session {
  texts?: SiteTexts;
  limits?: { contentLength: number };
  /** Of a guest who could write in public rooms as a visitor neither. */
  rooms?: 'read';
}

/**
 * @throws ChatError `unknown-site`, `origin-not-allowed`, `unauthorized` for a bad proof, `forbidden` where the site does
 * not take such people, `not-found` for a guest of a room that is not public.
 */
export async function openSession(req: PayloadRequest, body: SessionRequest): Promise<Answered> {
  refuseSeveralProofs(body);
  const site = await siteByKey(req.payload, body.site);
  if (!site) throw new ChatError('unknown-site');
  const org = sessionOrigin(req, site);
  const proof = proofOf(req.headers.get('Authorization'), body, cookieLogin(req));
  switch (proof.is) {
    case 'renewal':
      return renew(req, site, proof.token);
    case 'identity':
      return issue(req, site, org, await kept(req, site, await provenIdentity(req, site, proof.jwt)));
    case 'guest':
      mustTake(site, 'guest');
      return issue(req, site, org, await guestSession(req, site, org, proof.room));
    case 'visitor':
      return issue(req, site, org, await provenVisitor(req, site, proof.handle));
    case 'login': {
      const proven = await provenLogin(req, site, proof.jwt);
      if (proven) return issue(req, site, org, await kept(req, site, proven));
      // A cookie is sent by the browser unasked: one that is over makes its owner a visitor.
      if (proof.from === 'cookie') return issue(req, site, org, await provenVisitor(req, site, undefined));
      throw new ChatError('unauthorized');
    }
  }
}

export async function provenLogin(req: PayloadRequest, site: Site, jwt: string): Promise<ProvenPerson | undefined> {
  const login = await readLogin(req, jwt);
  // The login goes on where only the chat was logged out: its session has ended all the same.
  if (!login || (await revocations(req.payload).has(site.key, { sid: login.sid }))) return undefined;
  const { account, sid, exp } = login;
  if (!belongs(req.payload, site, account)) throw new ChatError('forbidden');
  const person = personOfAccount(req, site, account);
  mustTake(site, person.kind);
  return { person, sid, until: exp };
}

export async function provenIdentity(req: PayloadRequest, site: Site, jwt: string): Promise<ProvenPerson> {
  mustTake(site, 'external');
  const {
    sub,
    name = namelessExternal,
    avatar,
    exp,
    by,
  } = await readIdentity(site, jwt).catch((error: unknown) => {
    if (error instanceof ChatError && error.cause instanceof Error) noteRefusal(req, site.key, error.cause.message);
    throw error;
  });
  const person: Person = {
    id: externalUserId(req.payload, site.key, sub),
    name,
    kind: 'external',
    site: site.key,
    ...(avatar ? { avatar } : {}),
  };
  return { person, sid: newSid(), until: exp, via: [keyWord(req.payload, site.key, by)] };
}

/** Makes or refreshes his row. Two first sessions at once make one: the later finds it at its second look. */
async function kept(req: PayloadRequest, site: Site, { person, ...proven }: ProvenPerson): Promise<Proven> {
  const keep = () => inTransaction(req, () => ensurePerson(req, person, true));
  const { value } = await keep().catch((error: unknown) => {
    if (isDuplicate(error)) return keep();
    throw error;
  });
  return { ...proven, user: toUser(value, site) };
}

/** No row is made: it is there with his first message. */
async function provenVisitor(req: PayloadRequest, site: Site, handle: string | undefined): Promise<Proven> {
  mustTake(site, 'visitor');
  const visitor =
    handle === undefined ? newVisitor(req.payload, site.key) : knownVisitor(req.payload, site.key, handle);
  // He is somebody else by now, whom a handle does not prove.
  if (handle !== undefined && (await claimantOf(req.payload, visitor.user))) throw new ChatError('unauthorized');
  return {
    user: { id: visitor.user, name: namelessVisitor, kind: 'visitor' },
    sid: newSid(),
    until: nowS() + visitorUntilS,
    visitor: visitor.handle,
  };
}

const plural: Record<UserKind, string> = {
  visitor: 'visitors',
  external: 'signed identities',
  guest: 'guests',
  member: 'members',
  agent: 'agents',
};

/** A kind that the site has stopped to take is not let in any more, nor renewed. */
function mustTake(site: Site, kind: UserKind): void {
  if (!site.open) throw new ChatError('forbidden', { message: 'This site’s chat is switched off.' });
  if (!takes(site, kind)) throw new ChatError('forbidden', { message: `This site takes no ${plural[kind]}.` });
}

/** Signature and revocations only; who he is, where and until when is as it was. */
export async function renew(req: PayloadRequest, site: Site, token: string): Promise<Answered> {
  const claims = await readToken(req.payload, token);
  // Before the look at ends: his may have ended by this very reason, which he is told.
  if (claims.site === site.key && !claims.use) mustTake(site, claims.kind);
  const { user } = await callerOfClaims(req, claims);
  if (claims.site !== site.key) throw new ChatError('unauthorized');
  return answer(req, site, claims, user);
}

/** The session of what was proven. */
export function issue(req: PayloadRequest, site: Site, org: string | undefined, proven: Proven): Promise<Answered> {
  const { user, sid, until, room, visitor } = proven;
  const via = [...(proven.via ?? [])];
  if (org !== undefined && !isOwnOrigin(req, org)) {
    noteSeen(req, site.key, org, 'let in');
    via.push(...originWords(req.payload, site, org));
  }
  const claims: Unsigned = {
    sub: user.id,
    site: site.key,
    ...(org === undefined ? {} : { org }),
    kind: user.kind,
    sid,
    name: user.name,
    ...(until === undefined ? {} : { until }),
    ...(room === undefined ? {} : { room }),
    ...(via.length ? { via } : {}),
  };
  return answer(req, site, claims, user, visitor);
}

type Unsigned = Omit<Claims, 'iat' | 'exp' | 'use' | 'ends'>;

async function answer(
  req: PayloadRequest,
  site: Site,
  claims: Unsigned,
  user: User,
  visitor?: string,
): Promise<Answered> {
  const iat = await issueTime(req, claims);
  // From now, wherever `iat` lies: an end that a wrong clock has put far ahead makes no token last.
  const exp = Math.min(nowS() + tokenUse.lifeS, claims.until ?? Number.POSITIVE_INFINITY);
  if (exp <= nowS()) throw new ChatError('unauthorized');
  if (user.kind === 'agent') noteReading(req, { user: user.id, name: user.name, what: 'listen', site: claims.site });
  return {
    token: await signToken(req.payload, { ...claims, iat, exp }),
    expiresAt: new Date(exp * 1000).toISOString(),
    user,
    site: claims.site,
    ...(visitor === undefined ? {} : { visitor }),
    ...(Object.keys(site.texts).length ? { texts: site.texts } : {}),
    ...(contentChars(site) < limits.contentChars ? { limits: { contentLength: contentChars(site) } } : {}),
    ...(user.kind === 'guest' && !visitorsWrite(site) ? { rooms: 'read' as const } : {}),
  };
}

const visitorsWrite = (site: Site) => takes(site, 'visitor') && site.roomWriters.includes('visitor');

/** Of now, or right after the end of all that was begun before by this user, or came by the same: it is not among them. */
async function issueTime(req: PayloadRequest, claims: Unsigned): Promise<number> {
  const ended = await revocations(req.payload).endedUntilS(claims.site, [claims.sub, ...hangsOn(claims)]);
  // What we know of the site may be older than that end: by what it took back nobody gets past it.
  if (ended >= nowS()) {
    const site = await readSite(req.payload, claims.site);
    if (!site || !holds(req.payload, site, claims)) throw new ChatError('unauthorized');
  }
  return Math.max(nowS(), ended + 1);
}

/** A 60 s ticket of the caller's token. */
export async function openTicket(req: PayloadRequest, token: Claims): Promise<{ ticket: string; expiresAt: string }> {
  // Not before its token: what ended all sessions up to then has not ended this one.
  const iat = Math.max(nowS(), token.iat);
  const exp = Math.min(nowS() + tokenUse.ticketS, token.exp);
  return {
    ticket: await signToken(req.payload, { ...token, iat, exp, use: 'ticket', ends: token.exp }),
    expiresAt: new Date(exp * 1000).toISOString(),
  };
}

const nowS = () => Math.floor(Date.now() / 1000);
const newSid = () => crypto.randomUUID();
