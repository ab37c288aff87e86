import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, account, newDatabase, room, site, startApp } from '../../test/app.ts';
import { type Cable, laidTo } from '../../test/cable.ts';
import { ask, type Listening, listen, logIn, openSession, page, readStream, tokenOf } from '../../test/wire.ts';

let app: App;
let cable: Cable;
let http: Listening;
beforeAll(async () => {
  cable = await laidTo(await newDatabase());
  app = await startApp({ databaseUrl: cable.url });
  http = await listen(app);
  await account(app.payload, 'Ana');
  await site(app.payload, 'halden');
  await room(app.payload, 'halden', 'lobby');
});
afterAll(async () => {
  await http?.close();
  await app?.close();
  await cable?.close();
});

test('[S9] [I8] without its database the server says 503 and keeps its streams; after it, nothing is missing', async () => {
  const ana = await tokenOf(app, 'halden', 'ana@example.com');
  const { jwt } = await logIn(app, 'ana@example.com');
  const headers = { Authorization: `JWT ${jwt}` };
  const reader = await readStream(
    fetch(`${http.url}/api/messages/sse?topic=room:lobby`, {
      headers: { Origin: page, Authorization: `Bearer ${ana.token}` },
    }),
  );
  await reader.until('ready', ({ event }) => event === 'ready');
  const send = (content: string) =>
    ask(app, '/api/messages', { token: ana.token, body: { room: 'lobby', content, localId: content } });
  expect((await send('before')).status).toBe(201);

  await cable.cut();
  const refused = {
    send: await send('meanwhile'),
    snapshot: await ask(app, '/api/chat/threads/room:lobby/snapshot', { token: ana.token }),
    threads: await ask(app, '/api/chat/threads', { token: ana.token }),
    health: await ask(app, '/api/chat/health'),
    login: await ask(app, '/api/chat/session', { body: { site: 'halden' }, headers }),
    guest: await ask(app, '/api/chat/session', { body: { site: 'halden', room: 'lobby' } }),
    named: await ask(app, '/api/messages/sse?topic=room:lobby', { token: ana.token }),
  };
  for (const [name, response] of Object.entries(refused)) {
    expect([name, response.status]).toEqual([name, 503]);
    expect(Number(response.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(await response.text()).not.toMatch(/ECONN|postgres|pg|select/i);
  }
  expect(reader.frames.some(({ event }) => event === 'bye' || event === 'reset')).toBe(false);

  await cable.mend();
  await expect.poll(async () => (await send('meanwhile')).status, { timeout: 10_000 }).toBeLessThan(202);
  await reader.until(
    'what was sent',
    ({ data }) => (data as { message?: { content: string } })?.message?.content === 'meanwhile',
    10_000,
  );
  const heard = reader.frames.flatMap(
    ({ data }) => (data as { message?: { content: string } })?.message?.content ?? [],
  );
  expect(heard).toEqual(['before', 'meanwhile']);
  expect((await openSession(app, { site: 'halden' }, { headers })).user.id).toBe(ana.user.id);
  reader.close();
});
