import { errorCodes } from '@payload-chat/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, account, localReq, memberCaller, room, site, startApp, visitorCaller } from '../../test/app.ts';
import { ask, logIn, openSession, tokenOf } from '../../test/wire.ts';
import { post } from '../messages/post.ts';

let app: App;
const ids: Record<string, string> = {};
const jwts: Record<string, string> = {};

beforeAll(async () => {
  app = await startApp();
  const { payload } = app;
  const agent = await account(payload, 'Maya', 'agent');
  const ana = await account(payload, 'Ana');
  const ben = await account(payload, 'Ben');
  await account(payload, 'Boss', 'admin');
  const halden = await site(payload, 'halden', {
    agents: [agent.id],
    secrets: [{ kid: 'k1', value: 'very secret indeed' }],
  });
  const other = await site(payload, 'other');
  ids.lobby = await room(payload, 'halden', 'lobby');
  ids.den = await room(payload, 'halden', 'den', { public: false });
  ids.foreign = await room(payload, 'other', 'lobby');
  const say = async (caller: Parameters<typeof post>[1], request: Parameters<typeof post>[2]) =>
    (await post(await localReq(payload), caller, request)).message;
  const anaThere = await memberCaller(payload, halden, ana);
  const direct = await say(anaThere, { receiver: `m_${ben.id}`, content: 'direct words' });
  const support = await say(anaThere, { content: 'support words' });
  const visitor = await say(visitorCaller(halden), { content: 'visitor words' });
  const foreign = await say(visitorCaller(other), { content: 'foreign words' });
  await say(anaThere, { room: 'lobby', content: 'room words' });
  Object.assign(ids, {
    direct: direct.thread,
    support: support.thread,
    visitor: visitor.thread,
    foreignSupport: foreign.thread,
  });
  ids.message = direct.id;
  ids.ana = String(ana.id);
  for (const name of ['maya', 'ana', 'ben', 'boss']) jwts[name] = (await logIn(app, `${name}@example.com`)).jwt;
});
afterAll(() => app?.close());

const as = (name: string) => ({ headers: { Authorization: `JWT ${jwts[name]}` } });
const get = async (path: string, init: Parameters<typeof ask>[2] = {}) => {
  const response = await ask(app, path, { origin: null, ...init });
  return { status: response.status, body: (await response.json().catch(() => ({}))) as Record<string, never> };
};
const contents = async (init: Parameters<typeof ask>[2]) =>
  ((await get('/api/messages?limit=100', init)).body.docs as unknown as Array<{ content: string }> | undefined)
    ?.map(({ content }) => content)
    .sort();

test('whoever has no account reads and writes nothing of any collection', async () => {
  for (const slug of Object.keys(app.payload.collections)) {
    const asks: Array<[string, string, unknown?]> = [
      ['GET', `/api/${slug}`],
      ['GET', `/api/${slug}/count`],
      ['GET', `/api/${slug}/1`],
      [
        'POST',
        `/api/${slug}`,
        { email: 'x@example.com', password: 'x', name: 'x', role: 'admin', key: 'x', content: 'x' },
      ],
      ['PATCH', `/api/${slug}/1`, { name: 'x' }],
      ['PATCH', `/api/${slug}?where[id][exists]=true`, { name: 'x' }],
      ['DELETE', `/api/${slug}/1`],
      ['DELETE', `/api/${slug}?where[id][exists]=true`],
    ];
    for (const [method, path, body] of asks) {
      const { status, body: answer } = await get(path, { method, ...(body ? { body } : {}) });
      // Payload's own preferences count those of nobody, and find none.
      if (status === 200) expect([{ totalDocs: 0 }, { message: 'Not Found', value: null }]).toContainEqual(answer);
      else expect(`${method} ${path} ${status}`).toMatch(/ (401|403|404|501)$/);
    }
  }
  for (const path of ['/api/users/first-register', '/api/users/unlock', '/api/graphql', '/api/graphql-playground'])
    expect(
      (await get(path, { method: 'POST', body: { email: 'x@example.com', password: 'x' } })).status,
    ).toBeGreaterThan(399);
});

test('a chat token is no account: it reads its own rows, and no other collection answers anything', async () => {
  const { token } = await tokenOf(app, 'halden', 'ana@example.com');
  const bearer = { token, origin: 'https://page.test' };
  expect(await contents(bearer)).toEqual(['direct words', 'room words', 'support words']);
  for (const slug of Object.keys(app.payload.collections)) {
    if (['messages', 'threads', 'participants'].includes(slug)) continue;
    const { status, body } = await get(`/api/${slug}`, bearer);
    if (status === 200) expect(body).toMatchObject({ docs: [] });
    else expect(status).toBeGreaterThan(399);
  }
  const { status } = await get('/api/users', {
    ...bearer,
    method: 'POST',
    body: { email: 'e@example.com', password: 'evil evil', name: 'e', role: 'admin' },
  });
  expect(status).toBe(403);
  expect((await get('/api/users/me', bearer)).body).toMatchObject({ user: null });
});

