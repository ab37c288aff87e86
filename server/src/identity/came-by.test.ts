/** What an owner takes back ends whoever came by it, and nobody else: as he does it in the panel, over REST. */
import { generateKeyPairSync } from 'node:crypto';
import type { Session } from '@payload-chat/protocol';
import { decodeJwt, SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type App, account, edgeKey, room, site, startApp } from '../../test/app.ts';
import { answer, ask, identity, logIn, openSession, readStream, type Stream, tokenOf } from '../../test/wire.ts';

let app: App;
/** Another process on the same database. */
let other: App;
let owner: string;
let sites = 0;
const streams: Stream[] = [];

const old = { kid: 'old', value: 'a secret that will have leaked, long enough' };
const fresh = { kid: 'new', value: 'the secret that replaces it, long enough' };
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = pair.publicKey.export({ type: 'spki', format: 'pem' }) as string;
const shop = 'https://www.shop.example';
const lab = 'https://lab.example';

beforeAll(async () => {
  app = await startApp();
  await account(app.payload, 'Boss', 'admin');
  await account(app.payload, 'Ana');
  await account(app.payload, 'Maya', 'agent');
  owner = (await logIn(app, 'boss@example.com')).jwt;
  other = await startApp({ databaseUrl: app.databaseUrl });
});
afterEach(() => {
  for (const stream of streams.splice(0)) stream.close();
});
afterAll(async () => {
  await other?.close();
  await app?.close();
});

type Who = 'visitor' | 'elsewhere' | 'guest' | 'program' | 'old' | 'new' | 'pair' | 'member' | 'agent';
interface Present {
  session: Session;
  origin: string | null;
  here: Stream;
  there: Stream;
}

/** A site, and somebody of every provenance with a stream at each of two processes. */
async function crowd() {
  sites += 1;
  const key = `site-${sites}`;
  const { docs } = await app.payload.find({ collection: 'users', where: { name: { equals: 'Maya' } } });
  await site(app.payload, key, {
    origins: ['https://*.shop.example', lab],
    secrets: [old, fresh],
    publicKeys: [{ key: pem }],
    agents: [docs[0]?.id],
  });
  await room(app.payload, key, 'lobby');
  const signed = ({ kid, value }: typeof old) => identity(key, { sub: kid }, { kid }, value);
  const nowS = Math.floor(Date.now() / 1000);
  const byPair = new SignJWT({ iss: key, aud: 'payload-chat', sub: 'pair', iat: nowS, exp: nowS + 600 });
  const open = async (body: object, origin: string | null = shop) => ({
    session: await openSession(app, { site: key, ...body }, { origin }),
    origin,
  });
  const people: Record<Who, { session: Session; origin: string | null }> = {
    visitor: await open({}),
    elsewhere: await open({}, lab),
    guest: await open({ room: 'lobby' }),
    program: await open({ identity: await signed(fresh) }, null),
    old: await open({ identity: await signed(old) }),
    new: await open({ identity: await signed(fresh) }),
    pair: await open({
      identity: await byPair.setProtectedHeader({ alg: 'ES256' }).sign(pair.privateKey),
    }),
    member: { session: await tokenOf(app, key, 'ana@example.com', shop), origin: shop },
    agent: { session: await tokenOf(app, key, 'maya@example.com', shop), origin: shop },
  };
  const listen = async (at: App, who: Who) => {
    const { session, origin } = people[who];
    const query = who === 'guest' ? '?topic=room:lobby' : '';
    const stream = await readStream(ask(at, `/api/messages/sse${query}`, { token: session.token, origin }));
    streams.push(stream);
    await stream.until('ready', ({ event }) => event === 'ready');
    return stream;
  };
  const present = {} as Record<Who, Present>;
  for (const who of Object.keys(people) as Who[])
    present[who] = { ...people[who], here: await listen(app, who), there: await listen(other, who) };
  const edit = async (data: object) => {
    const path = `/api/sites/${key}?depth=0`;
    const headers = { Authorization: `JWT ${owner}` };
    const { status, body } = await answer(ask(app, path, { method: 'PATCH', origin: null, headers, body: data }));
    expect([status, body.errors]).toEqual([200, undefined]);
    return body.doc as Record<string, unknown>;
  };
  return { key, present, edit, signed };
}

const threads = async (at: App, { session, origin }: Present) =>
  (await ask(at, '/api/chat/threads', { token: session.token, origin })).status;

/** Their streams end within 5 s and their tokens open nothing; the others' streams and tokens go on. */
async function expectGone(present: Record<Who, Present>, gone: readonly Who[]): Promise<void> {
  for (const who of gone)
    for (const stream of [present[who].here, present[who].there]) {
      const bye = await stream.until(`bye of ${who}`, ({ event }) => event === 'bye', 5000);
      expect([who, bye.data]).toEqual([who, expect.objectContaining({ reason: 'revoked' })]);
    }
  for (const [who, each] of Object.entries(present)) {
    const isGone = gone.includes(who as Who);
    expect([who, await threads(app, each)]).toEqual([who, isGone ? 401 : 200]);
    // What the other process' hub has passed on is known there.
    expect([who, await threads(other, each)]).toEqual([who, isGone ? 401 : 200]);
    expect([who, each.here.frames.some(({ event }) => event === 'bye')]).toEqual([who, isGone]);
  }
}

