import type { Session } from '@payload-chat/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type App, account, edgeKey, logOf, room, serverUrl, site, startApp } from '../../test/app.ts';
import { answer, ask, identity, logIn, openSession, page, siteSecret, tokenOf } from '../../test/wire.ts';
import { queryOf } from '../log/database.ts';

let app: App;
let ana: Session;
let ben: Session;
let gus: Session;
let visitor: Session;
let foreign: Session;
const ids: Record<string, number> = {};

beforeAll(async () => {
  app = await startApp();
  for (const name of ['Ana', 'Ben', 'Cleo']) ids[name] = (await account(app.payload, name)).id;
  ids.Gus = (await account(app.payload, 'Gus', 'agent')).id;
  await site(app.payload, 'halden', { agents: [ids.Gus], secrets: [siteSecret] });
  await room(app.payload, 'halden', 'lobby');
  await room(app.payload, 'halden', 'members', { public: true });
  await app.payload.update({
    collection: 'sites',
    id: 'halden',
    data: { roomWriters: ['member', 'agent', 'visitor'] },
  });
  ana = await tokenOf(app, 'halden', 'ana@example.com');
  ben = await tokenOf(app, 'halden', 'ben@example.com');
  gus = await tokenOf(app, 'halden', 'gus@example.com');
  visitor = await openSession(app, { site: 'halden' });
  await site(app.payload, 'other', { agents: [ids.Gus] });
  await room(app.payload, 'other', 'lobby');
  foreign = await tokenOf(app, 'other', 'ben@example.com');
});
afterAll(() => app?.close());

type Doc = {
  id: string;
  thread: string;
  seq: number;
  changed: number;
  pos: number;
  content: string;
  sender: { id: string };
  timestamp: string;
  deletedAt?: string;
  editedAt?: string;
};
interface Body {
  doc: Doc;
  message: string;
  errors: Array<{ code: string; field?: string; message: string }>;
}
const call = async (path: string, who: Session | undefined, body?: unknown, method?: string) => {
  const got = await answer(
    ask(app, path, { ...(who ? { token: who.token } : {}), body, ...(method ? { method } : {}) }),
  );
  return got as unknown as { status: number; body: Body };
};
const send = (who: Session | undefined, body: unknown) => call('/api/messages', who, body);
const messages = async () =>
  Number((await queryOf(app.payload)<{ n: string }>('select count(*) as n from messages'))[0]?.n);