test("an agent's token answers his own rows too; a guest's and a fresh visitor's none", async () => {
  const agent = await tokenOf(app, 'halden', 'maya@example.com');
  expect(await contents({ token: agent.token, origin: 'https://page.test' })).toEqual([]);
  for (const body of [
    { site: 'halden', visitor: '' },
    { site: 'halden', room: 'lobby' },
  ]) {
    const { visitor: _, ...asked } = body as { visitor?: string; site: string };
    const { token } = await openSession(app, asked);
    const answer = await get('/api/messages', { token, origin: 'https://page.test' });
    expect([answer.status, answer.body.docs ?? []]).toEqual([answer.status, []]);
  }
});

test('a bad Bearer is 401, also where a good cookie lies beside it', async () => {
  const { cookie } = await logIn(app, 'boss@example.com');
  const answer = await get('/api/messages', { token: 'nonsense', headers: { Cookie: cookie } });
  expect(answer).toMatchObject({ status: 401, body: { errors: [{ code: 'unauthorized' }] } });
});

test('an account sees as much as it is: a member his own, an agent his sites without direct threads, an admin all', async () => {
  expect(await contents(as('ana'))).toEqual(['direct words', 'room words', 'support words']);
  expect(await contents(as('ben'))).toEqual(['direct words']);
  expect(await contents(as('maya'))).toEqual(['room words', 'support words', 'visitor words']);
  expect(await contents(as('boss'))).toEqual([
    'direct words',
    'foreign words',
    'room words',
    'support words',
    'visitor words',
  ]);
  expect((await get(`/api/messages/${ids.message}`, as('maya'))).status).toBe(404);
  const threads = (await get('/api/threads?limit=100', as('maya'))).body.docs as unknown as Array<{ id: string }>;
  expect(threads.map(({ id }) => id).sort()).toEqual([ids.lobby, ids.den, ids.support, ids.visitor].sort());
});

test("REST shows a sender as the wire's user and never more, at any depth", async () => {
  for (const depth of ['', '?depth=1', '?depth=2', '?depth=5']) {
    const { body } = await get(`/api/messages${depth}`, as('ben'));
    const [doc] = body.docs as unknown as Array<{ sender: unknown }>;
    expect(doc?.sender).toEqual({ id: `m_${ids.ana}`, name: 'Ana', kind: 'member' });
    expect(JSON.stringify(body)).not.toMatch(/@example\.com|contentHash|slot/);
  }
  const { token } = await tokenOf(app, 'halden', 'ben@example.com');
  const { body } = await get('/api/messages?depth=0', { token, origin: 'https://page.test' });
  expect((body.docs as unknown as Array<{ sender: unknown }>)[0]?.sender).toMatchObject({ name: 'Ana' });
});

test("a site's secrets are shown by the write that brings them, and never again", async () => {
  const made = await get('/api/sites', {
    ...as('boss'),
    method: 'POST',
    body: { key: 'shop', name: 'Shop', secrets: [{}] },
  });
  expect(made.status).toBe(201);
  const [secret] = (made.body as unknown as { doc: { secrets: Array<{ kid: string; value: string }> } }).doc.secrets;
  expect(secret?.value).toMatch(/^[\w-]{43}$/);
  for (const path of ['/api/sites/shop', '/api/sites', '/api/sites?depth=2&showHiddenFields=true'])
    for (const name of ['boss', 'maya'])
      expect(JSON.stringify((await get(path, as(name))).body)).not.toMatch(/value|shownOnce|sealed/);
  // Sorting or searching by it would tell it letter by letter.
  expect((await get('/api/sites?where[secrets.value][like]=s', as('boss'))).status).toBeGreaterThan(399);
  // Another write keeps it.
  const kept = await get('/api/sites/shop', {
    ...as('boss'),
    method: 'PATCH',
    body: { name: 'The shop', secrets: [{ kid: secret?.kid }] },
  });
  expect(kept.status).toBe(200);
  const { readSite } = await import('../collections/sites/site.ts');
  expect((await readSite(app.payload, 'shop'))?.secrets).toEqual([{ kid: secret?.kid, value: secret?.value }]);
  const row = await app.payload.db.findOne<{ id: string; secrets: Array<{ value: string }> }>({
    collection: 'sites',
    where: { key: { equals: 'shop' } },
  });
  expect(row?.secrets[0]?.value).toMatch(/^sealed:/);
});

test('agents edit no site and make no room; members nothing', async () => {
  for (const name of ['maya', 'ana']) {
    expect(
      (await get('/api/sites/halden', { ...as(name), method: 'PATCH', body: { visitors: false } })).status,
    ).toBeGreaterThan(399);
    expect(
      (await get('/api/threads', { ...as(name), method: 'POST', body: { site: 'halden', kind: 'room', key: 'mine' } }))
        .status,
    ).toBe(403);
    expect(
      (await get(`/api/participants`, { ...as(name), method: 'POST', body: { thread: ids.den, user: `m_${ids.ana}` } }))
        .status,
    ).toBe(403);
  }
  expect(
    (await get(`/api/threads/${ids.visitor}`, { ...as('maya'), method: 'PATCH', body: { status: 'closed' } })).status,
  ).toBe(200);
  expect(
    (await get(`/api/threads/${ids.direct}`, { ...as('maya'), method: 'PATCH', body: { status: 'closed' } })).status,
  ).toBeGreaterThan(399);
  expect((await get(`/api/threads/${ids.visitor}`, { ...as('boss'), method: 'DELETE' })).status).toBe(403);
});

