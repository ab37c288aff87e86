import { readEvent, reduce, type Snapshot } from '@payload-chat/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type App,
  account,
  edgeKey,
  localReq,
  logOf,
  memberCaller,
  room,
  serverUrl,
  site,
  startApp,
} from '../../test/app.ts';
import { until } from '../../test/until.ts';
import { answer, ask, identity, logIn, openSession, page, readStream, siteSecret, tokenOf } from '../../test/wire.ts';
import type { Site } from '../collections/sites/site.ts';
import { snapshotOf } from '../endpoints/snapshot.ts';
import type { Caller } from '../identity/caller.ts';
import { queryOf } from '../log/database.ts';
import { readAfter } from '../log/read.ts';
import { post } from '../messages/post.ts';
import { trimAccessLog } from './access-log.ts';
import { eraseOld } from './retention.ts';

let app: App;
let at: Site;
let maya: Caller;
let boss: Record<string, string>;

beforeAll(async () => {
  app = await startApp();
  const agent = await account(app.payload, 'Maya', 'agent');
  await account(app.payload, 'Boss', 'admin');
  await account(app.payload, 'Ana');
  at = await site(app.payload, 'halden', { agents: [agent.id], secrets: [siteSecret] });
  await room(app.payload, 'halden', 'lobby');
  maya = await memberCaller(app.payload, at, agent);
  boss = { Authorization: `JWT ${(await logIn(app, 'boss@example.com')).jwt}` };
});
afterAll(() => app?.close());

const send = async (token: string, body: Record<string, unknown>) =>
  (await answer(ask(app, '/api/messages', { token, body }))).body.doc as { id: string; thread: string };
const reply = async (thread: string, content: string) =>
  (await post(await localReq(app.payload), maya, { thread, content })).message;
const seen = async (thread: string) =>
  snapshotOf(await localReq(app.payload), maya, thread, { limit: 100, before: undefined });
const erase = (id: string, headers = boss) =>
  answer(ask(app, `/api/chat/people/${id}/erase`, { method: 'POST', origin: null, headers }));
const everything = async () => {
  const query = queryOf(app.payload);
  const rows = await Promise.all(
    ['chat_users', 'threads', 'participants', 'messages', 'chat.events', 'chat.claims'].map((table) =>
      query(`select * from ${table}`),
    ),
  );
  return JSON.stringify(rows);
};

