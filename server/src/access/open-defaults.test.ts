/** Payload's defaults that are open to the public, one by one: in the ready app, and in a host that wrote no rule. */
import { postgresAdapter } from '@payloadcms/db-postgres';
import { GRAPHQL_PLAYGROUND_GET } from '@payloadcms/next/routes';
import { buildConfig, getPayload, type SanitizedConfig } from 'payload';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type App, account, newDatabase, password, serverUrl, site, startApp } from '../../test/app.ts';
import { startPlainHost } from '../../test/plain-host.ts';
import { answer, ask, page } from '../../test/wire.ts';
import { chat } from '../index.ts';

const houses: Record<string, { app: App; config: SanitizedConfig }> = {};
const warned: string[] = [];

beforeAll(async () => {
  const app = await startApp();
  houses['the ready app'] = { app, config: app.payload.config };
  houses['a plain host'] = await startPlainHost('plain host', {
    admins: ({ role }) => role === 'admin',
    accountFields: ['role'],
  });
  for (const { app: each } of Object.values(houses)) {
    const agent = await account(each.payload, 'Maya', 'agent');
    await account(each.payload, 'Ana');
    await account(each.payload, 'Boss', 'admin');
    await site(each.payload, 'halden', { agents: [agent.id] });
  }
});
afterAll(async () => {
  for (const { app } of Object.values(houses)) await app.close();
  vi.unstubAllEnvs();
});

