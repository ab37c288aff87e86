/** What an agent can find out about people who never took part at a site of his: nothing, by any door. */
import { GRAPHQL_POST } from '@payloadcms/next/routes';
import { createLocalReq, getPayload, type Payload, type SanitizedConfig } from 'payload';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, password, room, serverUrl, site } from '../../test/app.ts';
import { startPlainHost } from '../../test/plain-host.ts';
import { ask, identity, logIn, openSession, siteSecret, tokenOf } from '../../test/wire.ts';

let app: App;
let payload: Payload;
let config: SanitizedConfig;
let jwt: string;
const accounts: Record<string, { id: number }> = {};
/** Chat users: of the agent's own site, and of the other one alone. */
const here: string[] = [];
const elsewhere: string[] = [];
/** Names of those who are elsewhere alone; no answer may have one in it. */
const secretNames = /Bella|Berta|Bruno|Absent/;

beforeAll(async () => {
  ({ app, payload, config } = await startPlainHost('strangers', {
    admins: ({ plan }) => plan === 'boss',
    accountFields: ['plan'],
    collections: [{ slug: 'notes', fields: [{ name: 'about', type: 'relationship', relationTo: 'chat-users' }] }],
  }));
  (await getPayload({ config })).logger.level = 'silent';
  for (const name of ['Maya', 'Anton', 'Bella', 'Berta', 'Absent'])
    accounts[name] = (await payload.create({
      collection: 'users',
      data: { email: `${name.toLowerCase()}@example.com`, password, name } as never,
    })) as unknown as { id: number };
  await site(payload, 'alpha', { agents: [accounts.Maya?.id], secrets: [siteSecret] });
  await site(payload, 'beta', { agents: [accounts.Berta?.id], secrets: [siteSecret] });
  await room(payload, 'alpha', 'lobby');
  await room(payload, 'beta', 'lobby');
  const say = async (token: string, body: object) =>
    expect((await ask(app, '/api/messages', { token, body })).status).toBe(201);
  for (const [key, list, names] of [
    ['alpha', here, ['anton']],
    ['beta', elsewhere, ['bella', 'berta']],
  ] as const) {
    const external = await identity(key, { sub: `ext ${key}`, name: key === 'alpha' ? 'Alma' : 'Bruno' });
    const sessions = [await openSession(app, { site: key, identity: external }), await openSession(app, { site: key })];
    for (const name of names) sessions.push(await tokenOf(app, key, `${name}@example.com`));
    for (const { token, user } of sessions) {
      await say(token, { room: 'lobby', content: `in ${key}` });
      list.push(user.id);
    }
  }
  // He came, and said nothing anywhere.
  elsewhere.push((await tokenOf(app, 'beta', 'absent@example.com')).user.id);
  ({ jwt } = await logIn(app, 'maya@example.com'));
  for (const about of [...here, ...elsewhere]) await payload.create({ collection: 'notes', data: { about } as never });
});
afterAll(async () => {
  await app?.close();
  // The one that GraphQL's handler made for itself.
  await (await getPayload({ config })).destroy();
});

const headers = () => ({ Authorization: `JWT ${jwt}` });
const get = async (path: string) => {
  const response = await ask(app, path, { origin: null, headers: headers() });
  const text = await response.text();
  expect([path, text]).toEqual([path, expect.not.stringMatching(secretNames)]);
  return { status: response.status, body: JSON.parse(text) as { docs?: Array<{ id: string }>; totalDocs?: number } };
};

test('lists and counts have those of his own site, whatever is asked for', async () => {
  const own = (await get('/api/chat-users?limit=1000')).body.docs?.map(({ id }) => id) ?? [];
  expect(own.sort()).toEqual([...here].sort());
  for (const [query, count] of [
    ['', here.length],
    ['where[name][like]=B', 0],
    ['where[name][equals]=Bella', 0],
    ['where[name][not_equals]=Bella', here.length],
    ['where[or][0][name][equals]=Bruno&where[or][1][name][equals]=Absent', 0],
    ['where[site][equals]=beta', 0],
    [`where[account][equals]=${accounts.Bella?.id}`, 0],
    ['where[account][exists]=true', 1],
    [`where[id][in]=${elsewhere.join()}`, 0],
  ] as const) {
    expect([query, (await get(`/api/chat-users/count?${query}`)).body.totalDocs]).toEqual([query, count]);
    expect([query, (await get(`/api/chat-users?${query}`)).body.totalDocs]).toEqual([query, count]);
  }
});

test('one of them by his id is as unknown as nobody, to the byte', async () => {
  const unknown = await get('/api/chat-users/m_999999');
  expect(unknown.status).toBe(404);
  for (const id of elsewhere) expect(await get(`/api/chat-users/${id}?depth=5`)).toEqual(unknown);
  for (const id of here) expect((await get(`/api/chat-users/${id}?depth=5`)).status).toBe(200);
});

test('no relation leads to them: of a host’s own rows, of threads, seats and sites, however deep', async () => {
  for (const path of [
    '/api/notes?limit=100&depth=5',
    '/api/threads?limit=100&depth=5&joins[participants][limit]=100&joins[messages][limit]=100',
    '/api/participants?limit=100&depth=5',
    '/api/messages?limit=100&depth=5',
    '/api/sites?depth=5',
    '/api/users?depth=5',
  ])
    expect((await get(path)).status).toBe(200);
});

test('over GraphQL and in process no more than over REST', async () => {
  const question =
    '{ ChatUsers(limit: 100) { totalDocs docs { id name account { id } } } countChatUsers { totalDocs } }';
  const request = new Request(`${serverUrl}/api/graphql`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers() },
    body: JSON.stringify({ query: question }),
  });
  const text = await (await await GRAPHQL_POST(Promise.resolve(config))(request as never)).text();
  expect(text).not.toMatch(secretNames);
  expect(JSON.parse(text)).toMatchObject({
    data: { ChatUsers: { totalDocs: here.length }, countChatUsers: { totalDocs: here.length } },
  });
  const { user } = await payload.auth({ headers: new Headers(headers()) });
  const req = await createLocalReq({ user: user as never }, payload);
  const { docs } = await payload.find({ collection: 'chat-users', limit: 100, overrideAccess: false, req });
  expect(docs.map(({ id }) => id).sort()).toEqual([...here].sort());
});
