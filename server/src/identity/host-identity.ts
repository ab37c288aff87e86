/** A user of the embedding site, whom its own server vouches for with the site's secret (SPEC: Session). */
import { ChatError, object, optional, read, text, tokenUse, whole } from '@payload-chat/protocol';
import { jwtVerify } from 'jose';
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
}

const shape = object({
  sub: text(1, 256),
  iat: whole(),
  exp: whole(),
  name: optional(text(0, 128)),
  email: optional(text(0, 254)),
  avatar: optional(text(0, 2048)),
});

/** @throws ChatError `unauthorized`, whatever is wrong with it. */
export async function readIdentity(site: Site, jwt: string, nowMs = Date.now()): Promise<HostIdentity> {
  const { skewS } = tokenUse;
  const { payload } = await jwtVerify(
    jwt,
    ({ kid }) => {
      const secret = site.secrets.find((each) => each.kid === kid);
      if (!secret) throw new ChatError('unauthorized');
      return new TextEncoder().encode(secret.value);
    },
    {
      algorithms: ['HS256'],
      issuer: site.key,
      audience: identityAudience,
      clockTolerance: skewS,
      currentDate: new Date(nowMs),
      requiredClaims: ['sub', 'iat', 'exp'],
    },
  ).catch(() => {
    throw new ChatError('unauthorized');
  });
  const identity = read(shape, payload);
  const nowS = nowMs / 1000;
  if (!identity || identity.iat > nowS + skewS || identity.exp > nowS + furthestS + skewS) {
    throw new ChatError('unauthorized');
  }
  const { iat: _iat, avatar, name, ...rest } = identity;
  return {
    ...rest,
    ...(name?.trim() ? { name: name.trim() } : {}),
    ...(avatar && isWebAddress(avatar) ? { avatar } : {}),
    // A clock that is behind ours may have set an end that has just passed here: it is meant by that clock.
    exp: identity.exp > nowS ? identity.exp : identity.exp + skewS,
  };
}

/** Readers put it into an `img`: nothing but a picture of the web. */
function isWebAddress(address: string): boolean {
  return URL.canParse(address) && ['https:', 'http:'].includes(new URL(address).protocol);
}
