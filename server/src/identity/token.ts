/** Chat tokens and tickets: signed and read here, and nowhere else at the server. */
import { ChatError, type Claims, claims as claimsShape, read, tokenUse } from '@payload-chat/protocol';
import { compactVerify, SignJWT } from 'jose';
import type { Payload } from 'payload';
import { runtime } from '../runtime.ts';
import { keyRing } from './key-ring.ts';

/** Tokens whose signature was checked and need not be again; the oldest falls out. */
const provenMax = 10_000;
/** Longest token read at all, in characters: ours have some 600. */
export const tokenChars = 4096;

export async function signToken(payload: Payload, claims: Claims): Promise<string> {
  const { kid, privateKey } = await keyRing(payload).signing();
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: tokenUse.algorithm, kid, typ: 'JWT' })
    .setIssuer(tokenUse.issuer)
    .sign(privateKey);
}

/**
 * What a token says once its signature and its life were checked; not whether it was revoked, nor what it may be used
 * for. A ticket is read `until: 'ends'` where the stream that it opened may still run: as long as the token behind it.
 * @throws ChatError `unauthorized`
 */
export async function readToken(payload: Payload, token: string, until: 'exp' | 'ends' = 'exp'): Promise<Claims> {
  const proven = runtime(payload).own('tokens', () => new Map<string, Claims>());
  const claims = proven.get(token) ?? (await proveToken(payload, token));
  if (!proven.has(token)) {
    proven.set(token, claims);
    if (proven.size > provenMax) proven.delete(proven.keys().next().value as string);
  }
  const endS = until === 'ends' && claims.use === 'ticket' ? (claims.ends ?? claims.exp) : claims.exp;
  if (endS * 1000 <= Date.now()) throw new ChatError('unauthorized');
  return claims;
}

async function proveToken(payload: Payload, token: string): Promise<Claims> {
  if (token.length > tokenChars) throw new ChatError('unauthorized');
  let fault: unknown;
  const { payload: bytes } = await compactVerify(
    token,
    // Anything but a fault of the token itself (a database away) must not pass for a bad token.
    async ({ kid }) => {
      const key = await (kid ? keyRing(payload).verifying(kid) : undefined)?.catch((error: unknown) => {
        fault = error;
        throw error;
      });
      if (!key) throw new ChatError('unauthorized');
      return key;
    },
    { algorithms: [tokenUse.algorithm] },
  ).catch(() => {
    if (fault) throw fault;
    throw new ChatError('unauthorized');
  });
  const data = parseJson(bytes);
  const claims = read(claimsShape, data);
  if (!claims || (data as { iss?: unknown }).iss !== tokenUse.issuer) throw new ChatError('unauthorized');
  return claims;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined; // Signed by us, so it can't happen; and if it did, it is no token.
  }
}
