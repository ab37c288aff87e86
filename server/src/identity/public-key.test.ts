import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { readPublicKey } from './public-key.ts';

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = (key: typeof ec.publicKey, type: 'spki' | 'pkcs1' = 'spki') =>
  key.export({ type, format: 'pem' }).toString();

test('the kind of key decides the algorithm, however it was pasted', () => {
  expect(readPublicKey(pem(ec.publicKey))).toEqual({ alg: 'ES256', pem: pem(ec.publicKey) });
  expect(readPublicKey(`\n  ${pem(rsa.publicKey)}\n`)).toEqual({ alg: 'RS256', pem: pem(rsa.publicKey) });
  expect(readPublicKey(pem(rsa.publicKey, 'pkcs1'))).toEqual({ alg: 'RS256', pem: pem(rsa.publicKey) });
  const jwk = { ...ec.publicKey.export({ format: 'jwk' }), kid: 'k7', use: 'sig' };
  expect(readPublicKey(JSON.stringify(jwk))).toEqual({ alg: 'ES256', pem: pem(ec.publicKey), kid: 'k7' });
  expect(readPublicKey(JSON.stringify(rsa.publicKey.export({ format: 'jwk' })))).toMatchObject({ alg: 'RS256' });
});

test('what is no key that is taken is refused in a sentence that says what to do', () => {
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey;
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
  const ed = generateKeyPairSync('ed25519').publicKey;
  const privatePem = ec.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const said: Array<[string, RegExp]> = [
    [privatePem, /private key.*make a new pair/],
    [rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(), /private key/],
    [JSON.stringify(ec.privateKey.export({ format: 'jwk' })), /private key/],
    [JSON.stringify({ kty: 'oct', k: 'c2VjcmV0' }), /belongs under secrets/],
    [JSON.stringify({ keys: [ec.publicKey.export({ format: 'jwk' })] }), /one of them/],
    [JSON.stringify({ ...ec.publicKey.export({ format: 'jwk' }), alg: 'RS256' }), /is for RS256/],
    [pem(p384), /P-256.*secp384r1/],
    [pem(short), /1024 bits: 2048/],
    [pem(ed), /ed25519 is not taken/],
    ['https://shop.example/.well-known/jwks.json', /nothing is fetched/],
    ['a secret', /PEM/],
    ['', /PEM/],
    [pem(ec.publicKey).slice(0, 60), /can’t be read/],
    ['{"kty":"EC"}', /can’t be read/],
    ['{', /can’t be read/],
    ['-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----', /can’t be read/],
    ['x'.repeat(9000), /too long/],
  ];
  for (const [pasted, sentence] of said) {
    const answer = readPublicKey(pasted);
    expect(answer).toEqual(expect.stringMatching(sentence));
    // What was pasted may be what nobody should see again.
    if (pasted.length > 60) expect(answer).not.toContain(pasted.slice(30, 50));
  }
});
