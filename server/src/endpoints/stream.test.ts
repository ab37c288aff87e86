import { type Frame, parseCursor, type Session } from '@payload-chat/protocol';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type App, account, edgeKey, room, site, startApp } from '../../test/app.ts';
import { until } from '../../test/until.ts';
import {
  answer,
  ask,
  type Listening,
  listen,
  logIn,
  openSession,
  page,
  readStream,
  type Stream,
  tokenOf,
} from '../../test/wire.ts';
import { signToken } from '../identity/token.ts';
import { queryOf } from '../log/database.ts';
import { runtime } from '../runtime.ts';

let app: App;
let http: Listening;
let ana: Session;
let ben: Session;
let gus: Session;
let lobby: string;
let staff: string;
let direct: string;
const open: Stream[] = [];

beforeAll(async () => {
  app = await startApp();
  http = await listen(app);
  await account(app.payload, 'Ana');
  await account(app.payload, 'Ben');
  const agent = await account(app.payload, 'Gus', 'agent');
  await site(app.payload, 'halden', { agents: [agent.id] });
  await site(app.payload, 'other');
  lobby = await room(app.payload, 'halden', 'lobby');
  staff = await room(app.payload, 'halden', 'staff', { public: false });
  ana = await tokenOf(app, 'halden', 'ana@example.com');
  ben = await tokenOf(app, 'halden', 'ben@example.com');
  gus = await tokenOf(app, 'halden', 'gus@example.com');
  direct = (await send(ana, { receiver: ben.user.id, content: 'Before' })).thread;
});
afterAll(async () => {
  for (const stream of open) stream.close();
  await http?.close();
  await app?.close();
});

interface Doc {
  id: string;
  thread: string;
  seq: number;
  pos: number;
}
async function send(who: Session, body: Record<string, unknown>): Promise<Doc> {
  const { status, body: sent } = await answer(ask(app, '/api/messages', { token: who.token, body }));
  if (status !== 201) throw new Error(JSON.stringify(sent));
  return sent.doc as unknown as Doc;
}

async function stream(
  who: Session | { token: string } | undefined,
  query = '',
  headers: Record<string, string> = {},
): Promise<Stream> {
  const abort = new AbortController();
  const asked = fetch(`${http.url}/api/messages/sse${query}`, {
    signal: abort.signal,
    headers: { Origin: page, ...(who ? { Authorization: `Bearer ${who.token}` } : {}), ...headers },
  });
  const opened = await readStream(asked, abort);
  open.push(opened);
  return opened;
}
const service = (query: string, key: string | undefined = edgeKey) =>
  stream(undefined, query, key === undefined ? {} : { 'X-Chat-Edge': key });

const is = (event: string) => (frame: Frame) => frame.event === event;
const dataOf = (frame: Frame) => frame.data as Record<string, unknown>;
const carries = (id: string) => (frame: Frame) => (frame.data as { message?: { id?: string } })?.message?.id === id;
const headOf = async (key = 'halden') =>
  Number(
    (await queryOf(app.payload)<{ pos: string }>('select pos from chat.sites where site = $1', [key]))[0]?.pos ?? 0,
  );