const externals: Who[] = ['program', 'old', 'new', 'pair'];
const cases: Array<[string, object, Who[]]> = [
  ['visitors are switched off', { visitors: false }, ['visitor', 'elsewhere']],
  ['guests are switched off', { guests: false }, ['guest']],
  ['signed identities are switched off', { identities: false }, externals],
  ['accounts are switched off, which agents stay', { accounts: false }, ['member']],
  ['a secret is taken away', { secrets: [{ kid: 'new' }] }, ['old']],
  [
    'a secret is replaced under its name',
    { secrets: [{ ...old, value: `${old.value}, another` }, { kid: 'new' }] },
    ['old'],
  ],
  ['a public key is taken away', { publicKeys: [] }, ['pair']],
  ['an origin is taken off', { origins: ['https://*.shop.example'] }, ['elsewhere']],
  ['a star is taken off', { origins: [lab] }, ['visitor', 'guest', 'old', 'new', 'pair', 'member', 'agent']],
  [
    'the site is switched off',
    { open: false },
    ['visitor', 'elsewhere', 'guest', 'program', 'old', 'new', 'pair', 'member', 'agent'],
  ],
];

test.each(cases)('[I9] when %s, whoever came by it is out within 5 s at every process', async (_, data, gone) => {
  const { present, edit } = await crowd();
  await edit(data);
  await expectGone(present, gone);
});

test('what takes nothing back ends nobody: other words, a new name, a saved form, a secret more', async () => {
  const { present, edit } = await crowd();
  const doc = await edit({ name: 'Renamed', texts: { title: 'Help' }, limits: { contentLength: 500 } });
  // As the panel saves a form: all of what it was shown, secrets without their values.
  await edit({ ...doc, retentionDays: 30 });
  await edit({ origins: [lab, 'https://*.shop.example', 'https://third.example'] });
  await expectGone(present, []);
});

test('who comes back by what is good again, or by another way, is let in at once, with a token that holds', async () => {
  const { key, present, edit, signed } = await crowd();
  await edit({ visitors: false, guests: false, secrets: [{ kid: 'new' }] });
  await expectGone(present, ['visitor', 'elsewhere', 'guest', 'old']);
  const refused = await answer(
    ask(app, '/api/chat/session', { token: present.visitor.session.token, origin: shop, body: { site: key } }),
  );
  expect(refused).toMatchObject({ status: 403, body: { errors: [{ code: 'forbidden' }] } });
  expect(JSON.stringify(refused.body)).toContain('takes no visitors');
  const stale = await ask(app, '/api/chat/session', { origin: shop, body: { site: key, identity: await signed(old) } });
  expect(stale.status).toBe(401);

  await edit({ visitors: true, guests: true });
  const { visitor } = present.visitor.session as Session & { visitor: string };
  for (const body of [{ visitor }, { room: 'lobby' }, { identity: await signed(fresh) }]) {
    const session = await openSession(app, { site: key, ...body }, { origin: shop });
    for (const at of [app, other])
      expect((await ask(at, '/api/chat/threads', { token: session.token, origin: shop })).status).toBe(200);
    const renewed = await openSession(other, { site: key }, { origin: shop, token: session.token });
    expect(renewed.user).toEqual(session.user);
    expect(decodeJwt(renewed.token).via).toEqual(decodeJwt(session.token).via);
  }
});

test('a process that has heard of the end, and not yet read the site anew, lets nobody in by what is gone', async () => {
  const { key, present, edit, signed } = await crowd();
  const knock = async (body: object, origin = shop) => {
    const asked = await ask(other, '/api/chat/session', { origin, body: { site: key, ...body } });
    if (asked.status !== 200) return asked.status;
    const { token } = (await asked.json()) as Session;
    return (await ask(other, '/api/chat/threads', { token, origin })).status;
  };
  // It knows the site now, for some seconds.
  for (const body of [{}, { identity: await signed(old) }]) expect(await knock(body)).toBe(200);
  expect(await knock({}, lab)).toBe(200);
  await edit({ visitors: false, secrets: [{ kid: 'new' }], origins: ['https://*.shop.example'] });
  for (const who of ['visitor', 'old', 'elsewhere'] as const)
    await present[who].there.until(`bye of ${who}`, ({ event }) => event === 'bye', 5000);
  expect(await knock({})).toBe(403);
  expect(await knock({ identity: await signed(old) })).toBe(401);
  expect(await knock({ identity: await signed(fresh) }, lab)).toBe(403);
  expect(await knock({ identity: await signed(fresh) })).toBe(200);
});

