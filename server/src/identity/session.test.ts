import { createHmac, generateKeyPairSync } from 'node:crypto';
import type { Session } from '@payload-chat/protocol';
import { decodeJwt, decodeProtectedHeader, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type App, account, room, serverUrl, site, startApp } from '../../test/app.ts';
import { until } from '../../test/until.ts';
import { answer, ask, identity, logIn, openSession, page, readStream, siteSecret, tokenOf } from '../../test/wire.ts';
import { queryOf } from '../log/database.ts';
import { signToken } from './token.ts';

let app: App;
let ana: { id: number; email: string };
let gus: { id: number; email: string };
let dora: { id: number; email: string };

beforeAll(async () => {
  app = await startApp();
  ana = await account(app.payload, 'Ana Ferreira');
  gus = await account(app.payload, 'Gus Agent', 'agent');
  dora = await account(app.payload, 'Dora Admin', 'admin');
  await site(app.payload, 'halden', {
    agents: [gus.id],
    secrets: [siteSecret, { kid: 'k2', value: 'the second secret of this site, also long' }],
  });
  await site(app.payload, 'closed', { visitors: false, members: [gus.id], origins: [] });
  await room(app.payload, 'halden', 'lobby');
  await room(app.payload, 'halden', 'staff', { public: false });
});
afterAll(() => app?.close());

const session = (body: unknown, options: Parameters<typeof ask>[2] = {}) =>
  answer(ask(app, '/api/chat/session', { ...options, body }));
const people = async () =>
  Number((await queryOf(app.payload)<{ n: string }>('select count(*) as n from chat_users'))[0]?.n);
const nowS = () => Math.floor(Date.now() / 1000);
const jwt = (token: string) => ({ headers: { Authorization: `JWT ${token}` } });

describe('[Session] a Payload login', () => {
  test('is exchanged for a chat token with its claims', async () => {
    const login = await logIn(app, ana.email);
    const got = await openSession(app, { site: 'halden' }, jwt(login.jwt));
    expect(got.user).toEqual({ id: `m_${ana.id}`, name: 'Ana Ferreira', kind: 'member' });
    expect(got.site).toBe('halden');
    expect(got).not.toHaveProperty('visitor');
    const claims = decodeJwt(got.token);
    const theirs = decodeJwt(login.jwt);
    expect(decodeProtectedHeader(got.token)).toMatchObject({ alg: 'ES256', kid: expect.any(String) });
    expect(claims).toMatchObject({
      sub: `m_${ana.id}`,
      site: 'halden',
      org: page,
      kind: 'member',
      sid: theirs.sid,
      until: theirs.exp,
    });
    expect(claims.exp).toBe(Math.min((claims.iat as number) + 3600, theirs.exp as number));
    expect(new Date(got.expiresAt).getTime()).toBe((claims.exp as number) * 1000);
  });

  test('makes an agent of the site an agent, and an admin too', async () => {
    expect((await tokenOf(app, 'halden', gus.email)).user.kind).toBe('agent');
    expect((await tokenOf(app, 'halden', dora.email)).user.kind).toBe('agent');
  });

  test('counts as the cookie at the server’s own origin only', async () => {
    const { cookie } = await logIn(app, ana.email);
    const own = await session({ site: 'halden' }, { origin: serverUrl, headers: { Cookie: cookie } });
    expect(own.body).toMatchObject({ user: { id: `m_${ana.id}` } });
    const foreign = await session({ site: 'halden' }, { origin: page, headers: { Cookie: cookie } });
    expect(foreign.body).toMatchObject({ user: { kind: 'visitor' } });
  });

  test('a cookie that is over makes its owner a visitor', async () => {
    const got = await session({ site: 'halden' }, { origin: serverUrl, headers: { Cookie: 'payload-token=nonsense' } });
    expect(got.body).toMatchObject({ user: { kind: 'visitor' } });
  });

  test('that is bad is 401, whatever stands in the body and the cookie', async () => {
    const { cookie } = await logIn(app, ana.email);
    for (const bad of ['nonsense', 'a.b.c', new UnsecuredJWT({ id: ana.id, collection: 'users' }).encode()]) {
      const got = await session(
        { site: 'halden', identity: await identity('halden') },
        { origin: serverUrl, headers: { Authorization: `JWT ${bad}`, Cookie: cookie } },
      );
      expect(got).toMatchObject({ status: 401, body: { errors: [{ code: 'unauthorized' }] } });
    }
  });

  test('whose Payload session was ended is 401', async () => {
    const login = await logIn(app, ana.email);
    await ask(app, '/api/users/logout', {
      method: 'POST',
      origin: serverUrl,
      headers: { Authorization: `JWT ${login.jwt}` },
    });
    expect((await session({ site: 'halden' }, jwt(login.jwt))).status).toBe(401);
  });

  test('of an account that is not the site’s is 403', async () => {
    const { jwt: token } = await logIn(app, ana.email);
    expect(await session({ site: 'closed' }, { origin: null, ...jwt(token) })).toMatchObject({
      status: 403,
      body: { errors: [{ code: 'forbidden' }] },
    });
    expect((await tokenOf(app, 'closed', gus.email, null)).user.id).toBe(`m_${gus.id}`);
  });

  test('another scheme proves nothing: 401', async () => {
    expect((await session({ site: 'halden' }, { headers: { Authorization: 'Basic YTpi' } })).status).toBe(401);
    expect((await session({ site: 'halden' }, { headers: { Authorization: 'users API-Key abc' } })).status).toBe(401);
  });
});