describe('[Stream] a reader', () => {
  test('is told hello, then ready, then events with the cursor as id', async () => {
    const reader = await stream(ana);
    expect(reader.response.status).toBe(200);
    const { headers } = reader.response;
    expect(headers.get('Content-Type')).toBe('text/event-stream; charset=utf-8');
    expect(headers.get('Cache-Control')).toBe('no-store, no-transform');
    expect(headers.get('X-Accel-Buffering')).toBe('no');
    expect(headers.get('Content-Encoding')).toBeNull();
    await reader.until('ready', is('ready'));
    expect(reader.frames.map(({ event }) => event)).toEqual(['hello', 'ready']);
    const hello = dataOf(reader.frames[0] as Frame);
    expect(hello).toEqual({
      epoch: expect.stringMatching(/^[0-9a-f]{12}$/),
      cursor: expect.any(String),
      pingMs: expect.any(Number),
      maxAgeMs: expect.any(Number),
      atMs: expect.any(Number),
    });
    const sent = await send(ben, { thread: direct, content: 'Hello' });
    const frame = await reader.until('the message', carries(sent.id));
    expect(frame.event).toBe('message');
    expect(frame.id).toBe(`${hello.epoch}.${sent.pos}`);
    expect(frame.data).toMatchObject({
      type: 'message.posted',
      pos: sent.pos,
      thread: direct,
      seq: sent.seq,
      at: expect.any(String),
      actor: ben.user.id,
      message: { id: sent.id, content: 'Hello', sender: ben.user, seq: sent.seq, changed: sent.seq },
    });
  });

  test('[S1] resumes from its cursor without a hole and without a double, then goes on live', async () => {
    const cursor = (await answer(ask(app, `/api/chat/threads/${direct}/snapshot`, { token: ana.token }))).body
      .cursor as string;
    const sent = [];
    for (let n = 0; n < 5; n += 1) sent.push(await send(ben, { thread: direct, content: `replay ${n}` }));
    const reader = await stream(ana, '', { 'Last-Event-ID': cursor });
    await reader.until('ready', is('ready'));
    sent.push(await send(ben, { thread: direct, content: 'live' }));
    await reader.until('the live one', carries(sent.at(-1)?.id ?? ''));
    expect(reader.frames.filter(is('message')).map((frame) => dataOf(frame).pos)).toEqual(sent.map(({ pos }) => pos));
    const byQuery = await stream(ana, `?cursor=${cursor}`);
    await byQuery.until('ready', is('ready'));
    expect(byQuery.frames.filter(is('message'))).toHaveLength(6);
    const empty = await stream(ana, '?cursor=', { 'Last-Event-ID': '' });
    await empty.until('ready', is('ready'));
    expect(empty.frames.filter(is('message'))).toHaveLength(0);
  });

  test('[S2] [S3] [S4] a cursor that can’t be honoured is answered reset, never an error page', async () => {
    const { epoch } = { epoch: await runtime(app.payload).epoch() };
    const reset = async (cursor: string) => {
      const reader = await stream(ana, '', { 'Last-Event-ID': cursor });
      expect(reader.response.status).toBe(200);
      const frame = await reader.until('reset', is('reset'));
      await reader.ended();
      expect(reader.frames[0]?.event).toBe('hello');
      return dataOf(frame);
    };
    expect(await reset('000000000000.1')).toMatchObject({ reason: 'epoch', afterMs: expect.any(Number) });
    for (const cursor of ['nonsense', `${epoch}.-1`, `${epoch}.1.5`, `${epoch}.99999999999999999999`, 'a'.repeat(3000)])
      expect(await reset(cursor)).toMatchObject({ reason: 'gap' });
    const startedMs = Date.now();
    expect(await reset(`${epoch}.${(await headOf()) + 50}`)).toMatchObject({ reason: 'ahead' });
    expect(Date.now() - startedMs).toBeGreaterThan(1500);
  });

  test('[S3] a cursor just ahead is caught up with', async () => {
    const epoch = await runtime(app.payload).epoch();
    const reader = await stream(ana, '', { 'Last-Event-ID': `${epoch}.${(await headOf()) + 1}` });
    await reader.until('hello', is('hello'));
    expect(reader.frames).toHaveLength(1);
    await send(ben, { thread: direct, content: 'the one it had' });
    const next = await send(ben, { thread: direct, content: 'the next' });
    await reader.until('the next', carries(next.id));
    expect(reader.frames.filter(is('message'))).toHaveLength(1);
  });

  test('[S3] a cursor ahead of what this process has heard of is caught up with, though nobody told it', async () => {
    const epoch = await runtime(app.payload).epoch();
    const { tail } = runtime(app.payload);
    const { reads } = tail;
    tail.wake();
    await until('the log to be read', async () => tail.reads > reads); // The next poll is 2 s away.
    await queryOf(app.payload)(
      `insert into chat.events (id, site, type, payload, topics) values (gen_random_uuid(), 'halden', 'site.updated', '{}', '{all}')`,
    );
    const reader = await stream(ana, '', { 'Last-Event-ID': `${epoch}.${await headOf()}` });
    await reader.until('ready or reset', ({ event }) => event === 'ready' || event === 'reset');
    expect(reader.frames.map(({ event }) => event)).toEqual(['hello', 'ready']);
  });

  test('[S2] a cursor older than the ring is expired', async () => {
    const before = await headOf('other');
    await queryOf(app.payload)(
      `insert into chat.events (id, site, type, payload, topics) select gen_random_uuid(), 'other', 'site.updated', '{}', '{all}' from generate_series(1, 2005)`,
    );
    const visitor = await openSession(app, { site: 'other' });
    const epoch = await runtime(app.payload).epoch();
    const late = await stream(visitor, '', { 'Last-Event-ID': `${epoch}.${before}` });
    expect(dataOf(await late.until('reset', is('reset')))).toMatchObject({ reason: 'expired' });
    const whole = await stream(visitor, '', { 'Last-Event-ID': `${epoch}.${(await headOf('other')) - 2000}` });
    await whole.until('ready', is('ready'));
    expect(whole.frames.filter(is('message'))).toHaveLength(2000);
  });

  test('hears what it asked for: me by default, rooms and threads by name', async () => {
    const visitor = await openSession(app, { site: 'halden' });
    const [me, room_, thread, agent, both] = await Promise.all([
      stream(visitor),
      stream(visitor, '?topic=room:lobby'),
      stream(ana, `?topic=thread:${direct}`),
      stream(gus),
      stream(ben, `?topic=me&topic=thread:${lobby}`),
    ]);
    await Promise.all([me, room_, thread, agent, both].map((each) => each.until('ready', is('ready'))));
    const support = await send(visitor, { content: 'Support' });
    const inRoom = await send(ana, { room: 'lobby', content: 'Room' });
    const private_ = await send(ana, { thread: direct, content: 'Direct' });
    await Promise.all([
      me.until('support', carries(support.id)),
      room_.until('room', carries(inRoom.id)),
      thread.until('direct', carries(private_.id)),
      agent.until('support', carries(support.id)),
      both.until('room', carries(inRoom.id)),
      both.until('direct', carries(private_.id)),
    ]);
    const heard = (each: Stream) =>
      each.frames
        .filter(is('message'))
        .flatMap((frame) => (frame.data as { message?: { id: string } }).message?.id ?? []);
    expect(heard(me)).toEqual([support.id]);
    expect(heard(room_)).toEqual([inRoom.id]);
    expect(heard(thread)).toEqual([private_.id]);
    expect(heard(agent)).toEqual([support.id]);
    expect(heard(both)).toEqual([inRoom.id, private_.id]);
  });

  test('with rewind begins with a snapshot, and goes on from its cursor', async () => {
    const reader = await stream(ana, `?topic=thread:${direct}&rewind=2`);
    await reader.until('ready', is('ready'));
    expect(reader.frames.slice(0, 2).map(({ event, id }) => [event, id])).toEqual([
      ['hello', undefined],
      ['snapshot', undefined],
    ]);
    const snapshot = (await answer(ask(app, `/api/chat/threads/${direct}/snapshot?limit=2`, { token: ana.token })))
      .body;
    expect(dataOf(reader.frames[1] as Frame)).toEqual(snapshot);
    const next = await send(ben, { thread: direct, content: 'After the snapshot' });
    await reader.until('the next', carries(next.id));
    expect(reader.frames.filter(is('message'))).toHaveLength(1);
    const ignored = await stream(ana, `?topic=thread:${direct}&rewind=2&cursor=${snapshot.cursor as string}`);
    await ignored.until('ready', is('ready'));
    expect(ignored.frames.some(is('snapshot'))).toBe(false);
    const roomFirst = await stream(ana, '?topic=room:lobby&rewind=50');
    expect(dataOf(await roomFirst.until('snapshot', is('snapshot')))).toMatchObject({
      me: null,
      thread: { key: 'lobby' },
    });
  });

  test('[S9] bad questions are answered before a stream begins', async () => {
    const status = async (query: string, who: Session | undefined = ana) => (await stream(who, query)).response.status;
    const statuses = await Promise.all([
      status('?topic=thread:unknown'),
      status(`?topic=thread:${staff}`),
      status('?topic=room:staff'),
      status('?topic=room:nowhere'),
      status(`?topic=me&topic=thread:${staff}`),
      status('?topic=nonsense'),
      status('?rewind=50'),
      status(`?topic=thread:${direct}&rewind=0`),
      status('?topic=*&site=halden'),
      stream(undefined).then(({ response }) => response.status),
      stream({ token: 'nonsense' }).then(({ response }) => response.status),
      stream(undefined, '?ticket=nonsense').then(({ response }) => response.status),
    ]);
    expect(statuses).toEqual([404, 404, 404, 404, 404, 400, 400, 400, 401, 401, 401, 401]);
    const alike = await Promise.all(
      ['thread:unknown', `thread:${staff}`, 'room:staff', 'room:nowhere'].map(async (topic) =>
        (await ask(app, `/api/messages/sse?topic=${topic}`, { token: ana.token })).text(),
      ),
    );
    expect(new Set(alike).size).toBe(1);
    const wrongPage = await stream(ana, '', { Origin: 'https://evil.test' });
    expect(wrongPage.response.status).toBe(401);
  });

  test('[S8] hears nothing of another site', async () => {
    const foreign = await tokenOf(app, 'other', 'ben@example.com');
    const [theirs, feed] = await Promise.all([stream(foreign), service('?topic=*&site=other')]);
    await Promise.all([theirs, feed].map((each) => each.until('ready', is('ready'))));
    const here = await send(ana, { thread: direct, content: 'Of halden' });
    const there = await send(foreign, { content: 'Of other' });
    await Promise.all([theirs.until('its own', carries(there.id)), feed.until('its own', carries(there.id))]);
    for (const each of [theirs, feed]) expect(JSON.stringify(each.frames)).not.toContain(here.id);
  });
});