describe('[Send] POST /api/messages', () => {
  test('answers 201 with Payload’s shape and the place in the log', async () => {
    const { status, body } = await send(ana, { receiver: ben.user.id, content: 'Hello', localId: 'a-1' });
    expect(status).toBe(201);
    expect(body).toEqual({ doc: expect.any(Object), message: expect.any(String) });
    expect(body.doc).toMatchObject({
      sender: ana.user,
      content: 'Hello',
      localId: 'a-1',
      seq: expect.any(Number),
      pos: expect.any(Number),
    });
    expect(body.doc.changed).toBe(body.doc.seq);
    const log = await logOf(app.payload, 'halden');
    expect(log.find(({ entity }) => entity === body.doc.id)).toMatchObject({
      type: 'message.posted',
      pos: String(body.doc.pos),
      seq: String(body.doc.seq),
    });
  });

  test('the sender is the caller and the time the server’s, whatever the body says', async () => {
    const { body } = await send(ana, {
      receiver: ben.user.id,
      content: 'x',
      sender: ben.user.id,
      timestamp: '1999-01-01T00:00:00Z',
      id: 'mine',
      seq: 5,
    });
    expect(body.doc.sender.id).toBe(ana.user.id);
    expect(Date.parse(body.doc.timestamp)).toBeGreaterThan(Date.now() - 60_000);
    expect(body.doc.id).not.toBe('mine');
  });

  test('takes the seed’s form: { sender, receiver, content } with a Payload login and a bare account id', async () => {
    const { jwt } = await logIn(app, 'ana@example.com');
    const form = { sender: ids.Ana, receiver: ids.Cleo, content: 'As it was' };
    const got = await answer(
      ask(app, '/api/messages?site=halden', { body: form, origin: null, headers: { Authorization: `JWT ${jwt}` } }),
    );
    expect(got).toMatchObject({
      status: 201,
      body: { doc: { sender: { id: `m_${ids.Ana}`, kind: 'member' }, content: 'As it was' } },
    });
    const text = await answer(
      ask(app, '/api/messages?site=halden', {
        body: { ...form, receiver: String(ids.Cleo) },
        origin: null,
        headers: { Authorization: `JWT ${jwt}` },
      }),
    );
    expect((text.body.doc as Doc).thread).toBe((got.body.doc as Doc).thread);
    const ambiguous = await answer(
      ask(app, '/api/messages', { body: form, origin: null, headers: { Authorization: `JWT ${jwt}` } }),
    );
    expect(ambiguous).toMatchObject({ status: 400, body: { errors: [{ field: 'site' }] } });
  });

  test('takes the panel’s multipart form, and the login cookie from the server’s own origin alone', async () => {
    const { cookie } = await logIn(app, 'ana@example.com');
    const sendForm = (origin: string) => {
      const form = new FormData();
      form.set('_payload', JSON.stringify({ receiver: ben.user.id, content: 'By form' }));
      return app.fetch('/api/messages?site=halden', {
        method: 'POST',
        body: form,
        headers: { Cookie: cookie, Origin: origin },
      });
    };
    expect((await sendForm(serverUrl)).status).toBe(201);
    expect((await sendForm(page)).status).toBe(401);
  });

  test('a retry is 200 with the original; another content or target under its localId is 409', async () => {
    const first = await send(ana, { receiver: ben.user.id, content: 'Once', localId: 'once' });
    const again = await send(ana, { receiver: ben.user.id, content: 'Once', localId: 'once' });
    expect(again).toMatchObject({ status: 200, body: { doc: { id: first.body.doc.id, pos: first.body.doc.pos } } });
    expect(await send(ana, { receiver: ben.user.id, content: 'Twice', localId: 'once' })).toMatchObject({
      status: 409,
      body: { errors: [{ code: 'conflict' }] },
    });
    expect((await send(ana, { room: 'lobby', content: 'Once', localId: 'once' })).status).toBe(409);
    expect((await send(ben, { receiver: ana.user.id, content: 'Once', localId: 'once' })).status).toBe(201);
    await call(`/api/messages/${first.body.doc.id}`, ana, undefined, 'DELETE');
    expect(await send(ana, { receiver: ben.user.id, content: 'Once', localId: 'once' })).toMatchObject({
      status: 200,
      body: { doc: { content: '', deletedAt: expect.any(String) } },
    });
  });

  test('ten at once under one localId are one message', async () => {
    const all = await Promise.all(
      Array.from({ length: 10 }, () => send(visitor, { content: 'Same', localId: 'same' })),
    );
    expect(all.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 200, 200, 200, 200, 201]);
    expect(new Set(all.map(({ body }) => body.doc.id)).size).toBe(1);
  });

  test('without a target goes to the caller’s own support thread', async () => {
    const mine = await openSession(app, { site: 'halden' });
    expect((await call('/api/chat/threads/support/snapshot', mine)).status).toBe(404);
    const sent = await send(mine, { content: 'Anybody?' });
    expect(sent.status).toBe(201);
    expect(await call('/api/chat/threads/support/snapshot', mine)).toMatchObject({
      status: 200,
      body: { thread: { id: sent.body.doc.thread, kind: 'support' } },
    });
  });

  test('[S9] 400 with every field’s fault, and nothing is written', async () => {
    const before = await messages();
    const faulty: Array<[unknown, string[]]> = [
      [{}, ['content']],
      [{ content: 5, localId: '', replyTo: 7 }, ['content', 'localId', 'replyTo']],
      [{ content: '', localId: 'x'.repeat(129), thread: {} }, ['thread', 'content', 'localId']],
      [{ content: '   ', room: 'lobby', thread: 'x', receiver: 'y' }, ['room', 'receiver', 'content']],
      [{ content: 'a\u0000b', room: 'lobby' }, ['content']],
      [{ room: 'lobby', content: 'a\ud800' }, ['content']],
      [{ content: 'x', room: 'lobby', replyTo: 'no-such-message' }, ['replyTo']],
      [{ content: 'x', receiver: 'SELF' }, ['receiver']],
    ];
    for (const [body, fields] of faulty) {
      const real = JSON.parse(JSON.stringify(body).replace('SELF', ana.user.id));
      const got = await send(ana, real);
      expect([body, got.status]).toEqual([body, 400]);
      expect([body, got.body.errors.map(({ field }) => field).sort()]).toEqual([body, [...fields].sort()]);
    }
    for (const raw of ['{', 'null', '"text"', '[]', ''])
      expect((await call('/api/messages', ana, raw)).status).toBe(400);
    expect(await messages()).toBe(before);
  });

  test('413 above 4,000 UTF-16 units or 64 KiB; 4,000 pass', async () => {
    expect(await send(ana, { room: 'lobby', content: 'x'.repeat(4001) })).toMatchObject({
      status: 413,
      body: { errors: [{ code: 'too-large' }] },
    });
    expect((await send(ana, { room: 'lobby', content: 'x'.repeat(70_000) })).status).toBe(413);
    expect((await send(ana, { room: 'lobby', content: '€'.repeat(4000) })).status).toBe(201);
  });

  test('404 for what is not there or not to be seen, alike to the byte', async () => {
    const theirs = (await send(ana, { receiver: ben.user.id, content: 'Ours' })).body.doc.thread;
    const outsider = await openSession(app, { site: 'halden' });
    const texts = await Promise.all(
      [
        { thread: theirs },
        { thread: 'unknown' },
        { room: 'nowhere' },
        { receiver: 'm_999999' },
        { receiver: 'x_nobody' },
        { receiver: 'rubbish' },
        { receiver: '99999999999999999999' },
      ].map(async (target) => {
        const response = await ask(app, '/api/messages', { token: outsider.token, body: { ...target, content: 'x' } });
        expect([target, response.status]).toEqual([target, 404]);
        return response.text();
      }),
    );
    expect(new Set(texts).size).toBe(1);
  });

  test('a public room takes whom roomWriters allows, and never a guest', async () => {
    const external = await openSession(app, { site: 'halden', identity: await identity('halden', { name: 'Mira' }) });
    const guest = await openSession(app, { site: 'halden', room: 'lobby' });
    expect((await send(visitor, { room: 'lobby', content: 'Hi' })).status).toBe(201);
    expect(await send(external, { room: 'lobby', content: 'Hi' })).toMatchObject({
      status: 403,
      body: { errors: [{ code: 'forbidden' }] },
    });
    expect((await send(guest, { room: 'lobby', content: 'Hi' })).status).toBe(403);
  });

  test('[S8] a token of another site sees and writes nothing here', async () => {
    const thread = (await send(ben, { receiver: ana.user.id, content: 'Here' })).body.doc.thread;
    expect((await send(foreign, { thread, content: 'x' })).status).toBe(404);
    expect((await call(`/api/chat/threads/${thread}/snapshot`, foreign)).status).toBe(404);
    const id = (await send(foreign, { room: 'lobby', content: 'There' })).body.doc.thread;
    expect((await call(`/api/chat/threads/${id}/snapshot`, ben)).status).toBe(404);
  });

  test('nobody is 401 before the body is looked at, and an Origin that is not the token’s too', async () => {
    expect((await send(undefined, '{')).status).toBe(401);
    const before = await messages();
    const got = await answer(
      ask(app, '/api/messages', {
        token: ana.token,
        origin: 'https://evil.test',
        body: { room: 'lobby', content: 'x' },
      }),
    );
    expect(got.status).toBe(401);
    expect(await messages()).toBe(before);
  });
});

