import type { Payload } from 'payload';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, edgeKey, password, room, site } from '../../test/app.ts';
import { startPlainHost } from '../../test/plain-host.ts';
import { ask, openSession, tokenOf } from '../../test/wire.ts';

let app: App;
let payload: Payload;

beforeAll(async () => {
  ({ app, payload } = await startPlainHost('host', {
    edgeKeys: [edgeKey],
    collections: [{ slug: 'posts', fields: [{ name: 'title', type: 'text' }] }],
  }));
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
