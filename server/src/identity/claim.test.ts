import { readEvent, reduce, type Session, type Snapshot } from '@payload-chat/protocol';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type App, account, edgeKey, localReq, logOf, memberCaller, room, site, startApp } from '../../test/app.ts';
import { answer, ask, identity, logIn, openSession, page, readStream, siteSecret, tokenOf } from '../../test/wire.ts';
import type { Site } from '../collections/sites/site.ts';
import { snapshotOf } from '../endpoints/snapshot.ts';
import { queryOf } from '../log/database.ts';
import { readAfter } from '../log/read.ts';
import { post } from '../messages/post.ts';
import type { Caller } from './caller.ts';
import { toldMessages } from './merge.ts';

let app: App;
let at: Site;
let maya: Caller;
let people = 0;

beforeAll(async () => {
  app = await startApp();
  const agent = await account(app.payload, 'Maya', 'agent');
  await account(app.payload, 'Ana');
  at = await site(app.payload, 'halden', { agents: [agent.id], secrets: [siteSecret] });
  await site(app.payload, 'other', { secrets: [siteSecret] });
  await room(app.payload, 'halden', 'lobby');
  maya = await memberCaller(app.payload, at, agent);
});
afterAll(() => app?.close());

const visit = async () => (await openSession(app, { site: 'halden' })) as Session & { visitor: string };
/** The identity of somebody who was never here. */
const somebody = (claims: Record<string, unknown> = {}) => {
  people += 1;
  return identity('halden', { sub: `person ${people}`, name: `Person ${people}`, ...claims });
};
const claim = (body: Record<string, unknown>, options: Parameters<typeof ask>[2] = {}) =>
  answer(ask(app, '/api/chat/claim', { ...options, body: { site: 'halden', ...body } }));
const send = async (token: string, body: Record<string, unknown>) => {
  const sent = await answer(ask(app, '/api/messages', { token, body }));
  expect([200, 201]).toContain(sent.status);
  return sent.body.doc as { id: string; thread: string; sender: { id: string }; seq: number };
};
const threadsOf = async (token: string) =>
  (await answer(ask(app, '/api/chat/threads', { token }))).body.docs as Array<{ thread: { id: string } }>;
const snapshot = async (token: string, thread: string) => {
  const { status, body } = await answer(ask(app, `/api/chat/threads/${thread}/snapshot`, { token }));
  return { status, ...(body as unknown as Snapshot) };
};
const seen = async (thread: string) =>
  snapshotOf(await localReq(app.payload), maya, thread, { limit: 100, before: undefined });
/** A print of all that a claim could write. */
const everything = async () => {
  const tables = ['chat_users', 'threads', 'participants', 'messages', 'chat.events', 'chat.claims', 'chat.revoked'];
  const print = (table: string) =>
    `(select md5(coalesce(string_agg(t::text, ',' order by t::text), '')) from ${table} t)`;
  const [row] = await queryOf(app.payload)<Record<string, string>>(
    `select ${tables.map((table) => `${print(table)} as "${table}"`).join(', ')}`,
    [],
  );
  return row;
};
const rowsOf = async (user: string) => {
  const query = queryOf(app.payload);
  const [row] = await query<Record<string, string>>(
    `select (select count(*) from chat_users where id = $1) as people,
      (select count(*) from participants where user_id = $1) as seats,
      (select count(*) from messages where sender_id = $1) as messages`,
    [user],
  );
  return row;
};