describe('[Stream] signals', () => {
  test('[I14] typing reaches the others, once per 3 s, never the typist; it has no id', async () => {
    const [typist, other] = await Promise.all([stream(ana), stream(ben)]);
    await Promise.all([typist, other].map((each) => each.until('ready', is('ready'))));
    for (let n = 0; n < 3; n += 1)
      await ask(app, `/api/chat/threads/${direct}/typing`, { method: 'POST', token: ana.token });
    const frame = await other.until('typing', is('signal'));
    expect(frame.id).toBeUndefined();
    expect(frame.data).toEqual({ type: 'typing', thread: direct, user: ana.user });
    const sent = await send(ana, { thread: direct, content: 'Typed' });
    await Promise.all([typist, other].map((each) => each.until('the message', carries(sent.id))));
    expect(other.frames.filter(is('signal'))).toHaveLength(1);
    expect(typist.frames.filter(is('signal'))).toHaveLength(0);
  });

  test('a receipt says how far somebody has read', async () => {
    const reader = await stream(ana);
    await reader.until('ready', is('ready'));
    const sent = await send(ana, { thread: direct, content: 'Read this' });
    await ask(app, `/api/chat/threads/${direct}/read`, { token: ben.token, body: { seq: sent.seq } });
    const frame = await reader.until('a receipt', is('signal'));
    expect(frame.data).toEqual({ type: 'receipt', thread: direct, user: ben.user, seq: sent.seq });
  });
});

