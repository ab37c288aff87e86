import { postgresAdapter } from '@payloadcms/db-postgres';
import { buildConfig, getPayload, handleEndpoints, type Payload, type SanitizedConfig } from 'payload';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, edgeKey, newDatabase, password, room, serverUrl, site } from '../../test/app.ts';
import { ask, openSession, tokenOf } from '../../test/wire.ts';
import { chat } from '../index.ts';

/** A host that has written no access rule at all: any logged-in account of any auth collection may do everything. */
let app: App;
let config: SanitizedConfig;
let payload: Payload;

beforeAll(async () => {
  const databaseUrl = await newDatabase();
  config = await buildConfig({
    secret: 'a host of the tests',
    serverURL: serverUrl,
    collections: [
      { slug: 'users', auth: true, fields: [{ name: 'name', type: 'text' }] },
      { slug: 'posts', fields: [{ name: 'title', type: 'text' }] },
    ],
    db: postgresAdapter({ pool: { connectionString: databaseUrl } }),
    plugins: [chat({ edgeKeys: [edgeKey] })],
    telemetry: false,
    typescript: { autoGenerate: false },
  });
  payload = await getPayload({ config, key: 'host' });
  payload.logger.level = 'silent';
  app = {
    payload,
    databaseUrl,
    fetch: (path, init) =>
      handleEndpoints({ config, payloadInstanceCacheKey: 'host', request: new Request(serverUrl + path, init) }),
    close: () => payload.destroy(),
  };
  await site(payload, 'halden');
  await room(payload, 'halden', 'lobby');
  await payload.create({ collection: 'users', data: { email: 'ana@example.com', password, name: 'Ana' } as never });
});
afterAll(() => app?.close());

test('[S9] a chat token opens nothing of a host whose collections have Payload’s default access', async () => {
  const tokens = [
    await openSession(app, { site: 'halden' }),
    await openSession(app, { site: 'halden', room: 'lobby' }),
    await tokenOf(app, 'halden', 'ana@example.com'),
  ];
  for (const { token } of tokens) {
    for (const path of ['/api/posts', '/api/users']) {
      const made = await ask(app, path, { token, body: { title: 'x', email: 'x@example.com', password: 'x' } });
      expect([path, made.status]).toEqual([path, 403]);
      expect((await ask(app, path, { token })).status).toBe(403);
    }
  }
  expect((await payload.count({ collection: 'posts' })).totalDocs).toBe(0);
  expect((await payload.count({ collection: 'users' })).totalDocs).toBe(1);
});

test('an account of the host may, as before', async () => {
  const login = await ask(app, '/api/users/login', { body: { email: 'ana@example.com', password }, origin: null });
  const { token } = (await login.json()) as { token: string };
  const made = await ask(app, '/api/posts', {
    body: { title: 'x' },
    origin: null,
    headers: { Authorization: `JWT ${token}` },
  });
  expect(made.status).toBe(201);
});

test('[Session] with the host’s empty csrf list a foreign page’s cookie still opens no account’s session', async () => {
  const login = await ask(app, '/api/users/login', { body: { email: 'ana@example.com', password }, origin: null });
  const { token } = (await login.json()) as { token: string };
  const session = await openSession(app, { site: 'halden' }, { headers: { Cookie: `payload-token=${token}` } });
  expect(session.user.kind).toBe('visitor');
  const sent = await ask(app, '/api/messages', {
    body: { room: 'lobby', content: 'x' },
    headers: { Cookie: `payload-token=${token}` },
  });
  expect(sent.status).toBe(401);
});