describe('[Send] editing and deleting', () => {
  const own = async (text = 'First') => (await send(ana, { receiver: ben.user.id, content: text })).body.doc;

  test('the author edits; a version is its newest seq, its place stays', async () => {
    const doc = await own();
    const { status, body } = await call(
      `/api/messages/${doc.id}`,
      ana,
      { content: 'Second', sender: ben.user.id, timestamp: '2000-01-01' },
      'PATCH',
    );
    expect(status).toBe(200);
    expect(body.doc).toMatchObject({
      id: doc.id,
      content: 'Second',
      seq: doc.seq,
      changed: doc.seq + 1,
      timestamp: doc.timestamp,
      sender: ana.user,
      editedAt: expect.any(String),
      pos: expect.any(Number),
    });
  });

  test('another who sees it is 403, one who does not is 404 like an unknown id', async () => {
    const doc = await own();
    expect((await call(`/api/messages/${doc.id}`, ben, { content: 'x' }, 'PATCH')).status).toBe(403);
    const hidden = await ask(app, `/api/messages/${doc.id}`, {
      method: 'PATCH',
      token: visitor.token,
      body: { content: 'x' },
    });
    const unknown = await ask(app, '/api/messages/unknown', {
      method: 'PATCH',
      token: visitor.token,
      body: { content: 'x' },
    });
    expect([hidden.status, unknown.status]).toEqual([404, 404]);
    expect(await hidden.text()).toBe(await unknown.text());
    expect((await call(`/api/messages/${doc.id}`, gus, undefined, 'DELETE')).status).toBe(404);
  });

  test('shape before existence: a bad body of an unknown message is 400', async () => {
    expect(await call('/api/messages/unknown', ana, { content: 7 }, 'PATCH')).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'content' }] },
    });
    expect((await call('/api/messages/unknown', ana, { content: 'x'.repeat(4001) }, 'PATCH')).status).toBe(413);
    for (const raw of ['null', '"text"', '[]'])
      expect((await call('/api/messages/unknown', ana, raw, 'PATCH')).status).toBe(400);
  });

  test('a tombstone keeps its place without its text, and can’t be edited', async () => {
    const doc = await own('Secret words');
    const gone = await call(`/api/messages/${doc.id}`, ana, undefined, 'DELETE');
    expect(gone).toMatchObject({
      status: 200,
      body: { doc: { id: doc.id, content: '', deletedAt: expect.any(String), seq: doc.seq } },
    });
    expect((await call(`/api/messages/${doc.id}`, ana, { content: 'x' }, 'PATCH')).status).toBe(403);
    expect((await call(`/api/messages/${doc.id}`, ana, undefined, 'DELETE')).status).toBe(200);
    expect(JSON.stringify(await logOf(app.payload, 'halden'))).not.toContain('Secret words');
  });

  test('a moderator deletes what stands in a room; too late is window-closed for the author alone', async () => {
    const inRoom = (await send(visitor, { room: 'lobby', content: 'Rude' })).body.doc;
    expect((await call(`/api/messages/${inRoom.id}`, ben, undefined, 'DELETE')).status).toBe(403);
    expect((await call(`/api/messages/${inRoom.id}`, gus, undefined, 'DELETE')).status).toBe(200);
    const late = (await send(visitor, { room: 'lobby', content: 'Late' })).body.doc;
    await queryOf(app.payload)(`update messages set timestamp = now() - interval '25 hours' where id = $1`, [late.id]);
    for (const [body, method] of [
      [{ content: 'x' }, 'PATCH'],
      [undefined, 'DELETE'],
    ] as const)
      expect(await call(`/api/messages/${late.id}`, visitor, body, method)).toMatchObject({
        status: 403,
        body: { errors: [{ code: 'window-closed' }] },
      });
    expect((await call(`/api/messages/${late.id}`, gus, undefined, 'DELETE')).status).toBe(200);
  });

  test('bulk writes are refused', async () => {
    const { jwt } = await logIn(app, 'gus@example.com');
    for (const method of ['PATCH', 'DELETE']) {
      const response = await ask(app, '/api/messages?where[content][exists]=true', {
        method,
        token: ana.token,
        ...(method === 'PATCH' ? { body: { content: 'x' } } : {}),
      });
      expect([401, 403, 404]).toContain(response.status);
      const panel = await ask(app, '/api/messages?where[content][exists]=true', {
        method,
        origin: null,
        headers: { Authorization: `JWT ${jwt}` },
        ...(method === 'PATCH' ? { body: { content: 'x' } } : {}),
      });
      expect([401, 403, 404]).toContain(panel.status);
    }
  });

  test('an account of several sites moderates by the message’s own site', async () => {
    const doc = (await send(visitor, { room: 'lobby', content: 'From the panel' })).body.doc;
    const { cookie } = await logIn(app, 'gus@example.com');
    const got = await ask(app, `/api/messages/${doc.id}?depth=0`, {
      method: 'DELETE',
      origin: serverUrl,
      headers: { Cookie: cookie },
    });
    expect(got.status).toBe(200);
    expect(
      (await ask(app, '/api/messages/unknown', { method: 'DELETE', origin: serverUrl, headers: { Cookie: cookie } }))
        .status,
    ).toBe(404);
  });
});