test('an account can change neither its own role nor anybody else', async () => {
  await get(`/api/users/${ids.ana}`, { ...as('ana'), method: 'PATCH', body: { role: 'admin', name: 'Ana F' } });
  const doc = (await app.payload.findByID({ collection: 'users', id: Number(ids.ana) })) as unknown as {
    role: string;
    name: string;
  };
  expect(doc).toMatchObject({ role: 'member', name: 'Ana F' });
  expect((await get('/api/users/1', { ...as('ben'), method: 'PATCH', body: { name: 'x' } })).status).toBeGreaterThan(
    399,
  );
});

test('one row at a time: writes of many are refused over REST, in words', async () => {
  for (const slug of ['messages', 'threads', 'participants'])
    for (const method of ['PATCH', 'DELETE'])
      for (const who of ['boss', 'ana']) {
        const path = `/api/${slug}?where[id][exists]=true`;
        const { status, body } = await get(path, { ...as(who), method, body: { status: 'closed' } });
        expect([slug, method, who, status, body]).toEqual([
          slug,
          method,
          who,
          403,
          { errors: [{ code: 'forbidden', message: 'One at a time, please.' }] },
        ]);
      }
});

test('what Payload refuses at a collection of the chat has a code of the closed list', async () => {
  for (const [path, who, status, code] of [
    ['/api/messages/nothing', 'boss', 404, 'not-found'],
    ['/api/chat-users/nothing', 'ana', 404, 'not-found'],
    ['/api/sites', 'ana', 403, 'forbidden'],
    ['/api/chat-access-log', 'ana', 403, 'forbidden'],
  ] as const)
    expect([path, await get(path, as(who))]).toEqual([
      path,
      expect.objectContaining({ status, body: { errors: [{ code, message: errorCodes[code].message }] } }),
    ]);
});

test('the fields that the log writes are nobody’s to set', async () => {
  const made = await get('/api/threads', {
    ...as('boss'),
    method: 'POST',
    body: {
      id: 'chosen',
      site: 'halden',
      kind: 'room',
      key: 'hall',
      changed: 99,
      slot: 'taken',
      label: 'x',
      title: 'Hall',
    },
  });
  const doc = (made.body as unknown as { doc: { id: string; label: string } }).doc;
  expect(doc.id).not.toBe('chosen');
  expect(doc.label).toBe('Hall');
  const again = await get('/api/threads', {
    ...as('boss'),
    method: 'POST',
    body: { site: 'halden', kind: 'room', key: 'hall' },
  });
  expect(again).toMatchObject({ status: 400, body: { errors: [{ code: 'invalid', field: 'key' }] } });
  for (const body of [
    { site: 'halden', kind: 'room' },
    { site: 'nowhere', kind: 'room', key: 'x' },
    { site: 'halden', kind: 'direct' },
    { kind: 'room', key: 'x' },
  ])
    expect((await get('/api/threads', { ...as('boss'), method: 'POST', body })).status).toBe(400);
  const moved = await get(`/api/threads/${doc.id}`, {
    ...as('boss'),
    method: 'PATCH',
    body: { site: 'other', kind: 'support', key: 'y', title: 'The hall' },
  });
  expect(moved.body).toMatchObject({ doc: { kind: 'room', key: 'hall', title: 'The hall' } });
});

test('[I9] a role taken away ends the chat sessions of its account', async () => {
  const { token } = await tokenOf(app, 'halden', 'maya@example.com');
  const asked = { token, origin: 'https://page.test' };
  expect((await get('/api/chat/threads', asked)).status).toBe(200);
  const { docs } = await app.payload.find({ collection: 'users', where: { name: { equals: 'Maya' } } });
  const id = docs[0]?.id as number;
  await app.payload.update({ collection: 'users', id, data: { role: 'member' } });
  expect((await get('/api/chat/threads', asked)).status).toBe(401);

  const again = { ...asked, token: (await tokenOf(app, 'halden', 'maya@example.com')).token };
  await app.payload.update({ collection: 'sites', id: 'halden', data: { agents: [] } });
  expect((await get('/api/chat/threads', again)).status).toBe(401);
  const member = { ...asked, token: (await tokenOf(app, 'halden', 'maya@example.com')).token };
  await app.payload.update({ collection: 'sites', id: 'halden', data: { members: [Number(ids.ana)] } });
  expect((await get('/api/chat/threads', member)).status).toBe(401);
  await app.payload.update({ collection: 'sites', id: 'halden', data: { members: [] } });

  const last = { ...asked, token: (await tokenOf(app, 'halden', 'ben@example.com')).token };
  const ben = (await app.payload.find({ collection: 'users', where: { name: { equals: 'Ben' } } })).docs[0];
  await app.payload.delete({ collection: 'users', id: ben?.id as number });
  expect((await get('/api/chat/threads', last)).status).toBe(401);
});
