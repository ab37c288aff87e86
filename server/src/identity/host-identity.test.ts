import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { Session } from '@payload-chat/protocol';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type App, site, startApp } from '../../test/app.ts';
import { answer, ask, identity, openSession, siteSecret } from '../../test/wire.ts';

let app: App;
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const spki = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString();

beforeAll(async () => {
  app = await startApp();
  await site(app.payload, 'halden', {
    secrets: [siteSecret],
    publicKeys: [{ key: spki(ec.publicKey) }, { key: spki(rsa.publicKey), kid: 'rsa-1' }],
  });
  await site(app.payload, 'shared', { secrets: [siteSecret] });
});
afterAll(() => app?.close());
beforeEach(() => vi.restoreAllMocks());

const nowS = () => Math.floor(Date.now() / 1000);
const signed = (alg: string, key: KeyObject | Uint8Array, header = {}, claims = {}, at = 'halden') =>
  new SignJWT({ iss: at, aud: 'payload-chat', sub: 'user-1', iat: nowS(), exp: nowS() + 600, ...claims })
    .setProtectedHeader({ alg, ...header })
    .sign(key);
const session = (jwt: string, at = 'halden') =>
  answer(ask(app, '/api/chat/session', { body: { site: at, identity: jwt } }));
const edit = (data: Record<string, unknown>, id = 'halden') => app.payload.update({ collection: 'sites', id, data });

describe('[Session] an identity signed by a private key', () => {
  test('is taken by the public key that the site has, ES256 and RS256', async () => {
    const users = new Set<string>();
    for (const jwt of [
      await signed('ES256', ec.privateKey),
      // A key without a name takes whatever name the host's library gives.
      await signed('ES256', ec.privateKey, { kid: 'whatever' }),
      await signed('RS256', rsa.privateKey),
      await signed('RS256', rsa.privateKey, { kid: 'rsa-1' }),
      await identity('halden'),
    ]) {
      const got = await session(jwt);
      expect(got.status).toBe(200);
      users.add((got.body as unknown as Session).user.id);
    }
    expect(users.size).toBe(1);
  });

  test('is refused under another key, another algorithm, another site, and where a key stands for a secret', async () => {
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { iss: 'halden', aud: 'payload-chat', sub: 'user-1', iat: nowS(), exp: nowS() + 600 };
    // The public key as an HMAC secret: the classical confusion.
    const confused = (header: object, secret: string) => {
      const text = `${part({ alg: 'HS256', ...header })}.${part(claims)}`;
      return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
    };
    const rsaSigned = await signed('RS256', rsa.privateKey);
    const bad: Record<string, string> = {
      'another private key': await signed('ES256', stranger),
      'an unknown kid of RSA': await signed('RS256', rsa.privateKey, { kid: 'rsa-2' }),
      'another RSA algorithm': await signed('PS256', rsa.privateKey, { kid: 'rsa-1' }),
      'a longer RSA hash': await signed('RS512', rsa.privateKey, { kid: 'rsa-1' }),
      'another site': await signed('ES256', ec.privateKey, {}, { iss: 'shared' }),
      'the public key as HMAC secret': confused({}, spki(rsa.publicKey)),
      'the public key as HMAC secret, by its kid': confused({ kid: 'rsa-1' }, spki(rsa.publicKey)),
      'a secret’s kid over a public key': confused({ kid: siteSecret.kid }, spki(ec.publicKey)),
      'alg none': `${part({ alg: 'none' })}.${part(claims)}.`,
      'alg none, in other letters': `${part({ alg: 'nOnE' })}.${part(claims)}.`,
      'alg none with a signature': `${part({ alg: 'none' })}.${part(claims)}.${rsaSigned.split('.')[2]}`,
      'another alg over the same signature': `${part({ alg: 'ES256' })}.${rsaSigned.split('.').slice(1).join('.')}`,
      'its own key in the header': await signed('ES256', stranger, { jwk: { kty: 'EC' } }),
      'an address in the header': await signed('ES256', stranger, { jku: 'https://evil.test/jwks.json' }),
      'an end too far ahead': await signed('ES256', ec.privateKey, {}, { exp: nowS() + 3700 }),
    };
    for (const [name, jwt] of Object.entries(bad)) {
      const got = await session(jwt);
      expect([name, got]).toEqual([
        name,
        {
          status: 401,
          body: { errors: [{ code: 'unauthorized', message: 'A valid token is needed. Ask for a new session.' }] },
        },
      ]);
    }
    expect((await session(await signed('ES256', ec.privateKey, {}, {}, 'shared'), 'shared')).status).toBe(401);
  });

  test('what was pasted is kept as PEM with its algorithm; what is no key is refused in words', async () => {
    const jwk = { ...ec.publicKey.export({ format: 'jwk' }), kid: 'from-jwk' };
    const made = await app.payload.create({
      collection: 'sites',
      data: { key: 'jwk', name: 'jwk', publicKeys: [{ key: JSON.stringify(jwk) }] },
    });
    expect(made.publicKeys).toMatchObject([{ key: spki(ec.publicKey), alg: 'ES256', kid: 'from-jwk' }]);
    const fault = await edit({ publicKeys: [{ key: 'https://shop.example/jwks.json' }] }, 'jwk').catch((e) => e);
    expect(JSON.stringify(fault.data)).toContain('nothing is fetched');
    const twice = edit(
      { publicKeys: [{ key: spki(ec.publicKey) }, { key: JSON.stringify({ ...jwk, kid: undefined }) }] },
      'jwk',
    );
    await expect(twice).rejects.toMatchObject({ code: 'invalid' });
  });
});

