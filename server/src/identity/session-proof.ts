/** Which proof a session request gives, decided purely, in the order of SPEC: Session. */
import { ChatError, object, optional, type Parsed, text } from '@payload-chat/protocol';
import { headerLogin } from './account-login.ts';
import { bearer } from './caller.ts';
import { identityChars } from './host-identity.ts';
import { handleChars } from './visitor-handle.ts';

export const sessionRequest = object({
  site: text(1, 128),
  identity: optional(text(1, identityChars)),
  visitor: optional(text(1, handleChars)),
  room: optional(text(1, 128)),
});
export type SessionRequest = Parsed<typeof sessionRequest>;

export type SessionProof =
  | { is: 'renewal'; token: string }
  | { is: 'login'; jwt: string; from: 'header' | 'cookie' }
  | { is: 'identity'; jwt: string }
  | { is: 'visitor'; handle: string | undefined }
  | { is: 'guest'; room: string };

/** The fields of which one may be given. */
const proofFields = ['identity', 'visitor', 'room'] as const;

/**
 * A proof that is given is the one that counts, good or bad: it never falls to the next.
 * @throws ChatError `unauthorized` for an `Authorization` of a kind that proves nothing here.
 */
export function proofOf(authorization: string | null, body: SessionRequest, cookie: string | undefined): SessionProof {
  if (authorization !== null) {
    const token = bearer(authorization);
    if (token !== undefined) return { is: 'renewal', token };
    const jwt = headerLogin(authorization);
    if (jwt) return { is: 'login', jwt, from: 'header' };
    throw new ChatError('unauthorized');
  }
  const { identity, visitor, room } = body;
  if (identity !== undefined) return { is: 'identity', jwt: identity };
  if (visitor !== undefined) return { is: 'visitor', handle: visitor };
  if (room !== undefined) return { is: 'guest', room };
  return cookie ? { is: 'login', jwt: cookie, from: 'cookie' } : { is: 'visitor', handle: undefined };
}

/** @throws ChatError `invalid` for two proofs in one body. */
export function refuseSeveralProofs(body: SessionRequest): void {
  const given = proofFields.filter((field) => body[field] !== undefined);
  if (given.length < 2) return;
  throw new ChatError('invalid', {
    faults: given.map((field) => ({ field, message: 'Only one of identity, visitor and room.' })),
  });
}