test('so does one that has no reader of the site, and hears of it by its next look alone', async () => {
  await site(app.payload, 'silent', { secrets: [old] });
  const proof = await identity('silent', {}, { kid: old.kid }, old.value);
  const { token } = await openSession(other, { site: 'silent', identity: proof }, { origin: null });
  await app.payload.update({ collection: 'sites', id: 'silent', data: { secrets: [] } });
  const status = async () => (await ask(other, '/api/chat/threads', { token, origin: null })).status;
  await expect.poll(status, { timeout: 8000, interval: 100 }).toBe(401);
  const back = await ask(other, '/api/chat/session', { origin: null, body: { site: 'silent', identity: proof } });
  expect(back.status).toBe(401);
});

test('an end reaches whoever came back right after another end, of the same thing or of something else', async () => {
  const { key, edit, signed } = await crowd();
  const status = async ({ token }: Session) => (await ask(app, '/api/chat/threads', { token, origin: shop })).status;
  // His token is of after the end of the secret, which reaches some seconds ahead.
  await edit({ secrets: [{ kid: 'new' }] });
  await edit({ secrets: [old, { kid: 'new' }] });
  const back = await openSession(app, { site: key, identity: await signed(old) }, { origin: shop });
  expect(await status(back)).toBe(200);
  await edit({ identities: false });
  expect(await status(back)).toBe(401);
  await edit({ identities: true });
  const again = await openSession(app, { site: key, identity: await signed(old) }, { origin: shop });
  expect(await status(again)).toBe(200);
  await edit({ secrets: [{ kid: 'new' }] });
  expect(await status(again)).toBe(401);

  // And the end of one person reaches his own, after that of everybody.
  await edit({ visitors: false });
  await edit({ visitors: true });
  const visitor = (await openSession(app, { site: key }, { origin: shop })) as Session & { visitor: string };
  const body = { site: key, visitor: visitor.visitor, identity: await signed(fresh) };
  expect((await ask(app, '/api/chat/claim', { origin: shop, body })).status).toBe(200);
  expect(await status(visitor)).toBe(401);
  const claimant = await openSession(app, { site: key, identity: await signed(fresh) }, { origin: shop });
  await edit({ open: false });
  expect(await status(claimant)).toBe(401);
});

test('a site that is switched off says so to whoever asks, and nothing of it is lost', async () => {
  const { key, present, edit } = await crowd();
  const sent = await ask(app, '/api/messages', {
    token: present.visitor.session.token,
    origin: shop,
    body: { content: 'kept' },
  });
  expect(sent.status).toBe(201);
  await edit({ open: false });
  const { visitor } = present.visitor.session as Session & { visitor: string };
  for (const body of [{}, { visitor }, { room: 'lobby' }]) {
    const met = await answer(ask(app, '/api/chat/session', { origin: shop, body: { site: key, ...body } }));
    expect([body, met]).toMatchObject([
      body,
      { status: 403, body: { errors: [{ message: 'This site’s chat is switched off.' }] } },
    ]);
  }
  const { jwt } = await logIn(app, 'maya@example.com');
  const asAgent = { origin: shop, headers: { Authorization: `JWT ${jwt}` }, body: { site: key } };
  expect((await ask(app, '/api/chat/session', asAgent)).status).toBe(403);
  await edit({ open: true });
  const again = await openSession(app, { site: key, visitor }, { origin: shop });
  const list = await answer(ask(app, '/api/chat/threads', { token: again.token, origin: shop }));
  expect(list.body.docs).toMatchObject([{ lastMessage: { content: 'kept' } }]);
});

test('a site that a host’s own code deletes takes its sessions along', async () => {
  await site(app.payload, 'doomed');
  const session = await openSession(app, { site: 'doomed' });
  const stream = await readStream(ask(app, '/api/messages/sse', { token: session.token }));
  streams.push(stream);
  await stream.until('ready', ({ event }) => event === 'ready');
  await app.payload.delete({ collection: 'sites', id: 'doomed' });
  expect((await stream.until('bye', ({ event }) => event === 'bye', 5000)).data).toMatchObject({ reason: 'revoked' });
  expect((await ask(app, '/api/chat/threads', { token: session.token })).status).toBe(401);
});

test('what ended is told to edges, and no word of it is a secret or an origin', async () => {
  const { key, edit } = await crowd();
  await edit({ visitors: false, origins: [lab], secrets: [{ kid: 'new' }] });
  const service = await readStream(
    ask(app, `/api/messages/sse?topic=*&site=${key}&tail=50`, { origin: null, headers: { 'X-Chat-Edge': edgeKey } }),
  );
  streams.push(service);
  const hello = await service.until('hello', ({ event }) => event === 'hello');
  const { revoked } = hello.data as { revoked: string[] };
  expect(revoked.map((word) => word.replace(/^([ko]_|kind:\w+).*$/, '$1')).sort()).toEqual([
    'k_',
    'kind:visitor',
    'o_',
  ]);
  await service.until('ready', ({ event }) => event === 'ready');
  expect(JSON.stringify(service.frames)).not.toMatch(/leaked|shop\.example/);
});
