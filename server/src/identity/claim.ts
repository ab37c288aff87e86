/** A visitor who has logged in takes his threads along (SPEC: Claiming a visitor). */
import { ChatError, object, optional, originAllowed, type Parsed, text, type User } from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';
import { type Site, siteByKey } from '../collections/sites/site.ts';
import { cookieLogin, headerLogin } from './account-login.ts';
import { bearer, callerOfClaims } from './caller.ts';
import { identityChars } from './host-identity.ts';
import { mergeVisitor, type Verified } from './merge.ts';
import { originOf, sessionOrigin } from './origin.ts';
import { revocations } from './revocation.ts';
import { type Answered, issue, type ProvenPerson, provenIdentity, provenLogin, renew } from './session.ts';
import { readToken, tokenChars } from './token.ts';
import { knownVisitor } from './visitor-handle.ts';

/** Two proofs in one body, here alone. `visitor` is the handle, or a chat token of the visitor's. */
export const claimRequest = object({
  site: text(1, 128),
  identity: optional(text(1, identityChars)),
  visitor: optional(text(1, tokenChars)),
});
export type ClaimRequest = Parsed<typeof claimRequest>;

/** The verified person, and the session that he is answered: as the user that he is by then. */
interface Claimant {
  who: Verified;
  session(user: User): Promise<Answered>;
}

/**
 * Merges the visitor into the verified person and answers that person's session. Asking the same again changes nothing.
 * @throws ChatError `unknown-site`, `origin-not-allowed`, `invalid` without a visitor's proof, `unauthorized` for a bad
 * proof or none of a verified person, `conflict` where somebody else has claimed the visitor.
 */
export async function claimVisitor(req: PayloadRequest, body: ClaimRequest): Promise<Answered> {
  const site = await siteByKey(req.payload, body.site);
  if (!site) throw new ChatError('unknown-site');
  const org = sessionOrigin(req, site);
  const token = bearer(req.headers.get('Authorization'));
  const ofBearer = token === undefined ? undefined : await visitorOfToken(req, site, token);
  const named = body.visitor === undefined ? ofBearer : await visitorOf(req, site, body.visitor);
  const claimant = await claimantOf(req, site, org, body.identity, ofBearer === undefined ? token : undefined);
  if (named === undefined || (ofBearer !== undefined && ofBearer !== named))
    throw new ChatError('invalid', { faults: [{ field: 'visitor', message: 'One visitor, by handle or token.' }] });
  return claimant.session(await mergeVisitor(req, site, named, claimant.who));
}

/** As for a session: an `Authorization` of his counts before `identity`, that before the cookie. */
async function claimantOf(
  req: PayloadRequest,
  site: Site,
  org: string | undefined,
  identity: string | undefined,
  token: string | undefined,
): Promise<Claimant> {
  const issued = (proven: ProvenPerson | undefined): Claimant => {
    if (!proven) throw new ChatError('unauthorized');
    const { person, ...rest } = proven;
    return { who: { id: person.id, person }, session: (user) => issue(req, site, org, { ...rest, user }) };
  };
  if (token !== undefined) {
    const { user, site: at } = await callerOfClaims(req, await readToken(req.payload, token));
    if (user.kind === 'guest' || at.key !== site.key) throw new ChatError('unauthorized');
    return { who: { id: user.id }, session: () => renew(req, site, token) };
  }
  const authorization = req.headers.get('Authorization');
  const isBearer = bearer(authorization) !== undefined;
  if (authorization !== null && !isBearer)
    return issued(await provenLogin(req, site, headerLogin(authorization) ?? ''));
  if (identity !== undefined) return issued(await provenIdentity(req, site, identity));
  return issued(await provenLogin(req, site, (isBearer ? undefined : cookieLogin(req)) ?? ''));
}

/** A handle has one dot, a token two. */
async function visitorOf(req: PayloadRequest, site: Site, proof: string): Promise<string> {
  if (proof.split('.').length !== 3) return knownVisitor(req.payload, site.key, proof).user;
  const user = await visitorOfToken(req, site, proof);
  if (user === undefined) throw new ChatError('unauthorized');
  return user;
}

/**
 * Whose visitor's token this is; `undefined` for a token of another kind. It may be one that an earlier claim has ended:
 * asking again, after an answer that was lost, is harmless.
 */
async function visitorOfToken(req: PayloadRequest, site: Site, token: string): Promise<string | undefined> {
  const claims = await readToken(req.payload, token);
  if (claims.kind !== 'visitor') return undefined;
  const isOver = await revocations(req.payload).has(site.key, { sid: claims.sid });
  if (isOver || claims.use || claims.site !== site.key || !originAllowed(claims, originOf(req)))
    throw new ChatError('unauthorized');
  return claims.sub;
}