describe('[Session] changing keys without a pause', () => {
  test('two secrets sign side by side; the old one is refused once it is taken away', async () => {
    const next = { kid: 'k2', value: 'the next secret of the embedding site, long enough' };
    const [old] = (
      (await app.payload.findByID({ collection: 'sites', id: 'shared', depth: 0 })) as unknown as { secrets: object[] }
    ).secrets;
    const by = async (secret: typeof next) =>
      (await session(await identity('shared', {}, { kid: secret.kid }, secret.value), 'shared')).status;
    expect([await by(siteSecret), await by(next)]).toEqual([200, 401]);
    await edit({ secrets: [old, next] }, 'shared');
    expect([await by(siteSecret), await by(next)]).toEqual([200, 200]);
    await edit({ secrets: [{ kid: 'k2' }] }, 'shared');
    expect([await by(siteSecret), await by(next)]).toEqual([401, 200]);
  });

  test('two public keys of one kind stand side by side, told apart by their kid', async () => {
    const next = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await site(app.payload, 'keys', { publicKeys: [{ key: spki(ec.publicKey), kid: 'a' }] });
    const by = async (key: KeyObject, kid?: string) =>
      (await session(await signed('ES256', key, kid ? { kid } : {}, {}, 'keys'), 'keys')).status;
    await edit(
      {
        publicKeys: [
          { key: spki(ec.publicKey), kid: 'a' },
          { key: spki(next.publicKey), kid: 'b' },
        ],
      },
      'keys',
    );
    expect([await by(ec.privateKey, 'a'), await by(next.privateKey, 'b')]).toEqual([200, 200]);
    // Without a name each is tried.
    expect([await by(ec.privateKey), await by(next.privateKey)]).toEqual([200, 200]);
    expect([await by(ec.privateKey, 'b'), await by(next.privateKey, 'c')]).toEqual([401, 401]);
    await edit({ publicKeys: [{ key: spki(next.publicKey), kid: 'b' }] }, 'keys');
    expect([await by(ec.privateKey, 'a'), await by(ec.privateKey), await by(next.privateKey)]).toEqual([401, 401, 200]);
  });
});