describe('erasing a person', () => {
  test('[I16] leaves no word, name or picture of his in rows and log, and nothing of anybody else’s is touched', async () => {
    const mira = await openSession(app, {
      site: 'halden',
      identity: await identity('halden', { sub: 'mira', name: 'Mira Holt', avatar: 'https://img.test/mira.png' }),
    });
    const { thread } = await send(mira.token, { content: 'mira-secret one', localId: 'mira-local' });
    await send(mira.token, { room: 'lobby', content: 'mira-secret in the room' });
    await send(mira.token, { receiver: maya.user.id, content: 'mira-secret directly' });
    await reply(thread, 'what Maya says stays');
    const stream = await readStream(ask(app, '/api/messages/sse', { token: mira.token }));
    const service = await readStream(
      ask(app, '/api/messages/sse?topic=*&site=halden&tail=2000', {
        origin: null,
        headers: { 'X-Chat-Edge': edgeKey },
      }),
    );
    await service.until('ready', ({ event }) => event === 'ready');

    expect(await erase(mira.user.id)).toMatchObject({ status: 200, body: { messages: 3 } });
    const left = await everything();
    for (const word of ['mira-secret', 'Mira Holt', 'mira.png', 'mira-local', `"sender_id":"${mira.user.id}"`])
      expect(left).not.toContain(word);
    expect(left).toContain('what Maya says stays');
    const { messages, participants } = await seen(thread);
    expect(messages).toMatchObject([
      { content: '', deletedAt: expect.any(String), sender: { name: 'Erased', kind: 'external' } },
      { content: 'what Maya says stays', sender: { name: 'Maya' } },
    ]);
    expect(messages[0]?.sender.id).not.toBe(mira.user.id);
    expect(participants.map(({ user }) => user.id)).toEqual([maya.user.id]);

    // His sessions end, every reader is told, and the rings are empty: a replay has nothing to show.
    expect((await stream.until('bye', ({ event }) => event === 'bye')).data).toMatchObject({ reason: 'revoked' });
    expect((await ask(app, '/api/chat/threads', { token: mira.token })).status).toBe(401);
    const told = await service.until('user.erased', ({ data }) => (data as { type?: string }).type === 'user.erased');
    expect(told.data).toMatchObject({ user: { id: mira.user.id }, to: ['all'], actor: null });
    service.close();
    const late = await readStream(
      ask(app, '/api/messages/sse?topic=*&site=halden&tail=2000', {
        origin: null,
        headers: { 'X-Chat-Edge': edgeKey },
      }),
    );
    await late.until('ready', ({ event }) => event === 'ready');
    expect(JSON.stringify(late.frames)).not.toMatch(/mira-secret|Mira Holt/);
    late.close();
  });

  test('who comes back is somebody new, with nothing of before', async () => {
    const come = async () =>
      openSession(app, { site: 'halden', identity: await identity('halden', { sub: 'back', name: 'Back Again' }) });
    const first = await come();
    const { thread } = await send(first.token, { content: 'before' });
    await erase(first.user.id);
    const again = await come();
    expect((await answer(ask(app, '/api/chat/threads', { token: again.token }))).body.docs).toEqual([]);
    expect((await send(again.token, { content: 'after' })).thread).not.toBe(thread);
    expect((await seen(thread)).messages[0]?.sender.name).toBe('Erased');
  });

  test('holds for a member, whose account stays, and for a visitor, whose claimed handles stay dead', async () => {
    const ana = await tokenOf(app, 'halden', 'ana@example.com');
    const visitor = await openSession(app, { site: 'halden' });
    const { thread } = await send(visitor.token, { content: 'as a visitor' });
    const claimed = await answer(
      ask(app, '/api/chat/claim', { token: ana.token, body: { site: 'halden', visitor: visitor.visitor } }),
    );
    expect(claimed.status).toBe(200);
    expect((await erase(ana.user.id)).status).toBe(200);
    expect(await everything()).not.toContain('"Ana"');
    const { messages } = await seen(thread);
    expect(messages).toMatchObject([{ content: '', sender: { name: 'Erased', kind: 'member' } }]);
    expect(
      (await answer(ask(app, '/api/chat/session', { body: { site: 'halden', visitor: visitor.visitor } }))).status,
    ).toBe(401);
    expect((await ask(app, '/api/chat/threads', { token: ana.token })).status).toBe(401);
    expect((await tokenOf(app, 'halden', 'ana@example.com')).user).toMatchObject({ id: ana.user.id, name: 'Ana' });
    const other = await openSession(app, { site: 'halden' });
    await send(other.token, { content: 'to be gone' });
    expect((await erase(other.user.id)).status).toBe(200);
    expect(await everything()).not.toContain('to be gone');
  });

  test('[I1] what he sends at that very moment is erased with the rest, or refused', async () => {
    const visitor = await openSession(app, { site: 'halden' });
    await send(visitor.token, { content: 'racing words' });
    const [done, ...sent] = await Promise.all([
      erase(visitor.user.id),
      ...Array.from({ length: 6 }, (_, n) =>
        answer(ask(app, '/api/messages', { token: visitor.token, body: { content: `racing words ${n}` } })),
      ),
    ]);
    expect(done.status).toBe(200);
    for (const { status } of sent) expect([201, 401, 404, 503]).toContain(status);
    // One that began after it is a new person's, whom the next erasure takes.
    if ((await everything()).includes('racing words')) expect((await erase(visitor.user.id)).status).toBe(200);
    expect(await everything()).not.toContain('racing words');
  });

  test('and exporting one is for admins, by a Payload login: nobody else, and no page of another origin', async () => {
    const visitor = await openSession(app, { site: 'halden' });
    await send(visitor.token, { content: 'mine' });
    const jwt = async (name: string) => (await logIn(app, `${name}@example.com`)).jwt;
    const agent = await tokenOf(app, 'halden', 'boss@example.com');
    const cookie = { Cookie: `payload-token=${await jwt('boss')}` };
    const callers: Array<[number, Record<string, string>, string | null]> = [
      [401, {}, null],
      [401, { Authorization: 'Bearer nonsense' }, null],
      [401, { Authorization: 'JWT nonsense' }, null],
      [403, { Authorization: `Bearer ${agent.token}` }, page],
      [403, { Authorization: `Bearer ${visitor.token}` }, page],
      [403, { Authorization: `JWT ${await jwt('maya')}` }, null],
      [403, { Authorization: `JWT ${await jwt('ana')}` }, null],
      [401, cookie, 'https://evil.test'],
      [401, cookie, page],
      [401, { ...cookie, 'Sec-Fetch-Site': 'cross-site' }, null],
      [401, { 'X-Chat-Edge': edgeKey }, null],
    ];
    for (const [status, headers, origin] of callers)
      for (const [method, what] of [
        ['POST', 'erase'],
        ['GET', 'export'],
      ] as const) {
        const got = await ask(app, `/api/chat/people/${visitor.user.id}/${what}`, { method, origin, headers });
        expect([what, headers, got.status]).toEqual([what, headers, status]);
        expect(got.headers.has('Access-Control-Allow-Origin')).toBe(false);
      }
    expect((await ask(app, '/api/chat/threads', { token: visitor.token })).status).toBe(200);
    for (const id of ['nobody', 'x'.repeat(300), '%00', '..']) expect((await erase(id)).status).toBe(404);
    const own = await ask(app, `/api/chat/people/${visitor.user.id}/erase`, {
      method: 'POST',
      origin: serverUrl,
      headers: cookie,
    });
    expect(own.status).toBe(200);
  });
});