describe('[Stream] the end', () => {
  test('[S6] no stream outlives its token', async () => {
    const { iss: _, ...claims } = decodeJwt(ana.token) as never as Record<string, never>;
    const nowS = Math.floor(Date.now() / 1000);
    const reader = await stream({
      token: await signToken(app.payload, { ...claims, iat: nowS, exp: nowS + 2 } as never),
    });
    expect(dataOf(await reader.until('bye', is('bye'), 7000))).toMatchObject({
      reason: 'token',
      retryMs: expect.any(Number),
    });
    await reader.ended();
    expect(Date.now() / 1000 - nowS).toBeLessThan(7);
  });

  test('[S6] a ticket’s stream ends with the token that it was made from, not with the ticket', async () => {
    const { iss: _, ...claims } = decodeJwt(ana.token) as never as Record<string, never>;
    const nowS = Math.floor(Date.now() / 1000);
    const ticket = await signToken(app.payload, {
      ...claims,
      iat: nowS,
      exp: nowS + 1,
      use: 'ticket',
      ends: nowS + 4,
    } as never);
    const reader = await stream(undefined, `?ticket=${ticket}`);
    const bye = await reader.until('bye', is('bye'), 9000);
    expect(dataOf(bye)).toMatchObject({ reason: 'token' });
    expect(Date.now() / 1000 - nowS).toBeGreaterThan(3.5);
    expect((await stream(undefined, `?ticket=${ticket}`)).response.status).toBe(401);
  });

  test('[S7] [I9] logout: the session’s end is the last it hears, at every stream of it', async () => {
    const visitor = await openSession(app, { site: 'halden' });
    const { body } = await answer(ask(app, '/api/chat/ticket', { method: 'POST', token: visitor.token }));
    const streams = await Promise.all([
      stream(visitor),
      stream(visitor, '?topic=room:lobby'),
      stream(undefined, `?ticket=${body.ticket as string}`),
    ]);
    const feed = await service('?topic=*&site=halden');
    await Promise.all([...streams, feed].map((each) => each.until('ready', is('ready'))));
    expect((await ask(app, '/api/chat/logout', { method: 'POST', token: visitor.token })).status).toBe(200);
    await send(ana, { room: 'lobby', content: 'After the end' });
    for (const each of streams) {
      await each.ended();
      expect(each.frames.slice(-2).map((frame) => [frame.event, dataOf(frame).type ?? dataOf(frame).reason])).toEqual([
        ['message', 'session.ended'],
        ['bye', 'revoked'],
      ]);
    }
    const { sid } = decodeJwt(visitor.token);
    expect((await feed.until('session.ended', (frame) => dataOf(frame)?.type === 'session.ended')).data).toMatchObject({
      session: { sid },
      to: [`session:${sid}`],
      thread: null,
      seq: null,
    });
    const later = await service('?topic=*&site=halden');
    expect(dataOf(await later.until('hello', is('hello'))).revoked).toContain(sid);
  });

  test('[S7] Payload’s own logout ends a member’s streams within 5 s', async () => {
    const login = await logIn(app, 'ana@example.com');
    const mine = await openSession(app, { site: 'halden' }, { headers: { Authorization: `JWT ${login.jwt}` } });
    const reader = await stream(mine);
    await reader.until('ready', is('ready'));
    await ask(app, '/api/users/logout', {
      method: 'POST',
      origin: null,
      headers: { Authorization: `JWT ${login.jwt}` },
    });
    expect(dataOf(await reader.until('bye', is('bye'), 5000))).toMatchObject({ reason: 'revoked' });
  });

  test('[S7] his own participant.left is the last a reader hears of a thread', async () => {
    const visitor = await openSession(app, { site: 'halden' });
    const { thread } = await send(visitor, { content: 'Help' });
    const [named, me] = await Promise.all([stream(visitor, `?topic=thread:${thread}`), stream(visitor)]);
    await Promise.all([named, me].map((each) => each.until('ready', is('ready'))));
    expect(
      (await ask(app, `/api/chat/threads/${thread}/participants/me`, { method: 'DELETE', token: visitor.token }))
        .status,
    ).toBe(200);
    await send(gus, { thread, content: 'Are you there?' });
    await named.ended();
    expect(named.frames.slice(-2).map((frame) => dataOf(frame).type ?? dataOf(frame).reason)).toEqual([
      'participant.left',
      'revoked',
    ]);
    const inRoom = await send(visitor, { room: 'lobby', content: 'Still here' });
    expect(inRoom.id).toBeTruthy();
    await me.until('his leaving', (frame) => dataOf(frame)?.type === 'participant.left');
    expect(JSON.stringify(me.frames)).not.toContain('Are you there?');
    expect((await stream(visitor, `?topic=thread:${thread}`)).response.status).toBe(404);
  });

  test('[I9] whoever leaves while his stream opens hears nothing that was written after', async () => {
    const visitor = await openSession(app, { site: 'halden' });
    const { thread } = await send(visitor, { content: 'Help' });
    const path = `/api/chat/threads/${thread}/participants/me`;
    for (let round = 0; round < 15; round += 1) {
      const [reader, left] = await Promise.all([
        stream(visitor, `?topic=thread:${thread}`),
        ask(app, path, { method: 'DELETE', token: visitor.token }),
      ]);
      expect(left.status).toBe(200);
      const after = await send(gus, { thread, content: `After ${round}` });
      const probe = await stream(gus, `?topic=thread:${thread}&rewind=1`);
      await probe.until('the snapshot', is('snapshot'));
      if (reader.response.status === 200) {
        await reader.ended();
        expect(JSON.stringify(reader.frames)).not.toContain(after.id);
      } else expect(reader.response.status).toBe(404);
      probe.close();
      // Back in his seat, with a thread that he may hear again.
      await send(visitor, { content: `Again ${round}` });
    }
  });

  test('[S7] a room made private sends out those who may not read it', async () => {
    const second = await room(app.payload, 'halden', 'second');
    const [outsider, agent] = await Promise.all([
      stream(await openSession(app, { site: 'halden' }), '?topic=room:second'),
      stream(gus, '?topic=room:second'),
    ]);
    await Promise.all([outsider, agent].map((each) => each.until('ready', is('ready'))));
    await app.payload.update({ collection: 'threads', id: second, data: { public: false } });
    expect(dataOf(await outsider.until('bye', is('bye')))).toMatchObject({ reason: 'revoked' });
    const sent = await answer(
      ask(app, '/api/messages', { token: gus.token, body: { room: 'second', content: 'Among us' } }),
    );
    expect(JSON.stringify(outsider.frames)).not.toContain('Among us');
    expect([201, 403]).toContain(sent.status);
    expect(agent.frames.some(is('bye'))).toBe(false);
  });

  test('[I11] a reader who has gone is no reader any more', async () => {
    const hub = await runtime(app.payload).hub('halden');
    const before = hub.readers;
    const streams = await Promise.all(Array.from({ length: 20 }, () => stream(ana)));
    await Promise.all(streams.map((each) => each.until('ready', is('ready'))));
    expect(hub.readers).toBe(before + 20);
    for (const each of streams) each.close();
    await expect.poll(() => hub.readers, { timeout: 5000 }).toBe(before);
  });
});

