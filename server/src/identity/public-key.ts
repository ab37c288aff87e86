/** A public key that somebody pasted: which algorithm it is for, or what is wrong with it, in words for a person. */
import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';

/** Longest text read at all, in characters: an RSA key of 8192 bits has some 1,500. */
export const keyChars = 8192;
/** Shortest RSA key that is taken, in bits (RFC 7518, 3.3). */
const rsaBits = 2048;

/** The key decides the algorithm, never the token: an HMAC under a public key proves nothing. */
export type KeyAlgorithm = 'ES256' | 'RS256';

export interface PublicKey {
  alg: KeyAlgorithm;
  /** The key as PEM (SPKI), whatever it was pasted as. */
  pem: string;
  /** The name that a JWK brought along. */
  kid?: string;
}

/** What was pasted, or a sentence for the one who did. Nothing is ever fetched. */
export function readPublicKey(text: string): PublicKey | string {
  const pasted = text.trim();
  if (pasted.length > keyChars) return `That is too long for a key: at most ${keyChars} characters.`;
  if (/^https?:\/\//i.test(pasted)) return 'Paste the key itself: nothing is fetched from an address.';
  if (pasted.startsWith('{')) return fromJwk(pasted);
  if (!pasted.startsWith('-----BEGIN ')) return 'Paste a public key as PEM (-----BEGIN PUBLIC KEY-----) or as a JWK.';
  if (pasted.includes('PRIVATE KEY')) return isPrivate;
  return fromPem(pasted);
}

const isPrivate =
  'This is a private key. It belongs on your server alone: make a new pair there, and paste the public one.';

function fromPem(pem: string): PublicKey | string {
  try {
    return judged(pem.includes('CERTIFICATE') ? new X509Certificate(pem).publicKey : createPublicKey(pem));
  } catch {
    return 'This PEM can’t be read: paste the whole of it, with its first and last line.';
  }
}

function fromJwk(json: string): PublicKey | string {
  try {
    const jwk = JSON.parse(json) as Record<string, unknown>;
    if (Array.isArray(jwk.keys)) return 'This is a set of keys. Paste one of them.';
    if (jwk.d !== undefined) return isPrivate;
    if (jwk.kty === 'oct') return 'This is a secret, not a public key: it belongs under secrets.';
    const key = judged(createPublicKey({ key: jwk, format: 'jwk' }));
    if (typeof key === 'string') return key;
    if (jwk.alg !== undefined && jwk.alg !== key.alg)
      return `The JWK is for ${String(jwk.alg)}; this key is taken for ${key.alg}.`;
    return typeof jwk.kid === 'string' && jwk.kid ? { ...key, kid: jwk.kid.slice(0, 64) } : key;
  } catch {
    return 'This JWK can’t be read.';
  }
}

function judged(key: KeyObject): PublicKey | string {
  const { asymmetricKeyType: type, asymmetricKeyDetails: { modulusLength = 0, namedCurve } = {} } = key;
  const pem = () => key.export({ type: 'spki', format: 'pem' }).toString();
  if (type === 'rsa') {
    if (modulusLength < rsaBits) return `This RSA key has ${modulusLength} bits: ${rsaBits} are needed.`;
    return { alg: 'RS256', pem: pem() };
  }
  if (type === 'ec') {
    if (namedCurve !== 'prime256v1') return `ES256 needs a key on the curve P-256, this one is on ${namedCurve}.`;
    return { alg: 'ES256', pem: pem() };
  }
  return `A key of type ${type} is not taken: RSA or EC P-256.`;
}