describe('[Session] a host-signed identity', () => {
  test('makes or refreshes his row; the same sub is the same person, at one site', async () => {
    const first = await openSession(app, {
      site: 'halden',
      identity: await identity('halden', { name: 'Mira', avatar: 'https://img.test/m.png', email: 'mira@example.com' }),
    });
    expect(first.user).toEqual({
      id: expect.stringMatching(/^x_/),
      name: 'Mira',
      kind: 'external',
      avatar: 'https://img.test/m.png',
    });
    const second = await openSession(app, {
      site: 'halden',
      identity: await identity(
        'halden',
        { name: 'Mira K' },
        { kid: 'k2' },
        'the second secret of this site, also long',
      ),
    });
    expect(second.user).toEqual({ id: first.user.id, name: 'Mira K', kind: 'external' });
    const row = await app.payload.findByID({ collection: 'chat-users', id: first.user.id, depth: 0 });
    expect(row).toMatchObject({ name: 'Mira K', kind: 'external', site: 'halden' });
    expect(JSON.stringify(row)).not.toContain('example.com');
  });

  test('shown for the first time on several pages at once makes one row', async () => {
    const proofs = await Promise.all(Array.from({ length: 5 }, () => identity('halden', { sub: 'several pages' })));
    const got = await Promise.all(proofs.map((proof) => session({ site: 'halden', identity: proof })));
    expect(got.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  });

  test('ends with the identity, which no renewal passes', async () => {
    const exp = nowS() + 120;
    const got = await openSession(app, { site: 'halden', identity: await identity('halden', { exp }) });
    expect(decodeJwt(got.token)).toMatchObject({ exp, until: exp });
    const renewed = await openSession(app, { site: 'halden' }, { token: got.token });
    expect(decodeJwt(renewed.token)).toMatchObject({ exp, until: exp });
  });

  test('passes within a skew of 60 s, and lives on by the host’s clock', async () => {
    expect((await session({ site: 'halden', identity: await identity('halden', { iat: nowS() + 50 }) })).status).toBe(
      200,
    );
    const late = await openSession(app, { site: 'halden', identity: await identity('halden', { exp: nowS() - 20 }) });
    expect((await ask(app, '/api/chat/threads', { token: late.token })).status).toBe(200);
    expect((await session({ site: 'halden', identity: await identity('halden', { exp: nowS() + 3650 }) })).status).toBe(
      200,
    );
  });

  const bad: Record<string, () => Promise<string>> = {
    'another secret': () => identity('halden', {}, {}, 'not the secret of this site at all'),
    'an unknown kid': () => identity('halden', {}, { kid: 'k9' }),
    'no kid': () => identity('halden', {}, { kid: undefined }),
    'another issuer': () => identity('closed'),
    'another audience': () => identity('halden', { aud: 'someone-else' }),
    'no audience': () => identity('halden', { aud: undefined }),
    'no sub': () => identity('halden', { sub: undefined }),
    'an empty sub': () => identity('halden', { sub: '' }),
    'a sub that is a number': () => identity('halden', { sub: 7 as never }),
    'no iat': () => identity('halden', { iat: undefined }),
    'an iat of the future': () => identity('halden', { iat: nowS() + 90 }),
    'no exp': () => identity('halden', { exp: undefined }),
    'an exp too far ahead': () => identity('halden', { exp: nowS() + 3700 }),
    'an exp long past': () => identity('halden', { exp: nowS() - 90, iat: nowS() - 600 }),
    'an nbf of the future': () => identity('halden', { nbf: nowS() + 300 }),
    'a name that is a number': () => identity('halden', { name: 5 }),
    'alg none': async () =>
      new UnsecuredJWT({ iss: 'halden', aud: 'payload-chat', sub: 'u', iat: nowS(), exp: nowS() + 60 }).encode(),
    'another HMAC': () => identity('halden', {}, { alg: 'HS512' }, Buffer.from(siteSecret.value.padEnd(64, 'x'))),
    'no JWT': async () => 'nonsense',
  };
  for (const [name, make] of Object.entries(bad)) {
    test(`with ${name} is 401, and no row is made`, async () => {
      const before = await people();
      expect(await session({ site: 'halden', identity: await make() })).toMatchObject({
        status: 401,
        body: { errors: [{ code: 'unauthorized' }] },
      });
      expect(await people()).toBe(before);
    });
  }
});

describe('[Session] a visitor', () => {
  test('needs nothing, gets a handle, and no row', async () => {
    const before = await people();
    const first = await openSession(app, { site: 'halden' });
    expect(first.user).toEqual({ id: expect.stringMatching(/^v_/), name: 'Visitor', kind: 'visitor' });
    expect(first.visitor).toEqual(expect.any(String));
    const again = await openSession(app, { site: 'halden', visitor: first.visitor });
    expect(again.user).toEqual(first.user);
    expect(again.visitor).toBe(first.visitor);
    expect(decodeJwt(again.token).sid).not.toBe(decodeJwt(first.token).sid);
    expect((decodeJwt(first.token).until as number) - nowS()).toBeGreaterThan(30 * 86_400 - 10);
    expect(await people()).toBe(before);
  });

  test('with a handle that is forged or another site’s is 401', async () => {
    await site(app.payload, 'other');
    const { visitor = '' } = await openSession(app, { site: 'other' });
    const forged = `${visitor.split('.')[0]}.${createHmac('sha256', 'x').update('y').digest('base64url')}`;
    for (const handle of [visitor, forged, 'nonsense', '.', '.x'])
      expect((await session({ site: 'halden', visitor: handle })).status).toBe(401);
  });

  test('is not renewed where the site takes none any more', async () => {
    await site(app.payload, 'brief');
    const { token } = await openSession(app, { site: 'brief' });
    await app.payload.update({ collection: 'sites', id: 'brief', data: { visitors: false } });
    expect((await session({ site: 'brief' }, { token })).status).toBe(403);
  });

  test('is refused where the site takes none', async () => {
    expect(await session({ site: 'closed' }, { origin: null })).toMatchObject({
      status: 403,
      body: { errors: [{ code: 'forbidden' }] },
    });
  });
});

describe('[Session] a guest', () => {
  test('reads a public room; all guests of one page share a session', async () => {
    const [one, two] = await Promise.all([
      openSession(app, { site: 'halden', room: 'lobby' }),
      openSession(app, { site: 'halden', room: 'lobby' }),
    ]);
    expect(one.user).toMatchObject({ kind: 'guest' });
    expect(decodeJwt(one.token).sid).toBe(decodeJwt(two.token).sid);
    expect(one.user.id).toBe(two.user.id);
    const elsewhere = await openSession(app, { site: 'halden', room: 'lobby' }, { origin: null });
    expect(decodeJwt(elsewhere.token).sid).not.toBe(decodeJwt(one.token).sid);
  });

  test('of a private or unknown room is 404, alike to the byte', async () => {
    const bodies = await Promise.all(
      ['staff', 'nowhere', 'x'.repeat(128)].map(async (name) => {
        const response = await ask(app, '/api/chat/session', { body: { site: 'halden', room: name } });
        expect(response.status).toBe(404);
        return response.text();
      }),
    );
    expect(new Set(bodies).size).toBe(1);
  });

  test('can’t log out, and ends nobody by trying', async () => {
    const { token } = await openSession(app, { site: 'halden', room: 'lobby' });
    expect((await ask(app, '/api/chat/logout', { method: 'POST', token })).status).toBe(403);
    expect((await ask(app, '/api/chat/threads', { token })).status).toBe(200);
  });
});

describe('[Session] renewal', () => {
  test('keeps who, where and until when', async () => {
    const first = await openSession(app, { site: 'halden' });
    const second = await openSession(app, { site: 'halden' }, { token: first.token });
    const { iat: _i, exp: _e, ...kept } = decodeJwt(first.token);
    expect(decodeJwt(second.token)).toMatchObject(kept);
    expect(second.user).toEqual(first.user);
  });

  test('without an Origin keeps the page that the token is for', async () => {
    const first = await openSession(app, { site: 'halden' });
    const second = await openSession(app, { site: 'halden' }, { token: first.token, origin: null });
    expect(decodeJwt(second.token).org).toBe(page);
  });

  test('of a revoked session, from another page, or for another site is 401', async () => {
    const { token } = await openSession(app, { site: 'halden' });
    expect((await session({ site: 'other' }, { token })).status).toBe(401);
    await app.payload.update({ collection: 'sites', id: 'halden', data: { origins: [page, 'https://two.test'] } });
    expect((await session({ site: 'halden' }, { token, origin: 'https://two.test' })).status).toBe(401);
    expect((await ask(app, '/api/chat/logout', { method: 'POST', token })).status).toBe(200);
    expect((await session({ site: 'halden' }, { token })).status).toBe(401);
  });
});

describe('[Session] the request', () => {
  test('two proofs in one body are 400 with a fault for each', async () => {
    const got = await session({ site: 'halden', visitor: 'x', room: 'lobby' });
    expect(got).toMatchObject({
      status: 400,
      body: {
        errors: [
          { code: 'invalid', field: 'visitor' },
          { code: 'invalid', field: 'room' },
        ],
      },
    });
  });

  test('an unknown site is 404 unknown-site, a foreign page 403 origin-not-allowed', async () => {
    expect(await session({ site: 'nobody' })).toMatchObject({
      status: 404,
      body: { errors: [{ code: 'unknown-site' }] },
    });
    for (const origin of ['https://evil.test', 'null', 'https://page.test:444'])
      expect(await session({ site: 'halden' }, { origin })).toMatchObject({
        status: 403,
        body: { errors: [{ code: 'origin-not-allowed' }] },
      });
  });

  test('shape comes first: 400 with every fault', async () => {
    expect(await session({})).toMatchObject({ status: 400, body: { errors: [{ code: 'invalid', field: 'site' }] } });
    expect(await session({ site: 5, room: [], identity: 7 })).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'site' }, { field: 'identity' }, { field: 'room' }] },
    });
    for (const body of ['{', '', '[1', 'null', '"x"', '\u00ff']) expect((await session(body)).status).toBe(400);
    expect((await session({ site: 'hal\u0000den' })).status).toBe(400);
  });

  test('a body above 64 KiB is 413, broken UTF-8 and other content types 400', async () => {
    expect((await session({ site: 'halden', identity: 'x'.repeat(70_000) })).status).toBe(413);
    const bytes = Buffer.concat([Buffer.from('{"site":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]);
    const broken = await app.fetch('/api/chat/session', {
      method: 'POST',
      body: bytes,
      headers: { 'Content-Type': 'application/json' },
    });
    expect(broken.status).toBe(400);
    expect(
      (await ask(app, '/api/chat/session', { body: { site: 'halden' }, headers: { 'Content-Type': 'text/plain' } }))
        .status,
    ).toBe(400);
  });

  test('the server’s own origin always gets a session', async () => {
    expect((await session({ site: 'halden' }, { origin: serverUrl })).status).toBe(200);
  });

  test('a token made without an Origin is refused from any page; one of a page passes without', async () => {
    const bare = await openSession(app, { site: 'halden' }, { origin: null });
    const paged = await openSession(app, { site: 'halden' });
    const status = async (token: string, origin: string | null) =>
      (await ask(app, '/api/chat/threads', { token, origin })).status;
    expect(await status(bare.token, null)).toBe(200);
    expect(await status(bare.token, page)).toBe(401);
    expect(await status(paged.token, null)).toBe(200);
    expect(await status(paged.token, 'https://two.test')).toBe(401);
  });
});

describe('[Session] a token', () => {
  let good: Session;
  beforeAll(async () => {
    good = await openSession(app, { site: 'halden' });
  });
  const refused = async (token: string) => {
    for (const path of ['/api/chat/threads', '/api/messages/sse', '/api/messages']) {
      const response = await ask(app, path, { token });
      expect([path, response.status]).toEqual([path, 401]);
    }
  };

  test('is refused where it is forged', async () => {
    const claims = decodeJwt(good.token);
    const { kid } = decodeProtectedHeader(good.token);
    const jwks = (await (await ask(app, '/api/chat/jwks')).json()) as { keys: Array<Record<string, string>> };
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const [head, , signature] = good.token.split('.');
    const forged = [
      new UnsecuredJWT(claims).setIssuer('payload-chat').encode(),
      `${Buffer.from(JSON.stringify({ alg: 'none', kid })).toString('base64url')}.${good.token.split('.')[1]}.`,
      // The public key as an HMAC secret.
      await new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256', kid: kid as string })
        .sign(Buffer.from(JSON.stringify(jwks.keys[0]))),
      await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: kid as string }).sign(other),
      await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'another' }).sign(other),
      await new SignJWT(claims).setProtectedHeader({ alg: 'ES256' }).sign(other),
      `${head}.${Buffer.from(JSON.stringify({ ...claims, kind: 'agent' })).toString('base64url')}.${signature}`,
      `${good.token}x`,
      'nonsense',
      'x'.repeat(10_000),
    ];
    for (const token of forged) await refused(token);
  });

  test('is refused when it has expired, or its site is gone', async () => {
    const { iss: _, ...claims } = decodeJwt(good.token) as never as Record<string, never>;
    await refused(await signToken(app.payload, { ...claims, iat: nowS() - 100, exp: nowS() - 1 } as never));
    await refused(await signToken(app.payload, { ...claims, site: 'gone' } as never));
    await refused(await signToken(app.payload, { ...claims, sub: undefined } as never));
  });

  test('a bad Bearer never falls back to a cookie, however its scheme is written', async () => {
    const { cookie } = await logIn(app, dora.email);
    for (const Authorization of ['Bearer nonsense', 'bearer nonsense', 'BEARER  x', 'Bearer', 'Bearer '])
      for (const path of ['/api/messages', '/api/chat/threads', '/api/threads']) {
        const headers = { Cookie: cookie, Authorization };
        const { status } = await ask(app, path, { origin: serverUrl, headers });
        expect([Authorization, path, status]).toEqual([Authorization, path, 401]);
      }
  });

  test('[S9] never makes its owner an account: it creates and reads nothing of the host’s', async () => {
    const agent = await tokenOf(app, 'halden', gus.email);
    for (const { token } of [good, agent]) {
      const before = await app.payload.count({ collection: 'users' });
      const made = await ask(app, '/api/users', {
        token,
        body: { email: 'x@example.com', password: 'x', name: 'X', role: 'admin' },
      });
      expect([401, 403]).toContain(made.status);
      expect(await app.payload.count({ collection: 'users' })).toEqual(before);
      for (const path of [
        '/api/users',
        '/api/sites',
        '/api/chat-users',
        '/api/payload-preferences',
        '/api/payload-migrations',
      ])
        expect([path, (await ask(app, path, { token })).status >= 401]).toEqual([path, true]);
      const me = await answer(ask(app, '/api/users/me', { token }));
      expect(me.body.user ?? null).toBeNull();
    }
  });

  test('a ticket opens streams only, for 60 s', async () => {
    const { body } = await answer(ask(app, '/api/chat/ticket', { method: 'POST', token: good.token }));
    const ticket = body.ticket as string;
    expect(decodeJwt(ticket)).toMatchObject({
      use: 'ticket',
      ends: decodeJwt(good.token).exp,
      sid: decodeJwt(good.token).sid,
    });
    expect((decodeJwt(ticket).exp as number) - nowS()).toBeLessThanOrEqual(60);
    await refused(ticket);
    expect((await session({ site: 'halden' }, { token: ticket })).status).toBe(401);
    expect((await ask(app, '/api/chat/ticket', { method: 'POST', token: ticket })).status).toBe(401);
    expect((await ask(app, `/api/chat/threads?ticket=${ticket}`)).status).toBe(401);
    const stream = await ask(app, `/api/messages/sse?ticket=${ticket}`);
    expect(stream.status).toBe(200);
    await stream.body?.cancel();
    // A token is not a ticket.
    expect((await ask(app, `/api/messages/sse?ticket=${good.token}`)).status).toBe(401);
  });
});