describe('[Stream] the service stream', () => {
  test('is for those who have the key: the site’s whole log with the topics of each', async () => {
    const { status, headers } = (await service('?topic=*&site=halden', 'wrong')).response;
    expect([status, headers.get('WWW-Authenticate')]).toEqual([401, 'Chat-Edge']);
    expect((await stream(ana, '?topic=*&site=halden')).response.status).toBe(401);
    expect((await service('?topic=*&site=nobody')).response.status).toBe(404);
    expect((await service('?topic=*')).response.status).toBe(400);
    const feed = await service('?topic=*&site=halden&tail=3');
    await feed.until('ready', is('ready'));
    const earlier = feed.frames.filter(is('message')).map((frame) => dataOf(frame).pos as number);
    const head = parseCursor(dataOf(feed.frames[0] as Frame).cursor as string)?.pos ?? 0;
    expect(earlier).toEqual([head - 2, head - 1, head]);
    const sent = await send(ana, { thread: direct, content: 'For the edge' });
    const frame = await feed.until('the message', carries(sent.id));
    expect(dataOf(frame).to).toEqual(
      expect.arrayContaining([`thread:${direct}`, `user:${ana.user.id}`, `user:${ben.user.id}`]),
    );
    expect(dataOf(frame).pos).toBe(head + 1);
    await ask(app, `/api/chat/threads/${direct}/typing`, { method: 'POST', token: ben.token });
    const signal = await feed.until('a signal', is('signal'));
    expect(dataOf(signal).to).toEqual(expect.arrayContaining([`thread:${direct}`]));
    expect(dataOf(feed.frames[0] as Frame).revoked).toEqual(expect.any(Array));
    await feed.until('ping', is('ping'), 4000);
  });
});

