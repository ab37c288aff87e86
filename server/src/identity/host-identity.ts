/**
 * A user of the embedding site, whom its own server vouches for (SPEC: Sessions): by a secret that the site shares with
 * us (HS256), or by a private key whose public one was pasted into the site (ES256, RS256).
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { ChatError, object, optional, read, text, tokenUse, whole } from '@payload-chat/protocol';
import { decodeJwt, decodeProtectedHeader, errors, jwtVerify } from 'jose';
import type { Site } from '../collections/sites/site.ts';

/** Longest identity read at all, in characters. */
export const identityChars = 8192;
/** Furthest end of an identity, in seconds from now. */
const furthestS = 3600;

export const identityAudience = 'payload-chat';

export interface HostIdentity {
  sub: string;
  name?: string;
  email?: string;
  avatar?: string;
  /** In seconds since 1970. */
  exp: number;
  /** The key of the site that has signed it. */
  by: SiteKey;
}

/** A secret or a public key of a site's. */
export type SiteKey = Site['secrets'][number] | Site['publicKeys'][number];

const shape = object({
  sub: text(1, 256),
  iat: whole(),
  exp: whole(),
  name: optional(text(0, 128)),
  email: optional(text(0, 254)),
  avatar: optional(text(0, 2048)),
});

/**
 * @throws ChatError `unauthorized`, whatever is wrong with it; its `cause` is an Error whose message says what, for the
 * developer of the embedding site: with no secret, no token and nothing of a person in it.
 */
export async function readIdentity(site: Site, jwt: string, nowMs = Date.now()): Promise<HostIdentity> {
  const { skewS } = tokenUse;
  const nowS = Math.floor(nowMs / 1000);
  const { alg, keys } = keysFor(site, jwt);
  const { said, by } = await proven(jwt, alg, keys, site, nowMs);
  const identity = read(shape, said);
  if (!identity) throw refused('sub, iat, exp, name, email or avatar is missing, of the wrong type or too long');
  if (identity.iat > nowS + skewS)
    throw refused(`iat is ${identity.iat - nowS} s in the future: are the clocks right?`);
  if (identity.exp > nowS + furthestS + skewS)
    throw refused(`exp is ${identity.exp - nowS} s ahead: at most ${furthestS}`);
  const { iat: _iat, avatar, name, ...rest } = identity;
  return {
    ...rest,
    by,
    ...(name?.trim() ? { name: name.trim() } : {}),
    ...(avatar && isWebAddress(avatar) ? { avatar } : {}),
    // A clock that is behind ours may have set an end that has just passed here: it is meant by that clock.
    exp: identity.exp > nowS ? identity.exp : identity.exp + skewS,
  };
}

const refused = (reason: string) => new ChatError('unauthorized', { cause: new Error(reason) });

interface Key {
  of: SiteKey;
  opens: KeyObject | Uint8Array;
}

/** Which keys may have signed it. The algorithm belongs to the key: a token only says which of them it means. */
function keysFor({ secrets, publicKeys }: Site, jwt: string): { alg: string; keys: Key[] } {
  const { alg, kid } = headerOf(jwt);
  if (alg === 'HS256') {
    const secret = secrets.find((each) => each.kid === kid);
    if (secret) return { alg, keys: [{ of: secret, opens: new TextEncoder().encode(secret.value) }] };
    throw refused(
      kid === undefined
        ? 'its header names no kid: HS256 needs that of a secret'
        : `no secret has the kid ${shown(kid)}`,
    );
  }
  if (alg !== 'ES256' && alg !== 'RS256') throw refused(`alg ${shown(alg)} is not taken: HS256, ES256 or RS256`);
  const fit = publicKeys.filter((key) => key.alg === alg);
  // A key without a name takes whatever name the host's library gives its tokens.
  const named = kid === undefined ? fit : fit.filter((key) => key.kid === kid);
  const meant = named.length ? named : fit.filter((key) => key.kid === undefined);
  if (meant.length === 0)
    throw refused(
      fit.length === 0 ? `the site has no public key for ${alg}` : `no public key for ${alg} has the kid ${shown(kid)}`,
    );
  return { alg, keys: meant.map((key) => ({ of: key, opens: createPublicKey(key.pem) })) };
}

function headerOf(jwt: string): { alg?: unknown; kid?: string | undefined } {
  try {
    const { alg, kid } = decodeProtectedHeader(jwt);
    return { alg, kid: typeof kid === 'string' ? kid : undefined };
  } catch {
    throw refused('it is no JWT');
  }
}

/** What it says, where one of the keys has signed it. */
async function proven(
  jwt: string,
  alg: string,
  keys: Key[],
  site: Site,
  nowMs: number,
): Promise<{ said: unknown; by: SiteKey }> {
  let fault: unknown;
  for (const { of, opens } of keys) {
    try {
      const { payload } = await jwtVerify(jwt, opens, {
        algorithms: [alg],
        issuer: site.key,
        audience: identityAudience,
        clockTolerance: tokenUse.skewS,
        currentDate: new Date(nowMs),
        requiredClaims: ['sub', 'iat', 'exp'],
      });
      return { said: payload, by: of };
    } catch (error) {
      // Of two keys the one that fits the signature has more to say.
      if (!(error instanceof errors.JWSSignatureVerificationFailed) || fault === undefined) fault = error;
    }
  }
  throw refused(reasonOf(fault, jwt, site, nowMs));
}

function reasonOf(fault: unknown, jwt: string, site: Site, nowMs: number): string {
  if (fault instanceof errors.JWSSignatureVerificationFailed)
    return 'its signature does not fit the key that it names: is it the secret of this site, as text, not decoded?';
  if (fault instanceof errors.JWTExpired)
    return `it ended ${Math.round(nowMs / 1000 - (decodeJwt(jwt).exp ?? 0))} s ago`;
  if (fault instanceof errors.JWTClaimValidationFailed) {
    if (fault.reason === 'missing') return `it has no ${fault.claim}`;
    if (fault.claim === 'iss') return `iss is ${shown(decodeJwt(jwt).iss)}, not the site’s key ${shown(site.key)}`;
    if (fault.claim === 'aud') return `aud is not "${identityAudience}"`;
    if (fault.claim === 'nbf') return 'nbf is in the future';
    return `${fault.claim} is not as it should be`;
  }
  return 'it is no JWT that can be read';
}

/** A word of the token's, for a log: short, and no lines of its own. */
const shown = (word: unknown) => JSON.stringify(String(word).slice(0, 64));

/** Readers put it into an `img`: nothing but a picture of the web. */
function isWebAddress(address: string): boolean {
  return URL.canParse(address) && ['https:', 'http:'].includes(new URL(address).protocol);
}