describe('[Send] seats, receipts, typing', () => {
  test('a participant leaves; then the thread is not there for him', async () => {
    const cleo = await tokenOf(app, 'halden', 'cleo@example.com');
    const thread = (await send(cleo, { receiver: ana.user.id, content: 'Bye soon' })).body.doc.thread;
    const snapshot = (await call(`/api/chat/threads/${thread}/snapshot`, cleo)).body as unknown as {
      participants: Array<{ id: string; user: { id: string } }>;
    };
    const seat = snapshot.participants.find(({ user }) => user.id === cleo.user.id);
    const other = snapshot.participants.find(({ user }) => user.id === ana.user.id);
    expect((await call(`/api/participants/${other?.id}`, cleo, undefined, 'DELETE')).status).toBe(403);
    expect((await call(`/api/participants/${other?.id}`, visitor, undefined, 'DELETE')).status).toBe(404);
    expect(await call(`/api/participants/${seat?.id}`, cleo, undefined, 'DELETE')).toMatchObject({
      status: 200,
      body: { doc: { id: seat?.id, user: cleo.user } },
    });
    expect((await call(`/api/chat/threads/${thread}/snapshot`, cleo)).status).toBe(404);
    expect((await call('/api/participants/unknown', cleo, undefined, 'DELETE')).status).toBe(404);
  });

  test('a room’s seat is left by thread and user', async () => {
    const lobby = (await send(visitor, { room: 'lobby', content: 'In' })).body.doc.thread;
    expect(
      (await call(`/api/chat/threads/${lobby}/participants/${visitor.user.id}`, ana, undefined, 'DELETE')).status,
    ).toBe(403);
    expect((await call('/api/chat/threads/room:lobby/participants/me', visitor, undefined, 'DELETE')).status).toBe(200);
    expect((await call(`/api/chat/threads/${lobby}/participants/me`, visitor, undefined, 'DELETE')).status).toBe(404);
    await send(visitor, { room: 'lobby', content: 'In again' });
    expect(
      (await call(`/api/chat/threads/${lobby}/participants/${visitor.user.id}`, gus, undefined, 'DELETE')).status,
    ).toBe(200);
  });

  test('a receipt moves forward only, at most to the head', async () => {
    const { thread, seq } = (await send(ben, { receiver: ana.user.id, content: 'Read me' })).body.doc;
    const read = (body: unknown, who = ana) => call(`/api/chat/threads/${thread}/read`, who, body);
    expect(await read({ seq: seq - 1 })).toMatchObject({ status: 200, body: { doc: { thread, readSeq: seq - 1 } } });
    expect(await call(`/api/chat/threads/${thread}/snapshot`, ana)).toMatchObject({
      body: { me: { unread: 1, readSeq: seq - 1 } },
    });
    expect(await read({ seq: 1 })).toMatchObject({ body: { doc: { readSeq: seq - 1 } } });
    expect(await read({ seq: 1_000_000 })).toMatchObject({ body: { doc: { readSeq: seq } } });
    expect(await call(`/api/chat/threads/${thread}/snapshot`, ana)).toMatchObject({
      body: { me: { unread: 0, readSeq: seq } },
    });
    for (const body of [{}, { seq: -1 }, { seq: '5' }, { seq: 1.5 }, { seq: 1e300 }])
      expect((await read(body)).status).toBe(400);
    expect((await read({ seq: 1 }, visitor)).status).toBe(404);
  });

  test('typing is for those who may write', async () => {
    const { thread } = (await send(ana, { receiver: ben.user.id, content: 'x' })).body.doc;
    const guest = await openSession(app, { site: 'halden', room: 'lobby' });
    expect((await call(`/api/chat/threads/${thread}/typing`, ana, undefined, 'POST')).status).toBe(200);
    expect((await call(`/api/chat/threads/${thread}/typing`, visitor, undefined, 'POST')).status).toBe(404);
    expect((await call('/api/chat/threads/room:lobby/typing', guest, undefined, 'POST')).status).toBe(403);
    expect((await call('/api/chat/threads/unknown/typing', ana, undefined, 'POST')).status).toBe(404);
  });
});