describe('[S9] while draining', () => {
  /** Ana's, at another process. */
  const streamOf = ({ url }: Listening) =>
    readStream(fetch(`${url}/api/messages/sse`, { headers: { Origin: page, Authorization: `Bearer ${ana.token}` } }));

  test('streams are told bye shutdown, new ones 503 with Retry-After', async () => {
    const second = await startApp({ databaseUrl: app.databaseUrl });
    const theirs = await listen(second);
    try {
      const opened = await streamOf(theirs);
      await opened.until('ready', is('ready'));
      // Written in the other process.
      const sent = await send(ben, { thread: direct, content: 'Across processes' });
      await opened.until('the other process’ message', carries(sent.id), 5000);
      await runtime(second.payload).close();
      expect(dataOf(await opened.until('bye', is('bye')))).toMatchObject({
        reason: 'shutdown',
        retryMs: expect.any(Number),
      });
      await opened.ended();
      const refused = await ask(second, '/api/messages/sse', { token: ana.token });
      expect(refused.status).toBe(503);
      expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0);
      expect((await ask(second, '/api/chat/health')).status).toBe(503);
    } finally {
      await theirs.close();
      await second.close();
    }
  });

  test('a process that is told to stop ends its streams one by one; until its turn comes each hears everything', async () => {
    const second = await startApp({ databaseUrl: app.databaseUrl });
    const theirs = await listen(second);
    try {
      const streams = await Promise.all(Array.from({ length: 30 }, () => streamOf(theirs)));
      for (const each of streams) await each.until('ready', is('ready'));
      const hub = await runtime(second.payload).hub('halden');
      expect(hub.readers).toBe(30);
      let isOver = false;
      const drained = runtime(second.payload)
        .drain(4000)
        .then(() => {
          isOver = true;
        });
      expect((await streamOf(theirs)).response.status).toBe(503);
      expect((await ask(second, '/api/chat/health')).status).toBe(503);
      const counts = new Set<number>();
      await expect
        .poll(() => counts.add(hub.readers).size, {
          interval: 50,
          timeout: 6000,
          message: 'different counts on the way',
        })
        .toBeGreaterThan(3);
      expect(isOver).toBe(false);
      const left = streams.filter((each) => !each.frames.some(is('bye')));
      expect(left.length).toBeGreaterThan(0);
      // Written in the other process, while this one drains.
      const { id } = await send(ben, { thread: direct, content: 'While it drains' });
      await drained;
      for (const each of streams) {
        await each.ended();
        expect(dataOf(each.frames.at(-1) as Frame)).toMatchObject({ reason: 'shutdown', retryMs: expect.any(Number) });
      }
      expect(left.some((each) => each.frames.some(carries(id)))).toBe(true);
    } finally {
      await theirs.close();
      await second.close();
    }
  });

  test('told twice, it ends them at once', async () => {
    const second = await startApp({ databaseUrl: app.databaseUrl });
    const theirs = await listen(second);
    try {
      const opened = await streamOf(theirs);
      await opened.until('ready', is('ready'));
      const drained = runtime(second.payload).drain(600_000);
      await runtime(second.payload).drain(600_000);
      await drained;
      await opened.ended();
      expect(dataOf(opened.frames.at(-1) as Frame)).toMatchObject({ reason: 'shutdown' });
    } finally {
      await theirs.close();
      await second.close();
    }
  });

  test('a session ended in one process is refused in another within 5 s', async () => {
    const second = await startApp({ databaseUrl: app.databaseUrl });
    try {
      const visitor = await openSession(second, { site: 'halden' });
      expect((await ask(app, '/api/chat/threads', { token: visitor.token })).status).toBe(200);
      await ask(second, '/api/chat/logout', { method: 'POST', token: visitor.token });
      await expect
        .poll(async () => (await ask(app, '/api/chat/threads', { token: visitor.token })).status, { timeout: 5000 })
        .toBe(401);
    } finally {
      await second.close();
    }
  });
});