describe('[Session] a claim', () => {
  test('gives a visitor’s conversation to whom he turned out to be, and answers that person’s session', async () => {
    const visitor = await visit();
    const first = await send(visitor.token, { content: 'as a visitor' });
    await send(visitor.token, { room: 'lobby', content: 'in the room' });
    const { status, body } = await claim({ visitor: visitor.visitor, identity: await somebody({ name: 'Mira' }) });
    expect(status).toBe(200);
    const session = body as unknown as Session;
    expect(session).toMatchObject({ site: 'halden', user: { name: 'Mira', kind: 'external' } });
    expect(session).not.toHaveProperty('visitor');
    const support = await snapshot(session.token, 'support');
    expect(support.thread.id).toBe(first.thread);
    expect(support.messages).toMatchObject([{ id: first.id, content: 'as a visitor', sender: session.user }]);
    expect(support.participants.map(({ user }) => user)).toEqual([session.user]);
    const lobby = await snapshot(session.token, 'room:lobby');
    expect(lobby.messages.at(-1)).toMatchObject({ content: 'in the room', sender: session.user });
    expect(await rowsOf(visitor.user.id)).toEqual({ people: '0', seats: '0', messages: '0' });
    // He goes on in it, and edits what he wrote before.
    expect((await send(session.token, { content: 'as Mira' })).thread).toBe(first.thread);
    const edited = await ask(app, `/api/messages/${first.id}`, {
      method: 'PATCH',
      token: session.token,
      body: { content: 'better' },
    });
    expect(edited.status).toBe(200);
  });

  test('[I5] tells every reader: what an agent makes of the events is what a fresh snapshot says', async () => {
    const visitor = await visit();
    const { thread } = await send(visitor.token, { content: 'one' });
    const gone = await send(visitor.token, { content: 'two' });
    await ask(app, `/api/messages/${gone.id}`, { method: 'DELETE', token: visitor.token });
    await post(await localReq(app.payload), maya, { thread, content: 'three' });
    let state = await seen(thread);
    const pos = Number(state.cursor.split('.')[1]);
    await claim({ visitor: visitor.visitor, identity: await somebody() });
    const entries = (await readAfter(queryOf(app.payload), new Map([['halden', { pos }]]))).get('halden') ?? [];
    for (const { event } of entries) {
      const parsed = readEvent(JSON.parse(JSON.stringify(event)));
      const next = parsed && reduce(state, parsed);
      if (!next || next === 'stale') throw new Error(`Nothing came of ${JSON.stringify(event)}`);
      state = next;
    }
    const { me: _, ...made } = state;
    const { me: __, ...fresh } = await seen(thread);
    expect(made).toEqual(fresh);
    expect(fresh.messages.map(({ sender }) => sender.kind)).toEqual(['external', 'external', 'agent']);
    expect(fresh.messages[1]).toMatchObject({ content: '', deletedAt: expect.any(String) });
  });

  test('ends all of the visitor’s sessions, and his handle opens none any more', async () => {
    const visitor = await visit();
    const again = await openSession(app, { site: 'halden', visitor: visitor.visitor });
    await send(visitor.token, { content: 'hello' });
    const streams = await Promise.all(
      [visitor, again].map(({ token }) => readStream(ask(app, '/api/messages/sse', { token }))),
    );
    const service = await readStream(
      ask(app, '/api/messages/sse?topic=*&site=halden&tail=0', { origin: null, headers: { 'X-Chat-Edge': edgeKey } }),
    );
    await Promise.all([...streams, service].map((stream) => stream.until('ready', ({ event }) => event === 'ready')));
    expect((await claim({ visitor: visitor.visitor, identity: await somebody() })).status).toBe(200);
    for (const stream of streams) {
      const bye = await stream.until('bye', ({ event }) => event === 'bye');
      expect(bye.data).toMatchObject({ reason: 'revoked' });
      await stream.ended();
    }
    const ended = await service.until(
      'session.ended',
      ({ data }) => (data as { type?: string }).type === 'session.ended',
    );
    const { sub, iat } = decodeJwt(again.token) as { sub: string; iat: number };
    expect(ended.data).toMatchObject({ session: { sid: sub }, to: [`session:${sub}`] });
    expect((ended.data as { session: { before: number } }).session.before).toBeGreaterThanOrEqual(iat);
    service.close();
    for (const { token } of [visitor, again]) {
      expect((await ask(app, '/api/chat/threads', { token })).status).toBe(401);
      expect((await answer(ask(app, '/api/chat/session', { token, body: { site: 'halden' } }))).status).toBe(401);
      expect((await ask(app, '/api/messages', { token, body: { content: 'late' } })).status).toBe(401);
    }
    expect(
      (await answer(ask(app, '/api/chat/session', { body: { site: 'halden', visitor: visitor.visitor } }))).status,
    ).toBe(401);
  });

  test('by the same person again changes nothing: the answer may have been lost', async () => {
    const visitor = await visit();
    await send(visitor.token, { content: 'hello' });
    const proof = await somebody();
    const first = await claim({ visitor: visitor.visitor, identity: proof });
    const head = (await logOf(app.payload, 'halden')).length;
    for (const proven of [visitor.visitor, visitor.token]) {
      const second = await claim({ visitor: proven, identity: proof });
      expect(second).toMatchObject({ status: 200, body: { user: (first.body as unknown as Session).user } });
    }
    expect(await logOf(app.payload, 'halden')).toHaveLength(head);
  });

  test('by somebody else is refused, and gives him nothing', async () => {
    const visitor = await visit();
    await send(visitor.token, { content: 'private' });
    const owner = (await claim({ visitor: visitor.visitor, identity: await somebody() })).body as unknown as Session;
    const thief = await somebody();
    expect(await claim({ visitor: visitor.visitor, identity: thief })).toMatchObject({
      status: 409,
      body: { errors: [{ code: 'conflict' }] },
    });
    const session = await openSession(app, { site: 'halden', identity: thief });
    expect(await threadsOf(session.token)).toEqual([]);
    expect(await threadsOf(owner.token)).toHaveLength(1);
  });

  test('that is refused writes nothing: no row of its person, no new name of one who has a row', async () => {
    const visitor = await visit();
    await claim({ visitor: visitor.visitor, identity: await somebody() });
    const known = { sub: 'known', name: 'Known' };
    await openSession(app, { site: 'halden', identity: await identity('halden', known) });
    const { jwt } = await logIn(app, 'ana@example.com');
    const before = await everything();
    const as = { headers: { Authorization: `JWT ${jwt}` } };
    for (const [body, status, options] of [
      [{ visitor: visitor.visitor, identity: await somebody() }, 409],
      [{ visitor: visitor.token, identity: await identity('halden', { ...known, name: 'Renamed' }) }, 409],
      [{ visitor: visitor.visitor }, 409, as],
      [{ identity: await somebody() }, 400],
      [{ visitor: 'forged.handle', identity: await somebody() }, 401],
      [{ visitor: 'forged.handle' }, 401, as],
    ] as const)
      expect((await claim(body, options ?? {})).status).toBe(status);
    expect(await everything()).toEqual(before);
  });

  test('of two at once, one has him', async () => {
    const visitor = await visit();
    await send(visitor.token, { content: 'hello' });
    const proofs = await Promise.all([somebody(), somebody(), somebody()]);
    const answers = await Promise.all(proofs.map((proof) => claim({ visitor: visitor.visitor, identity: proof })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
    const winner = answers.find(({ status }) => status === 200)?.body as unknown as Session;
    expect(await threadsOf(winner.token)).toHaveLength(1);
  });

  test('[I1] what the visitor sends at that very moment is the person’s, or was refused', async () => {
    for (const wrote of [true, false]) {
      const visitor = await visit();
      if (wrote) await send(visitor.token, { content: 'before' });
      const proof = await somebody();
      const [claimed, ...sent] = await Promise.all([
        claim({ visitor: visitor.visitor, identity: proof }),
        ...Array.from({ length: 6 }, (_, n) =>
          answer(ask(app, '/api/messages', { token: visitor.token, body: { content: `during ${n}` } })),
        ),
      ]);
      expect(claimed.status).toBe(200);
      for (const { status } of sent) expect([201, 401, 503]).toContain(status);
      const { token } = claimed.body as unknown as Session;
      const stored = sent.filter(({ status }) => status === 201).map(({ body }) => (body.doc as { id: string }).id);
      const kept = stored.length || wrote ? (await snapshot(token, 'support')).messages.map(({ id }) => id) : [];
      for (const id of stored) expect(kept).toContain(id);
      expect(await rowsOf(visitor.user.id)).toEqual({ people: '0', seats: '0', messages: '0' });
    }
  });

  test('of one who never wrote makes no row and no thread', async () => {
    const visitor = await visit();
    const { status, body } = await claim({ visitor: visitor.visitor, identity: await somebody() });
    expect(status).toBe(200);
    expect(await threadsOf((body as unknown as Session).token)).toEqual([]);
    expect(
      (await answer(ask(app, '/api/chat/session', { body: { site: 'halden', visitor: visitor.visitor } }))).status,
    ).toBe(401);
  });
});

describe('[Session] a claim where both have a support thread', () => {
  test('keeps both: that with the newest message is found as support, the other in the list', async () => {
    const proof = await somebody({ name: 'Mira' });
    const before = await openSession(app, { site: 'halden', identity: proof });
    const older = await send(before.token, { content: 'last month', localId: 'same' });
    const visitor = await visit();
    const newer = await send(visitor.token, { content: 'today', localId: 'same' });
    const { token } = (await claim({ visitor: visitor.visitor, identity: proof })).body as unknown as Session;
    expect((await snapshot(token, 'support')).thread.id).toBe(newer.thread);
    expect((await threadsOf(token)).map(({ thread }) => thread.id)).toEqual([newer.thread, older.thread]);
    expect((await snapshot(token, older.thread)).messages).toHaveLength(1);
    expect((await send(token, { content: 'on' })).thread).toBe(newer.thread);
    expect((await send(token, { thread: older.thread, content: 'there too' })).thread).toBe(older.thread);
  });

  test('where the person’s own is the newer one, that stays', async () => {
    const proof = await somebody();
    const visitor = await visit();
    const older = await send(visitor.token, { content: 'yesterday' });
    const own = await openSession(app, { site: 'halden', identity: proof });
    const newer = await send(own.token, { content: 'today' });
    const { token } = (await claim({ visitor: visitor.visitor, identity: proof })).body as unknown as Session;
    expect((await snapshot(token, 'support')).thread.id).toBe(newer.thread);
    expect((await snapshot(token, older.thread)).messages).toMatchObject([{ content: 'yesterday' }]);
  });

  test('two visitors of one person at once end up in one place', async () => {
    const proof = await somebody();
    const visitors = await Promise.all([visit(), visit()]);
    for (const { token } of visitors) await send(token, { content: 'hello' });
    const answers = await Promise.all(visitors.map(({ visitor }) => claim({ visitor, identity: proof })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const { token } = (answers[0] as (typeof answers)[0] & object).body as unknown as Session;
    expect(await threadsOf(token)).toHaveLength(2);
    expect((await snapshot(token, 'support')).status).toBe(200);
  });

  test('direct threads go the same way; one of the two with each other is ended', async () => {
    const { jwt } = await logIn(app, 'ana@example.com');
    const ana = await tokenOf(app, 'halden', 'ana@example.com');
    const visitor = await visit();
    await send(visitor.token, { receiver: maya.user.id, content: 'to Maya' });
    await send(visitor.token, { receiver: ana.user.id, content: 'to Ana' });
    const claimed = await claim({ visitor: visitor.visitor }, { headers: { Authorization: `JWT ${jwt}` } });
    expect(claimed).toMatchObject({ status: 200, body: { user: { id: ana.user.id, kind: 'member' } } });
    const { token } = claimed.body as unknown as Session;
    expect(await threadsOf(token)).toHaveLength(2);
    const on = await send(token, { receiver: maya.user.id, content: 'as Ana' });
    expect((await snapshot(token, on.thread)).messages.map(({ content }) => content)).toEqual(['to Maya', 'as Ana']);
  });
});

describe('[Session] the proofs of a claim', () => {
  test('may be tokens: the person’s as Bearer with the handle, the visitor’s as Bearer with an identity', async () => {
    for (const way of ['person', 'visitor'] as const) {
      const visitor = await visit();
      await send(visitor.token, { content: 'hello' });
      const proof = await somebody();
      const own = await openSession(app, { site: 'halden', identity: proof });
      const { status, body } =
        way === 'person'
          ? await claim({ visitor: visitor.visitor }, { token: own.token })
          : await claim({ identity: proof }, { token: visitor.token });
      expect(status).toBe(200);
      expect(body.user).toEqual(own.user);
      expect(await threadsOf((body as unknown as Session).token)).toHaveLength(1);
    }
  });

  test('are both needed and both good: what is bad is 401, what is missing 400', async () => {
    const visitor = await visit();
    const foreign = await openSession(app, { site: 'other' });
    const guest = await openSession(app, { site: 'halden', room: 'lobby' });
    const good = await somebody();
    const over = await visit();
    await ask(app, '/api/chat/logout', { method: 'POST', token: over.token });
    const { body: ticket } = await answer(ask(app, '/api/chat/ticket', { method: 'POST', token: visitor.token }));
    const cases: Array<[number, Record<string, unknown>, Parameters<typeof ask>[2]?]> = [
      [400, { identity: good }],
      [400, {}, { token: (await openSession(app, { site: 'halden', identity: good })).token }],
      [401, { visitor: visitor.visitor }],
      [401, { visitor: visitor.visitor }, { token: visitor.token }],
      [401, { visitor: visitor.visitor }, { token: guest.token }],
      [401, { visitor: visitor.visitor, identity: 'nonsense' }],
      [401, { visitor: visitor.visitor, identity: await identity('other') }],
      [401, { visitor: visitor.visitor }, { headers: { Authorization: 'JWT nonsense' } }],
      [401, { visitor: visitor.visitor, identity: good }, { headers: { Authorization: 'Basic YTpi' } }],
      [401, { visitor: visitor.visitor, identity: good }, { headers: { Authorization: 'Bearer nonsense' } }],
      [401, { visitor: 'nonsense', identity: good }],
      [401, { visitor: foreign.visitor, identity: good }],
      [401, { visitor: foreign.token, identity: good }],
      [401, { visitor: guest.token, identity: good }],
      [401, { visitor: over.token, identity: good }],
      [401, { visitor: ticket.ticket, identity: good }],
      [400, { visitor: (await visit()).visitor, identity: good }, { token: visitor.token }],
    ];
    const before = await logOf(app.payload, 'halden');
    for (const [index, [status, body, options]] of cases.entries())
      expect([index, (await claim(body, options)).status]).toEqual([index, status]);
    expect(await logOf(app.payload, 'halden')).toHaveLength(before.length);
    expect((await ask(app, '/api/chat/threads', { token: visitor.token })).status).toBe(200);
  });

  test('count for the page that they are shown on', async () => {
    const visitor = await visit();
    const proof = await somebody();
    for (const origin of ['https://evil.test', 'null'])
      expect(await claim({ visitor: visitor.visitor, identity: proof }, { origin })).toMatchObject({
        status: 403,
        body: { errors: [{ code: 'origin-not-allowed' }] },
      });
    expect((await claim({ site: 'nobody', visitor: visitor.visitor })).status).toBe(404);
    await app.payload.update({ collection: 'sites', id: 'halden', data: { origins: [page, 'https://two.test'] } });
    expect((await claim({ visitor: visitor.token, identity: proof }, { origin: 'https://two.test' })).status).toBe(401);
  });
});

test('[I5] a visitor of very many messages is told of by one event, at which readers look anew', async () => {
  const visitor = await visit();
  const { thread } = await send(visitor.token, { content: 'one' });
  const query = queryOf(app.payload);
  await query(
    `insert into messages (id, content, sender_id, thread_id, timestamp, seq, changed)
      select 'bulk-' || n, 'bulk', $1, $2, now(), 1000 + n, 1000 + n from generate_series(1, $3::int) n`,
    [visitor.user.id, thread, toldMessages],
  );
  const head = (await logOf(app.payload, 'halden')).length;
  const { body } = await claim({ visitor: visitor.visitor, identity: await somebody() });
  const events = (await logOf(app.payload, 'halden')).slice(head);
  expect(events.map(({ type }) => type)).toEqual([
    'session.ended',
    'participant.left',
    'participant.joined',
    'user.erased',
  ]);
  expect(events.at(-1)).toMatchObject({ topics: ['all'], payload: { user: { id: visitor.user.id } } });
  const { messages } = await snapshot((body as unknown as Session).token, thread);
  expect(new Set(messages.map(({ sender }) => sender.id))).toEqual(new Set([(body as unknown as Session).user.id]));
});