test('an export holds all that the chat has of a person, and nothing that another wrote', async () => {
  const mira = await openSession(app, {
    site: 'halden',
    identity: await identity('halden', { sub: 'exp', name: 'Ex Port' }),
  });
  const { thread } = await send(mira.token, { content: 'my words' });
  await reply(thread, 'words of another');
  const query = queryOf(app.payload);
  await query(
    `insert into messages (id, content, sender_id, thread_id, timestamp, seq, changed)
      select 'many-' || n, 'many', $1, $2, now(), 1000 + n, 1000 + n from generate_series(1, 1200) n`,
    [mira.user.id, thread],
  );
  const response = await ask(app, `/api/chat/people/${mira.user.id}/export`, { origin: null, headers: boss });
  expect(response.headers.get('Content-Disposition')).toMatch(/^attachment; filename="x_[\w-]+\.json"$/);
  const text = await response.text();
  expect(text).not.toContain('words of another');
  const { person, threads, messages } = JSON.parse(text);
  expect(person).toMatchObject({ id: mira.user.id, name: 'Ex Port', kind: 'external', site: 'halden' });
  expect(threads).toMatchObject([{ thread, site: 'halden', kind: 'support', seat: true }]);
  expect(messages).toHaveLength(1201);
  expect(messages.some(({ content }: { content: string }) => content === 'my words')).toBe(true);
});

describe('retention', () => {
  test('[I16] [I5] messages older than the site keeps are erased, and every reader is told', async () => {
    const brief = await site(app.payload, 'brief', { retentionDays: 30, agents: [Number(maya.user.id.slice(2))] });
    const there: Caller = { ...maya, site: brief };
    const visitor = await openSession(app, { site: 'brief' });
    const old = await send(visitor.token, { content: 'long ago' });
    const answered = await send(visitor.token, { thread: old.thread, content: 'an answer', replyTo: old.id });
    await queryOf(app.payload)(`update messages set timestamp = now() - interval '31 days' where id = $1`, [old.id]);
    const kept = await openSession(app, { site: 'halden' });
    const elsewhere = await send(kept.token, { content: 'kept for ever' });
    await queryOf(app.payload)(`update messages set timestamp = now() - interval '900 days' where id = $1`, [
      elsewhere.id,
    ]);
    const look = async () =>
      snapshotOf(await localReq(app.payload), there, old.thread, { limit: 100, before: undefined });
    const before = await look();

    expect(await eraseOld(app.payload)).toBe(1);
    expect(await everything()).not.toContain('long ago');
    expect(await everything()).toContain('kept for ever');
    const after = await look();
    expect(after.messages.map(({ id }) => id)).toEqual([answered.id]);
    const pos = Number(before.cursor.split('.')[1]);
    const entries = await readAfter(queryOf(app.payload), new Map([['brief', { pos }]]));
    const made = (entries.get('brief') ?? []).reduce<Snapshot>((state, { event }) => {
      const parsed = readEvent(JSON.parse(JSON.stringify(event)));
      const next = parsed && reduce(state, parsed);
      if (!next || next === 'stale') throw new Error(`Nothing came of ${JSON.stringify(event)}`);
      return next;
    }, before);
    expect({ ...made, me: null }).toEqual({ ...after, me: null });
    expect(await eraseOld(app.payload)).toBe(0);
  });

  test('two processes don’t erase the same', async () => {
    const visitor = await openSession(app, { site: 'brief' });
    for (let n = 0; n < 60; n += 1) await send(visitor.token, { content: `old ${n}` });
    await queryOf(app.payload)(`update messages set timestamp = now() - interval '40 days' where content like 'old %'`);
    const head = (await logOf(app.payload, 'brief')).length;
    const gone = await Promise.all([eraseOld(app.payload), eraseOld(app.payload), eraseOld(app.payload)]);
    expect(gone.reduce((a, b) => a + b)).toBe(60);
    const events = (await logOf(app.payload, 'brief')).slice(head);
    expect(events.map(({ type }) => type)).toEqual(Array(60).fill('message.erased'));
  });
});

