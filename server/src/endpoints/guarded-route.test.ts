import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type App, account, localReq, memberCaller, room, site, startApp } from '../../test/app.ts';
import { answer, ask, logIn, openSession, page, readStream } from '../../test/wire.ts';
import { post } from '../messages/post.ts';
import { guarded } from './guarded-route.ts';

let app: App;
let admin: string;
const shop = 'https://shop.test';

beforeAll(async () => {
  app = await startApp({ corsOrigins: [shop] }, { streams: { ofUser: 2, ofAddress: 3 } });
  const ana = await account(app.payload, 'Ana');
  await account(app.payload, 'Boss', 'admin');
  const halden = await site(app.payload, 'halden');
  await room(app.payload, 'halden', 'lobby');
  await post(await localReq(app.payload), await memberCaller(app.payload, halden, ana), {
    room: 'lobby',
    content: 'x',
  });
  admin = (await logIn(app, 'boss@example.com')).jwt;
});
afterAll(() => app?.close());

const megabytes = (count: number) => JSON.stringify({ email: 'x'.repeat(count * 1024 * 1024), password: 'x' });

describe('a body', () => {
  test.each([
    ['POST', '/api/users/login', {}],
    ['POST', '/api/sites', {}],
    ['PATCH', '/api/sites/halden', {}],
    ['POST', '/api/messages', { 'X-Payload-HTTP-Method-Override': 'GET' }],
    ['POST', '/api/payload-preferences/any', {}],
    ['PUT', '/api/nothing', {}],
  ])('above 1 MiB is 413 at %s %s, whoever asks, and unread', async (method, path, headers) => {
    const { status, body } = await answer(ask(app, path, { method, body: megabytes(2), headers, origin: null }));
    expect({ status, body }).toMatchObject({ status: 413, body: { errors: [{ code: 'too-large' }] } });
  });

  test('that never says its length is read no further than that', async () => {
    let given = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        given += 65_536;
        controller.enqueue(new Uint8Array(65_536));
      },
    });
    const headers = { 'Content-Type': 'application/json' };
    const init = { method: 'POST', body: endless, duplex: 'half', headers } as RequestInit;
    expect((await app.fetch('/api/users/login', init)).status).toBe(413);
    expect(given).toBeLessThan(2 * 1024 * 1024);
  });

  test('a host’s uploads may be larger, where it says so', async () => {
    const route = guarded(async (request) => Response.json({ bytes: (await request.text()).length }), {
      maxBytes: 3 * 1024 * 1024,
    });
    const request = new Request('http://host.test/api/media', { method: 'POST', body: megabytes(2) });
    expect((await (await route(request)).json()).bytes).toBeGreaterThan(2 * 1024 * 1024);
  });

  test('that calls itself a form and is none is 400 at Payload’s own paths', async () => {
    for (const path of ['/api/users/login', '/api/sites', '/api/threads/access/x'])
      for (const type of ['multipart/form-data; boundary=x', 'multipart/form-data', 'multipart/mixed'])
        expect((await ask(app, path, { origin: null, body: '{}', headers: { 'Content-Type': type } })).status).toBe(
          400,
        );
  });

  test('with U+0000 in it is 400 at Payload’s own paths, and a path with one is 404', async () => {
    const nul = { email: 'a\0b', password: 'x', name: '\0' };
    expect((await ask(app, '/api/users/login', { origin: null, body: nul })).status).toBe(400);
    expect((await ask(app, '/api/users?where[email][equals]=%00', { origin: null })).status).toBe(400);
    expect((await ask(app, '/api/threads/%00', { origin: null })).status).toBe(404);
  });

  test('is 400 beside a where that is no JSON, at every collection', async () => {
    for (const path of ['/api/messages', '/api/users', '/api/sites/count'])
      for (const where of ['x', '*', '%00', '{'])
        expect((await ask(app, `${path}?where=${where}`, { origin: null })).status).toBe(400);
    expect((await ask(app, '/api/messages?where={}', { origin: null })).status).toBe(403);
  });

  test('under an overridden method that is no JSON is 400, not a fault of ours', async () => {
    for (const broken of ['{', '"\ud800', ''])
      expect(
        (await ask(app, '/api/messages', { body: broken, headers: { 'X-HTTP-Method-Override': 'GET' } })).status,
      ).toBe(400);
  });

  test.each(['"text"', '1', 'null', '[]'])(
    'under an overridden method, with a where that is %s, is 400',
    async (where) => {
      const headers = { 'X-HTTP-Method-Override': 'GET', 'Content-Type': 'application/json' };
      for (const path of ['/api/users/1', '/api/users/refresh-token', '/api/messages'])
        expect((await ask(app, path, { body: `{"where":${where}}`, headers, origin: null })).status, path).toBe(400);
    },
  );
});