describe.each(['the ready app', 'a plain host'])('in %s', (name) => {
  const house = () => houses[name] as { app: App; config: SanitizedConfig };
  const as = async (who: string) => {
    const { body } = await answer(
      ask(house().app, '/api/users/login', { origin: null, body: { email: `${who}@example.com`, password } }),
    );
    return { Authorization: `JWT ${body.token}` };
  };

  test('nobody registers as the first user after the first', async () => {
    const { status } = await ask(house().app, '/api/users/first-register', {
      body: { email: 'evil@example.com', password: 'evil evil evil', name: 'Evil', role: 'admin' },
    });
    expect(status).toBe(403);
    expect((await house().app.payload.count({ collection: 'users' })).totalDocs).toBe(3);
  });

  test('the login cookie is taken from no foreign page', async () => {
    const { Authorization } = await as('boss');
    const headers = { Cookie: `payload-token=${Authorization.slice(4)}` };
    for (const [origin, sees] of [
      [page, false],
      ['https://evil.test', false],
      ['null', false],
      [serverUrl, true],
    ] as const) {
      const { body } = await answer(ask(house().app, '/api/users/me', { origin, headers }));
      expect([origin, body.user !== null && body.user !== undefined]).toEqual([origin, sees]);
    }
    const linked = await answer(
      ask(house().app, '/api/users/me', { origin: null, headers: { ...headers, 'Sec-Fetch-Site': 'cross-site' } }),
    );
    expect(linked.body.user ?? null).toBeNull();
  });

  test('no foreign page reads Payload’s own answers', async () => {
    for (const path of ['/api/users/me', '/api/sites', '/api/users/login']) {
      const { headers } = await ask(house().app, path, { origin: 'https://evil.test' });
      expect([path, headers.get('Access-Control-Allow-Origin')]).toEqual([path, null]);
      expect(headers.get('Access-Control-Allow-Credentials')).toBeNull();
    }
  });

  test('a member sees and changes no account but his own, and makes and unlocks none', async () => {
    const headers = await as('ana');
    const listed = await answer(ask(house().app, '/api/users?depth=0', { origin: null, headers }));
    expect((listed.body.docs as Array<{ email: string }>).map(({ email }) => email)).toEqual(['ana@example.com']);
    const { docs } = await house().app.payload.find({
      collection: 'users',
      where: { email: { equals: 'boss@example.com' } },
    });
    const boss = docs[0]?.id;
    for (const [method, path, body] of [
      ['GET', `/api/users/${boss}`],
      ['PATCH', `/api/users/${boss}`, { name: 'x' }],
      ['DELETE', `/api/users/${boss}`],
      ['POST', '/api/users', { email: 'more@example.com', password: 'more more', name: 'More' }],
      ['POST', '/api/users/unlock', { email: 'boss@example.com' }],
    ] as const) {
      const { status } = await ask(house().app, path, { method, origin: null, headers, ...(body ? { body } : {}) });
      expect([method, path, status]).toEqual([
        method,
        path,
        expect.toSatisfy((code: number) => code === 403 || code === 404),
      ]);
    }
    expect((await answer(ask(house().app, '/api/users', { origin: null }))).status).toBe(403);
    expect(
      (
        (await answer(ask(house().app, '/api/users', { origin: null, headers: await as('boss') }))).body
          .docs as unknown[]
      ).length,
    ).toBe(3);
  });

  test('the panel is for agents and admins', async () => {
    for (const [who, admitted] of [
      ['ana', false],
      ['maya', true],
      ['boss', true],
    ] as const) {
      const { body } = await answer(ask(house().app, '/api/access', { origin: null, headers: await as(who) }));
      expect([who, body.canAccessAdmin === true]).toEqual([who, admitted]);
    }
    const { body } = await answer(ask(house().app, '/api/access', { origin: null }));
    expect(body.canAccessAdmin ?? false).toBe(false);
  });

  test('a forgotten password and a failed login say of nobody whether he is here', async () => {
    const said = async (path: string, body: object) => {
      const { status, body: answered } = await answer(ask(house().app, path, { origin: null, body }));
      return JSON.stringify([status, answered]);
    };
    const forgot = (email: string) => said('/api/users/forgot-password', { email });
    expect(await forgot('ana@example.com')).toBe(await forgot('nobody@example.com'));
    const login = (email: string) => said('/api/users/login', { email, password: 'wrong wrong' });
    expect(await login('ana@example.com')).toBe(await login('nobody@example.com'));
  });

  test('an error shows no stack, no SQL and no table', async () => {
    const { app } = house();
    const failing = vi
      .spyOn(app.payload.db, 'find')
      .mockRejectedValue(new Error('select secret_column from secret_table'));
    const responses = [
      await ask(app, '/api/sites', { origin: null, headers: await as('boss') }),
      await ask(app, '/api/chat/session', { body: { site: 'unheard-of' } }),
    ];
    failing.mockRestore();
    for (const response of responses) {
      expect(response.status).toBe(500);
      expect(await response.text()).not.toMatch(/secret_|stack|\.ts|\.js|select/);
    }
  });

  test('GraphQL has no playground in production, and no introspection', async () => {
    const { config } = house();
    // Its handler makes a Payload of its own, which is to begin as a test's.
    const own = await getPayload({ config });
    vi.stubEnv('NODE_ENV', 'production');
    const playground = await GRAPHQL_PLAYGROUND_GET(Promise.resolve(config))(
      new Request(`${serverUrl}/api/graphql-playground`) as never,
    );
    expect(playground.status).toBe(404);
    expect(config.graphQL.disable || config.graphQL.disableIntrospectionInProduction).toBe(true);
    vi.unstubAllEnvs();
    await own.destroy();
  });
});

test('a host that gives no address of its own is warned that its cookie is taken from any page', async () => {
  const config = await buildConfig({
    secret: 'a host of the tests',
    collections: [{ slug: 'users', auth: true, fields: [] }],
    db: postgresAdapter({ pool: { connectionString: await newDatabase() } }),
    plugins: [chat()],
    logger: { options: {}, destination: { write: (line: string) => void warned.push(line) } },
    telemetry: false,
    typescript: { autoGenerate: false },
  });
  const payload = await getPayload({ config, key: 'addressless' });
  expect(warned.join()).toContain('set serverURL, or csrf');
  await payload.destroy();
});