describe('the access log', () => {
  const lines = () =>
    queryOf(app.payload)<{ user: string; what: string; thread: string | null; site: string }>(
      'select "user", what, site, thread from chat_access_log order by id',
    );

  test('says which agent read whose conversation, once while he is at it; own and public ones are not in it', async () => {
    const visitor = await openSession(app, { site: 'halden' });
    const { thread } = await send(visitor.token, { content: 'read me' });
    const agent = await tokenOf(app, 'halden', 'maya@example.com');
    for (let n = 0; n < 3; n += 1) await ask(app, `/api/chat/threads/${thread}/snapshot`, { token: agent.token });
    await ask(app, '/api/chat/threads/room:lobby/snapshot', { token: agent.token });
    await ask(app, `/api/chat/threads/${thread}/snapshot`, { token: visitor.token });
    await ask(app, '/api/chat/threads', { token: agent.token });
    const mine = await until('the lines', async () => {
      const found = (await lines()).filter(({ user, site: key }) => user === maya.user.id && key === 'halden');
      return found.some(({ thread: id }) => id === thread) && found.some(({ what }) => what === 'list') && found;
    });
    expect(mine.filter(({ thread: id }) => id === thread)).toEqual([
      { user: maya.user.id, what: 'read', site: 'halden', thread },
    ]);
    expect(mine.some(({ what }) => what === 'listen')).toBe(true);
    expect((await lines()).some(({ user }) => user === visitor.user.id)).toBe(false);
  });

  test('has what is read in the panel, by whichever door of Payload’s', async () => {
    const visitor = await openSession(app, { site: 'halden' });
    const { thread } = await send(visitor.token, { content: 'in the panel' });
    const login = { Authorization: `JWT ${(await logIn(app, 'maya@example.com')).jwt}` };
    await ask(app, `/api/messages?where[thread][equals]=${thread}&depth=0`, { origin: null, headers: login });
    await until('a line', async () =>
      (await lines()).some(({ thread: id, user }) => id === thread && user === maya.user.id),
    );
    const other = await send((await openSession(app, { site: 'halden' })).token, { content: 'another' });
    await ask(app, `/api/threads/${other.thread}`, { origin: null, headers: boss });
    await until('a line', async () =>
      (await lines()).some(({ thread: id, what }) => id === other.thread && what === 'read'),
    );
  });

  test('is read by admins alone, written by nobody, and forgets after 90 days', async () => {
    const path = '/api/chat-access-log';
    const login = { Authorization: `JWT ${(await logIn(app, 'maya@example.com')).jwt}` };
    const agent = await tokenOf(app, 'halden', 'boss@example.com');
    const asked = [
      ask(app, path, { origin: null, headers: boss }),
      ask(app, path, { origin: null, headers: login }),
      ask(app, path, { token: agent.token }),
      ask(app, path, { origin: null }),
    ];
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([200, 403, 403, 403]);
    for (const method of ['POST', 'PATCH', 'DELETE'])
      expect(
        (await ask(app, `${path}${method === 'POST' ? '' : '/1'}`, { method, origin: null, headers: boss, body: {} }))
          .status,
      ).toBe(403);
    const query = queryOf(app.payload);
    await query(
      `update chat_access_log set at = now() - interval '91 days' where id = (select min(id) from chat_access_log)`,
    );
    expect(await trimAccessLog(app.payload)).toBe(1);
  });
});