describe('the reason of a refusal', () => {
  test('stands in the server’s log for the developer, without a token, a secret or a person', async () => {
    const lines: string[] = [];
    vi.spyOn(app.payload.logger, 'warn').mockImplementation(((line: unknown) => {
      lines.push(JSON.stringify(line));
    }) as never);
    await site(app.payload, 'told', { secrets: [siteSecret] });
    const person = { sub: 'a-person-of-theirs', name: 'Mira Secretive', email: 'mira@example.com' };
    const told: Array<[Promise<string>, RegExp]> = [
      [identity('told', person, {}, 'not the secret of this site at all'), /signature does not fit/],
      [identity('told', person, { kid: 'k9' }), /no secret has the kid \\"k9\\"/],
      [identity('told', person, { kid: undefined }), /names no kid/],
      [identity('elsewhere', person), /iss is \\"elsewhere\\", not the site’s key \\"told\\"/],
      [identity('told', { ...person, aud: 'x' }), /aud is not/],
      [identity('told', { ...person, exp: undefined }), /has no exp/],
      [identity('told', { ...person, exp: nowS() - 100 }), /ended 10\d s ago/],
      [identity('told', { ...person, exp: nowS() + 7200 }), /exp is 7\d\d\d s ahead: at most 3600/],
      [signed('ES256', ec.privateKey, {}, person, 'told'), /no public key for ES256/],
    ];
    for (const [jwt] of told) await session(await jwt, 'told');
    expect(lines).toHaveLength(told.length);
    for (const [index, [jwt, reason]] of told.entries()) {
      expect(lines[index]).toMatch(reason);
      expect(lines[index]).toContain('An identity for site told was refused');
      for (const part of (await jwt).split('.')) expect(lines[index]).not.toContain(part);
    }
    for (const secret of [siteSecret.value, ...Object.values(person)]) expect(lines.join()).not.toContain(secret);
  });

  test('is told ten times a minute and site, so that nobody fills the log', async () => {
    const warn = vi.spyOn(app.payload.logger, 'warn').mockImplementation((() => undefined) as never);
    await site(app.payload, 'loud', { secrets: [siteSecret] });
    for (let n = 0; n < 25; n += 1)
      await session(await identity('loud', {}, { kid: `forged-${n}\n${'x'.repeat(500)}` }), 'loud');
    expect(warn).toHaveBeenCalledTimes(10);
    expect(JSON.stringify(warn.mock.calls).length).toBeLessThan(10 * 400);
  });
});

describe('[Session] what a site takes', () => {
  test('is switched by proof: what is off is 403, and a session of it is not renewed', async () => {
    const { body } = await session(await identity('halden'));
    await edit({ identities: false });
    expect(await session(await identity('halden'))).toMatchObject({
      status: 403,
      body: { errors: [{ code: 'forbidden' }] },
    });
    const renewal = ask(app, '/api/chat/session', {
      token: (body as unknown as Session).token,
      body: { site: 'halden' },
    });
    expect((await renewal).status).toBe(403);
    await edit({ identities: true });
    expect((await session(await identity('halden'))).status).toBe(200);
  });

  test('an origin by its sub-domains', async () => {
    await site(app.payload, 'stars', { origins: ['https://*.shop.example'] });
    const from = async (origin: string) =>
      (await ask(app, '/api/chat/session', { origin, body: { site: 'stars' } })).status;
    expect([await from('https://www.shop.example'), await from('https://shop.example')]).toEqual([200, 403]);
    const { token } = await openSession(app, { site: 'stars' }, { origin: 'https://www.shop.example' });
    const at = async (origin: string) => (await ask(app, '/api/chat/threads', { token, origin })).status;
    // A token is of the page that it was made for, whatever else the site lists.
    expect([await at('https://www.shop.example'), await at('https://b.shop.example')]).toEqual([200, 401]);
    await expect(edit({ origins: ['https://*.com'] }, 'stars')).rejects.toThrow(/origins/i);
  });
});