describe('headers', () => {
  test('every answer of the API is data: not sniffed, not framed, not another page’s picture', async () => {
    const paths = [
      '/api/chat/health',
      '/api/chat/jwks',
      '/api/chat/threads',
      '/api/messages',
      '/api/nothing',
      '/api/og',
    ];
    for (const path of paths) {
      const { headers } = await ask(app, path);
      expect(Object.fromEntries(headers), path).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      });
    }
    const stream = await openStream();
    expect(stream.response.headers.get('X-Content-Type-Options')).toBe('nosniff');
    stream.close();
  });

  test('no answer lets a page send cookies, and none is for any page', async () => {
    for (const origin of [page, shop, 'https://evil.test', 'null'])
      for (const [path, method] of [
        ['/api/users/login', 'OPTIONS'],
        ['/api/users/me', 'GET'],
        ['/api/messages', 'GET'],
        ['/api/chat/session', 'OPTIONS'],
        ['/api/chat/session', 'POST'],
        ['/api/nothing', 'GET'],
      ] as const) {
        const { headers } = await ask(app, path, { origin, method });
        expect(headers.has('Access-Control-Allow-Credentials'), `${method} ${path} from ${origin}`).toBe(false);
        expect(headers.get('Access-Control-Allow-Origin')).not.toBe('*');
        // Payload's own paths: only for the origins that the owner named.
        if (!path.startsWith('/api/chat/') && path !== '/api/messages')
          expect(headers.get('Access-Control-Allow-Origin')).toBe(origin === shop ? shop : null);
      }
  });
});

let visitor: string | undefined;
const openStream = async () => {
  visitor ??= (await openSession(app, { site: 'halden' })).token;
  return readStream(ask(app, '/api/messages/sse', { token: visitor }));
};

describe('streams', () => {
  test('one person holds so many at once, is told when to come again, and a closed one makes room', async () => {
    const [first, second] = [await openStream(), await openStream()];
    const third = await ask(app, '/api/messages/sse', { token: visitor });
    expect([third.status, Number(third.headers.get('Retry-After'))]).toEqual([429, 5]);
    first.close();
    await expect
      .poll(async () => {
        const again = await openStream();
        again.close();
        return again.response.status;
      })
      .toBe(200);
    second.close();
  });

  test('one address holds so many under whatever names, where somebody vouches for it', async () => {
    const from = (client: string) => ({ 'X-Chat-Edge': 'edge-key-of-the-tests', 'X-Chat-Client': client });
    const open = async (client: string) => {
      const { token } = await openSession(app, { site: 'halden' });
      return readStream(ask(app, '/api/messages/sse', { token, headers: from(client) }));
    };
    const held = [await open('2001:db8:1:2::1'), await open('2001:db8:1:2:ffff::2'), await open('2001:db8:1:2::3')];
    const refused = await open('2001:db8:1:2::4');
    expect(refused.response.status).toBe(429);
    const other = await open('2001:db8:1:3::4');
    expect(other.response.status).toBe(200);
    // His own word counts for nothing.
    const { token } = await openSession(app, { site: 'halden' });
    const said = await ask(app, '/api/messages/sse', { token, headers: { 'X-Forwarded-For': '2001:db8:1:2::1' } });
    expect(said.status).toBe(200);
    await said.body?.cancel();
    for (const stream of [...held, other]) stream.close();
  });
});

describe('limits', () => {
  const tight = { count: 2, perS: 30 };

  test('one site’s sessions and messages end before the other’s', async () => {
    const small = await startApp(
      { databaseUrl: app.databaseUrl },
      { limits: { sessionsOfSite: tight, sendsOfSite: tight } },
    );
    try {
      await site(small.payload, 'other');
      await room(small.payload, 'other', 'lobby');
      const asked = (at: string) => ask(small, '/api/chat/session', { body: { site: at } });
      const [one, two, three, elsewhere] = [
        await asked('halden'),
        await asked('halden'),
        await asked('halden'),
        await asked('other'),
      ];
      expect([one.status, two.status, three.status, elsewhere.status]).toEqual([200, 200, 429, 200]);
      expect(Number(three.headers.get('Retry-After'))).toBeGreaterThan(0);
      const say = async (session: Response) => {
        const { token } = (await session.clone().json()) as { token: string };
        return ask(small, '/api/messages', { token, body: { room: 'lobby', content: 'x' } });
      };
      const sent = [await say(one), await say(two), await say(one), await say(elsewhere)];
      expect(sent.map(({ status }) => status)).toEqual([201, 201, 429, 201]);
      expect(Number(sent[2]?.headers.get('Retry-After'))).toBeGreaterThan(0);
    } finally {
      await small.close();
    }
  });

  test('reads of one person, and logins of one address, are limited too', async () => {
    const small = await startApp(
      { databaseUrl: app.databaseUrl, trustedHops: 1 },
      { limits: { reads: tight, logins: tight } },
    );
    try {
      const { token } = await openSession(small, { site: 'halden' });
      const reads = [1, 2, 3].map(() => ask(small, '/api/chat/threads', { token }));
      expect((await Promise.all(reads)).map(({ status }) => status).sort()).toEqual([200, 200, 429]);
      const attempt = (who: string) =>
        ask(small, '/api/users/login', {
          body: { email: `${who}@example.com`, password: 'guessed' },
          origin: null,
          headers: { 'X-Forwarded-For': '6.6.6.6, 203.0.113.9' },
        });
      const attempts = [await attempt('ana'), await attempt('boss'), await attempt('third')];
      expect(attempts.map(({ status }) => status)).toEqual([401, 401, 429]);
      expect(Number(attempts[2]?.headers.get('Retry-After'))).toBeGreaterThan(0);
      expect(await attempts[2]?.json()).toMatchObject({ errors: [{ code: 'rate-limited' }] });
    } finally {
      await small.close();
    }
  });
});

test('an admin saves a site as ever', async () => {
  const { status } = await ask(app, '/api/sites/halden', {
    method: 'PATCH',
    origin: null,
    headers: { Authorization: `JWT ${admin}` },
    body: { name: 'Halden' },
  });
  expect(status).toBe(200);
});
