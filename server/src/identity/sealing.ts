/** Keys derived from Payload's secret, one per purpose, and what is kept or signed under them. */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';

/** What a derived key is for: one that leaks opens nothing else. */
export type Purpose = 'signing-keys' | 'visitor-handles' | 'ids';

function keyFor(secret: string, purpose: Purpose): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, 'payload-chat', purpose, 32));
}

/** AES-256-GCM under the secret; opens only with the same `label`, so that rows can't be swapped. */
export function seal(secret: string, label: string, text: string): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', keyFor(secret, 'signing-keys'), iv).setAAD(Buffer.from(label));
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url');
}

/** `undefined` for what another secret sealed, or somebody changed. */
export function unseal(secret: string, label: string, sealed: string): string | undefined {
  try {
    const bytes = Buffer.from(sealed, 'base64url');
    const decipher = createDecipheriv('aes-256-gcm', keyFor(secret, 'signing-keys'), bytes.subarray(0, 12))
      .setAAD(Buffer.from(label))
      .setAuthTag(bytes.subarray(12, 28));
    return decipher.update(bytes.subarray(28), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return undefined; // Node throws for a wrong tag, a short one and a wrong key alike: all mean "not ours".
  }
}

/** A keyed hash of the parts, in base64url. Parts can't run into one another. */
export function keyedHash(secret: string, purpose: Purpose, parts: readonly string[]): string {
  return createHmac('sha256', keyFor(secret, purpose)).update(JSON.stringify(parts)).digest('base64url');
}

/** Compares without telling by its time where the two differ. */
export function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.byteLength === right.byteLength && timingSafeEqual(left, right);
}