describe('[S9] limits', () => {
  test('429 with Retry-After, per user', async () => {
    const tight = await startApp({ databaseUrl: app.databaseUrl }, { limits: { sends: { count: 3, perS: 30 } } });
    try {
      const statuses: number[] = [];
      for (let index = 0; index < 5; index += 1) {
        const response = await ask(tight, '/api/messages', {
          token: ana.token,
          body: { room: 'lobby', content: `n ${index}` },
        });
        statuses.push(response.status);
        if (response.status === 429) expect(Number(response.headers.get('Retry-After'))).toBeGreaterThan(0);
      }
      expect(statuses).toEqual([201, 201, 201, 429, 429]);
      expect(
        (await ask(tight, '/api/messages', { token: ben.token, body: { room: 'lobby', content: 'mine' } })).status,
      ).toBe(201);
    } finally {
      await tight.close();
    }
  });

  test('an address counts only where an edge’s key vouches for it', async () => {
    const tight = await startApp({ databaseUrl: app.databaseUrl }, { limits: { sessions: { count: 2, perS: 30 } } });
    try {
      const status = async (headers: Record<string, string>) =>
        (await ask(tight, '/api/chat/session', { body: { site: 'halden' }, headers })).status;
      const forged = { 'X-Chat-Client': '1.2.3.4', 'X-Forwarded-For': '1.2.3.4' };
      for (let index = 0; index < 4; index += 1) expect(await status(forged)).toBe(200);
      const vouched = { 'X-Chat-Client': '1.2.3.4', 'X-Chat-Edge': edgeKey };
      expect([await status(vouched), await status(vouched), await status(vouched)]).toEqual([200, 200, 429]);
      expect(await status({ 'X-Chat-Client': '5.6.7.8', 'X-Chat-Edge': edgeKey })).toBe(200);
      expect(await status({ 'X-Chat-Client': '1.2.3.4', 'X-Chat-Edge': 'wrong' })).toBe(200);
      const six = (last: string) => status({ 'X-Chat-Client': `2001:db8:1:2::${last}`, 'X-Chat-Edge': edgeKey });
      expect([await six('1'), await six('2'), await six('3')]).toEqual([200, 200, 429]);
    } finally {
      await tight.close();
    }
  });
});
