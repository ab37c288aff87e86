/** Holes that were found in Payload's own doors, each closed by what stands beside it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type App, account, localReq, memberCaller, room, site, startApp } from '../../test/app.ts';
import { ask, logIn, tokenOf } from '../../test/wire.ts';
import { post } from '../messages/post.ts';

let app: App;
let thread: string;
const jwts: Record<string, string> = {};

beforeAll(async () => {
  app = await startApp();
  const { payload } = app;
  const [ana, ben, maya] = [
    await account(payload, 'Ana'),
    await account(payload, 'Ben'),
    await account(payload, 'Maya', 'agent'),
  ];
  await account(payload, 'Boss', 'admin');
  const halden = await site(payload, 'halden', { agents: [maya.id] });
  await room(payload, 'halden', 'lobby');
  const say = async (body: Parameters<typeof post>[2]) =>
    (await post(await localReq(payload), await memberCaller(payload, halden, ana), body)).message;
  ({ thread } = await say({ receiver: `m_${ben.id}`, content: 'direct words' }));
  await say({ content: 'support words' });
  for (const name of ['ana', 'ben', 'maya', 'boss']) jwts[name] = (await logIn(app, `${name}@example.com`)).jwt;
});
afterAll(() => app?.close());

const as = (name: string) => ({ Authorization: `JWT ${jwts[name]}` });
const get = (path: string, headers: Record<string, string>) => ask(app, path, { origin: null, headers });

describe('a question', () => {
  const probes = [
    'where[sender.account.email][equals]=ana@example.com',
    'where[sender.account.email][like]=a',
    'where[or][0][sender.account.role][equals]=admin',
    'where[and][0][or][1][sender.account.email][exists]=true',
    'sort=sender.account.email',
    'sort=-sender.account.email,content',
    'where[thread.site.agents.email][exists]=true',
    'where[thread.site.agents][exists]=true',
    'where[thread.site.secrets.value][exists]=true',
    'where[thread.participants.user.account.email][exists]=true',
    'where[replyTo.sender.account.email][exists]=true',
  ];
  test.each(probes)('of messages leads to nobody’s account: %s', async (probe) => {
    for (const name of ['ana', 'ben', 'maya']) {
      for (const path of ['/api/messages', '/api/messages/count']) {
        if (path.endsWith('count') && probe.startsWith('sort')) continue;
        const { status } = await get(`${path}?${probe}`, as(name));
        expect(`${name} ${path} ${status}`).toBe(`${name} ${path} 400`);
      }
    }
  });

  test('of other collections, of joins, and of many rows to write, neither', async () => {
    for (const path of [
      '/api/sites?where[agents.email][like]=maya',
      '/api/chat-users?where[account.email][like]=ana',
      '/api/chat-users?sort=account.email',
      '/api/participants?where[user.account.email][like]=ana',
      '/api/threads?where[participants.user.account.email][like]=ana',
      '/api/threads?joins[messages][where][sender.account.email][like]=ana',
      '/api/threads?joins[messages][sort]=sender.account.email',
    ])
      expect(`${path} ${(await get(path, as('maya'))).status}`).toBe(`${path} 400`);
  });
});

test('what keeps no versions says so, whoever asks, and nothing there is a fault of ours', async () => {
  for (const slug of ['messages', 'threads', 'participants', 'sites', 'chat-users', 'users', 'payload-kv'])
    for (const headers of [{}, as('ana'), as('boss')])
      for (const [method, path] of [
        ['GET', 'versions'],
        ['GET', 'versions/1'],
        ['POST', 'versions/1'],
      ] as const) {
        const { status } = await ask(app, `/api/${slug}/${path}`, { origin: null, method, headers });
        expect(`${method} ${slug} ${status}`).toBe(`${method} ${slug} 404`);
      }
  expect((await ask(app, '/api/users/verify/guessed', { origin: null, method: 'POST' })).status).toBe(404);
});

test('the summary of rights is 401 for a bad token, and an answer for a good one and for nobody', async () => {
  expect((await get('/api/access', { Authorization: 'Bearer nonsense' })).status).toBe(401);
  const { token } = await tokenOf(app, 'halden', 'ana@example.com', null);
  for (const headers of [{}, { Authorization: `Bearer ${token}` }, as('ana')])
    expect((await get('/api/access', headers)).status).toBe(200);
});

test('a crowd at one row is refused one by one: nobody waits for a connection that another waits with', async () => {
  const patch = (headers: Record<string, string>) =>
    ask(app, `/api/threads/${thread}`, { origin: null, method: 'PATCH', headers, body: { status: 'closed' } });
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, nth) => patch(nth % 3 === 0 ? {} : as(nth % 3 === 1 ? 'ana' : 'maya'))),
  );
  expect([...new Set(answers.map(({ status }) => status))]).toEqual([403]);
});

test('a crowd of strangers at any door of the accounts stops nobody else', async () => {
  const knock = (path: string, body: unknown) => ask(app, path, { origin: null, body });
  for (const [path, body] of [
    ['/api/users/forgot-password', { email: 'ana@example.com' }],
    ['/api/users/forgot-password', { email: 'nobody@example.com' }],
    ['/api/users/login', { email: 'nobody@example.com', password: 'guessed' }],
    ['/api/users/reset-password', { token: 'guessed', password: 'guessed' }],
    ['/api/users/unlock', { email: 'ana@example.com' }],
    ['/api/users/first-register', { email: 'x@example.com', password: 'guessed' }],
  ] as const) {
    const crowd = Promise.all(Array.from({ length: 60 }, () => knock(path, body)));
    expect((await ask(app, '/api/chat/health')).status).toBe(200);
    const met = new Set((await crowd).map(({ status }) => status));
    expect([path, [...met].filter((status) => status >= 500)]).toEqual([path, []]);
  }
});

test('a preference that is not there is 404 to take away, and one that is goes', async () => {
  const path = '/api/payload-preferences/width';
  const call = (method: string, body?: unknown) =>
    ask(app, path, { origin: null, method, headers: as('ana'), ...(body ? { body } : {}) });
  expect((await call('DELETE')).status).toBe(404);
  expect((await call('POST', { value: 3 })).status).toBe(200);
  expect((await call('DELETE')).status).toBe(200);
});