describe('[Session] the end', () => {
  test('Payload’s own logout ends a member’s chat session', async () => {
    const login = await logIn(app, ana.email);
    const { token } = await openSession(app, { site: 'halden' }, jwt(login.jwt));
    await ask(app, '/api/users/logout', {
      method: 'POST',
      origin: serverUrl,
      headers: { Authorization: `JWT ${login.jwt}` },
    });
    expect((await ask(app, '/api/chat/threads', { token })).status).toBe(401);
    const [ended] = await queryOf(app.payload)<{ type: string; topics: string[]; payload: unknown }>(
      `select type, topics, payload from chat.events where site = 'halden' and type = 'session.ended' order by pos desc limit 1`,
    );
    const { sid } = decodeJwt(token);
    expect(ended).toEqual({ type: 'session.ended', topics: [`session:${sid}`], payload: { session: { sid } } });
  });

  test('a chat logout ends a member’s session at that site; his login opens none there until he logs in anew', async () => {
    const { jwt: login, cookie } = await logIn(app, gus.email);
    const here = await openSession(app, { site: 'halden' }, jwt(login));
    const there = await openSession(app, { site: 'closed' }, { origin: null, ...jwt(login) });
    expect((await ask(app, '/api/chat/logout', { method: 'POST', token: here.token })).status).toBe(200);
    expect((await session({ site: 'halden' }, jwt(login))).status).toBe(401);
    const byCookie = await session({ site: 'halden' }, { origin: serverUrl, headers: { Cookie: cookie } });
    expect(byCookie.body).toMatchObject({ user: { kind: 'visitor' } });
    expect((await ask(app, '/api/chat/threads', { token: there.token, origin: null })).status).toBe(200);
    expect((await tokenOf(app, 'halden', gus.email)).user.id).toBe(`m_${gus.id}`);
  });

  test('Payload’s logout from all sessions ends all of them, at every site', async () => {
    const [one, two] = [await logIn(app, gus.email), await logIn(app, gus.email)];
    const tokens = await Promise.all([
      openSession(app, { site: 'halden' }, { origin: null, ...jwt(one.jwt) }),
      openSession(app, { site: 'closed' }, { origin: null, ...jwt(one.jwt) }),
      openSession(app, { site: 'halden' }, { origin: null, ...jwt(two.jwt) }),
    ]);
    await ask(app, '/api/users/logout?allSessions=true', { method: 'POST', origin: null, ...jwt(one.jwt) });
    for (const { token } of tokens)
      expect((await ask(app, '/api/chat/threads', { token, origin: null })).status).toBe(401);
  });

  test('an agent who is none any more loses the token that says so', async () => {
    const agent = await account(app.payload, 'Short Agent', 'agent');
    await site(app.payload, 'staffed', { agents: [gus.id, agent.id] });
    const [stays, goes] = await Promise.all([tokenOf(app, 'staffed', gus.email), tokenOf(app, 'staffed', agent.email)]);
    expect(goes.user.kind).toBe('agent');
    await app.payload.update({ collection: 'sites', id: 'staffed', data: { agents: [gus.id] } });
    const status = async ({ token }: Session) => (await ask(app, '/api/chat/threads', { token })).status;
    expect([await status(stays), await status(goes)]).toEqual([200, 401]);
    expect((await tokenOf(app, 'staffed', agent.email)).user.kind).toBe('member');
  });

  test('an account that is deleted, or an admin no more, loses its sessions at every site', async () => {
    const [gone, less] = [await account(app.payload, 'Gone Soon'), await account(app.payload, 'Less Soon', 'admin')];
    await site(app.payload, 'elsewhere', { members: [gus.id] });
    const [one, two, there] = await Promise.all([
      tokenOf(app, 'halden', gone.email),
      tokenOf(app, 'halden', less.email),
      tokenOf(app, 'elsewhere', less.email),
    ]);
    const stream = await readStream(ask(app, '/api/messages/sse', { token: one.token }));
    await app.payload.delete({ collection: 'users', id: gone.id });
    await app.payload.update({ collection: 'users', id: less.id, data: { role: 'member' } });
    for (const { token } of [one, two, there])
      expect((await ask(app, '/api/chat/threads', { token })).status).toBe(401);
    expect((await stream.until('bye', ({ event }) => event === 'bye')).data).toMatchObject({ reason: 'revoked' });
    // Who is still somebody comes back as what he is, at once.
    const back = await tokenOf(app, 'halden', less.email);
    expect(back.user.kind).toBe('member');
    expect((await ask(app, '/api/chat/threads', { token: back.token })).status).toBe(200);
    expect((await answer(ask(app, '/api/chat/session', { token: back.token, body: { site: 'halden' } }))).status).toBe(
      200,
    );
  });

  test('a list of members that is made shorter, or made at all, ends the sessions of those it leaves out', async () => {
    const [stays, goes] = [await account(app.payload, 'Stays'), await account(app.payload, 'Goes')];
    await site(app.payload, 'narrow');
    const [one, two] = await Promise.all([stays, goes].map(({ email }) => tokenOf(app, 'narrow', email)));
    const status = async (session?: Session) =>
      (await ask(app, '/api/chat/threads', { token: session?.token ?? '' })).status;
    await app.payload.update({ collection: 'sites', id: 'narrow', data: { members: [stays.id, gus.id] } });
    expect([await status(one), await status(two)]).toEqual([200, 401]);
    await app.payload.update({ collection: 'sites', id: 'narrow', data: { members: [gus.id] } });
    expect(await status(one)).toBe(401);
  });

  test('accounts that a site stops to take lose their sessions; its agents stay', async () => {
    const gone = await account(app.payload, 'Gone With All');
    await site(app.payload, 'inner', { agents: [gus.id] });
    const [agent, member] = await Promise.all([gus, gone].map(({ email }) => tokenOf(app, 'inner', email)));
    await app.payload.update({ collection: 'sites', id: 'inner', data: { accounts: false, guests: false } });
    const status = async (held?: Session) => (await ask(app, '/api/chat/threads', { token: held?.token ?? '' })).status;
    expect([await status(agent), await status(member)]).toEqual([200, 401]);
    const login = await logIn(app, gone.email);
    expect((await session({ site: 'inner' }, jwt(login.jwt))).status).toBe(403);
    const direct = await ask(app, '/api/chat/threads?site=inner', { headers: { Authorization: `JWT ${login.jwt}` } });
    expect(direct.status).toBe(403);
    expect((await tokenOf(app, 'inner', gus.email)).user.kind).toBe('agent');
    await room(app.payload, 'inner', 'lobby');
    expect((await session({ site: 'inner', room: 'lobby' })).status).toBe(403);
  });

  test('a process that has not heard of the end yet renews nothing that outlives it', async () => {
    const other = await startApp({ databaseUrl: app.databaseUrl });
    const who = await account(app.payload, 'Renews');
    const first = await tokenOf(app, 'halden', who.email);
    expect((await ask(other, '/api/chat/threads', { token: first.token })).status).toBe(200);
    await app.payload.delete({ collection: 'users', id: who.id });
    const renewed = await answer(ask(other, '/api/chat/session', { token: first.token, body: { site: 'halden' } }));
    const token = renewed.status === 200 ? (renewed.body.token as string) : first.token;
    for (const each of [app, other])
      await until('the end is known', async () => (await ask(each, '/api/chat/threads', { token })).status === 401);
    await other.close();
  });

  test('twice is one event', async () => {
    const { token } = await openSession(app, { site: 'halden' });
    const { sid } = decodeJwt(token);
    await ask(app, '/api/chat/logout', { method: 'POST', token });
    expect((await ask(app, '/api/chat/logout', { method: 'POST', token })).status).toBe(401);
    const rows = await queryOf(app.payload)(`select 1 from chat.events where $1 = any(topics)`, [`session:${sid}`]);
    expect(rows).toHaveLength(1);
  });
});
