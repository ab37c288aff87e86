import type { Session, Snapshot, ThreadRow } from '@payload-chat/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type App, account, edgeKey, room, site, startApp } from '../../test/app.ts';
import { answer, ask, logIn, openSession, page, tokenOf } from '../../test/wire.ts';

let app: App;
let ana: Session;
let ben: Session;
let gus: Session;
let visitor: Session;
const threads: Record<string, string> = {};

beforeAll(async () => {
  app = await startApp();
  await account(app.payload, 'Ana');
  await account(app.payload, 'Ben');
  const agent = await account(app.payload, 'Gus', 'agent');
  await site(app.payload, 'halden', { agents: [agent.id] });
  threads.lobby = await room(app.payload, 'halden', 'lobby');
  threads.staff = await room(app.payload, 'halden', 'staff', { public: false });
  ana = await tokenOf(app, 'halden', 'ana@example.com');
  ben = await tokenOf(app, 'halden', 'ben@example.com');
  gus = await tokenOf(app, 'halden', 'gus@example.com');
  visitor = await openSession(app, { site: 'halden' });
  threads.direct = await send(ana, { receiver: ben.user.id, content: 'message 1' });
  for (let n = 2; n <= 7; n += 1)
    await send(n % 2 ? ana : ben, { receiver: (n % 2 ? ben : ana).user.id, content: `message ${n}` });
  threads.support = await send(visitor, { content: 'Help' });
});
afterAll(() => app?.close());

async function send(who: Session, body: Record<string, unknown>): Promise<string> {
  const { body: sent } = await answer(ask(app, '/api/messages', { token: who.token, body }));
  return (sent.doc as { thread: string }).thread;
}
const snapshot = async (who: Session, id: string, query = '') => {
  const got = await answer(ask(app, `/api/chat/threads/${id}/snapshot${query}`, { token: who.token }));
  return got as unknown as { status: number; body: Snapshot & { errors: Array<{ field: string }> } };
};

describe('[Snapshot]', () => {
  test('holds the thread, its people, the newest messages and where the stream goes on', async () => {
    const { status, body } = await snapshot(ana, threads.direct as string, '?limit=3');
    expect(status).toBe(200);
    expect(Object.keys(body).sort()).toEqual(['cursor', 'me', 'messages', 'participants', 'thread']);
    expect(body.thread).toMatchObject({
      id: threads.direct,
      kind: 'direct',
      status: 'open',
      changed: expect.any(Number),
    });
    expect(body.participants.map(({ user }) => user.id).sort()).toEqual([ana.user.id, ben.user.id].sort());
    expect(body.messages.map(({ content }) => content)).toEqual(['message 5', 'message 6', 'message 7']);
    expect(body.messages.map(({ seq }) => seq)).toEqual([...body.messages.map(({ seq }) => seq)].sort((a, b) => a - b));
    expect(body.cursor).toMatch(/^[0-9a-f]{12}\.\d+$/);
    expect(body.me).toEqual({ unread: 3, readSeq: 0 });
    expect(JSON.stringify(body)).not.toMatch(/example\.com|account|staff|hash/i);
  });

  test('pages by before', async () => {
    const newest = (await snapshot(ana, threads.direct as string, '?limit=3')).body.messages;
    const older = (await snapshot(ana, threads.direct as string, `?limit=3&before=${newest[0]?.seq}`)).body.messages;
    expect(older.map(({ content }) => content)).toEqual(['message 2', 'message 3', 'message 4']);
    const rest = (await snapshot(ana, threads.direct as string, `?before=${older[0]?.seq}`)).body.messages;
    expect(rest.map(({ content }) => content)).toEqual(['message 1']);
  });

  test('[S9] bad paging is 400 with every fault, also for a thread that is not there', async () => {
    const { status, body } = await snapshot(ana, 'unknown', '?limit=x&before=-1');
    expect(status).toBe(400);
    expect(body.errors.map(({ field }) => field)).toEqual(['limit', 'before']);
    for (const query of ['?limit=0', '?limit=1.5', '?before=1e9', '?before=99999999999999999999'])
      expect((await snapshot(ana, threads.direct as string, query)).status).toBe(400);
    expect((await snapshot(ana, threads.direct as string, '?limit=5000')).body.messages).toHaveLength(7);
  });

  test('a room’s is the same for everyone: no me, moderators as its people', async () => {
    const guest = await openSession(app, { site: 'halden', room: 'lobby' });
    await send(visitor, { room: 'lobby', content: 'Hi all' });
    const all = await Promise.all(
      [ana, visitor, gus, guest].map(async (who) => (await snapshot(who, 'room:lobby')).body),
    );
    expect(all[0]).toMatchObject({
      me: null,
      participants: [],
      thread: { id: threads.lobby, key: 'lobby' },
      messages: [{ content: 'Hi all', sender: visitor.user }],
    });
    for (const each of all) expect(each).toEqual(all[0]);
    expect((await snapshot(ana, threads.lobby as string)).body).toEqual(all[0]);
  });

  test('404 for unknown and invisible, alike to the byte', async () => {
    const names = [
      threads.direct,
      threads.support,
      threads.staff,
      'room:staff',
      'room:nowhere',
      'unknown',
      'support',
      '%00',
      'x'.repeat(500),
      "'; drop table messages; --",
    ];
    const outsider = await openSession(app, { site: 'halden' });
    const texts = await Promise.all(
      names.map(async (name) => {
        const response = await ask(
          app,
          `/api/chat/threads/${name === '%00' ? name : encodeURIComponent(name ?? '')}/snapshot`,
          { token: outsider.token },
        );
        expect([name, response.status]).toEqual([name, 404]);
        return response.text();
      }),
    );
    expect(new Set(texts).size).toBe(1);
  });

  test('an agent sees support threads and rooms of his site, and no direct ones', async () => {
    expect((await snapshot(gus, threads.support as string)).status).toBe(200);
    expect((await snapshot(gus, 'room:staff')).status).toBe(200);
    expect((await snapshot(gus, threads.direct as string)).status).toBe(404);
  });

  test('a guest reads the room of his token and nothing else', async () => {
    await room(app.payload, 'halden', 'second');
    const guest = await openSession(app, { site: 'halden', room: 'lobby' });
    expect((await snapshot(guest, 'room:lobby')).status).toBe(200);
    for (const id of ['room:second', 'room:staff', 'support', threads.direct as string])
      expect((await snapshot(guest, id)).status).toBe(404);
    expect((await answer(ask(app, '/api/chat/threads', { token: guest.token }))).body).toEqual({
      docs: [],
      next: null,
    });
  });

  test('counts unread to 100 and no further', async () => {
    const busy = await openSession(app, { site: 'halden' });
    const thread = await send(busy, { content: 'Start' });
    for (let n = 0; n < 105; n += 1) await send(gus, { thread, content: `${n}` });
    expect((await snapshot(busy, 'support')).body.me).toEqual({ unread: 100, readSeq: 0 });
  }, 60_000);
});

describe('[Snapshot] GET /api/chat/threads', () => {
  type Page = { docs: ThreadRow[]; next: string | null; errors: Array<{ field: string }> };
  const list = async (who: Session, query = '') => {
    const got = await answer(ask(app, `/api/chat/threads${query}`, { token: who.token }));
    return got as unknown as { status: number; body: Page };
  };

  test('lists the caller’s own threads, newest first, by cursor', async () => {
    const people = await Promise.all([1, 2, 3].map(() => openSession(app, { site: 'halden' })));
    const made: string[] = [];
    for (const who of people) made.push(await send(who, { content: 'One of three' }));
    const seen: string[] = [];
    let query = '?limit=2';
    for (let turn = 0; turn < 20; turn += 1) {
      const { body } = await list(gus, query);
      seen.push(...body.docs.map(({ thread }) => thread.id));
      if (body.next === null) break;
      query = `?limit=2&cursor=${body.next}`;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.slice(0, 3)).toEqual([...made].reverse());
    expect(seen).toContain(threads.support);
    expect(seen).not.toContain(threads.direct);
  });

  test('a row has the thread, its people, the last message and what is unread', async () => {
    const { body } = await list(ben);
    expect(body.docs).toHaveLength(1);
    expect(body.docs[0]).toEqual({
      thread: expect.objectContaining({ id: threads.direct, kind: 'direct' }),
      participants: expect.arrayContaining([expect.objectContaining({ user: ana.user })]),
      lastMessage: expect.objectContaining({ content: 'message 7', sender: ana.user }),
      unread: 4,
    });
  });

  test('[S9] a bad limit or cursor is 400', async () => {
    for (const query of [
      '?limit=0',
      '?limit=x',
      '?cursor=nonsense',
      `?cursor=${Buffer.from('["a","b"]').toString('base64url')}`,
      `?cursor=${Buffer.from('["2026-13-45T99:99Z","b"]').toString('base64url')}`,
    ])
      expect([query, (await list(ana, query)).status]).toEqual([query, 400]);
    expect((await list(ana, '?limit=x&cursor=!')).body.errors.map(({ field }) => field)).toEqual(['limit', 'cursor']);
  });
});

describe('[Grant]', () => {
  const grant = (body: unknown, token?: string, key: string | null = edgeKey) =>
    ask(app, '/api/chat/grant', {
      body,
      origin: null,
      ...(token ? { token } : {}),
      headers: key === null ? {} : { 'X-Chat-Edge': key },
    });

  test('says yes with the thread, for how long and as of when', async () => {
    const yes = await answer(grant({ topic: `thread:${threads.direct}` }, ana.token));
    expect(yes).toEqual({
      status: 200,
      body: {
        allow: true,
        thread: threads.direct,
        public: false,
        asOf: expect.stringMatching(/^[0-9a-f]{12}\.\d+$/),
        untilMs: expect.any(Number),
      },
    });
    expect(yes.body.untilMs as number).toBeLessThanOrEqual(600_000);
    expect((await answer(grant({ topic: 'room:lobby' }, visitor.token))).body).toMatchObject({
      allow: true,
      thread: threads.lobby,
      public: true,
    });
    expect((await answer(grant({ topic: 'room:staff' }, gus.token))).body).toMatchObject({
      allow: true,
      thread: threads.staff,
      public: false,
    });
  });

  test('says no to forbidden and unknown alike, to the byte', async () => {
    const texts = await Promise.all(
      [`thread:${threads.direct}`, `thread:${threads.support}`, 'thread:unknown', 'room:staff', 'room:nowhere'].map(
        async (topic) => {
          const response = await grant({ topic }, (await openSession(app, { site: 'halden' })).token);
          expect(response.status).toBe(200);
          return response.text();
        },
      ),
    );
    expect(new Set(texts)).toEqual(new Set(['{"allow":false}']));
  });

  test('takes a ticket for its reader, which no other path does', async () => {
    const { body } = await answer(ask(app, '/api/chat/ticket', { method: 'POST', token: ana.token }));
    expect((await answer(grant({ topic: `thread:${threads.direct}`, ticket: body.ticket }))).body).toMatchObject({
      allow: true,
    });
    expect((await grant({ topic: `thread:${threads.direct}`, ticket: ana.token })).status).toBe(401);
    expect((await grant({ topic: `thread:${threads.direct}` }, body.ticket as string)).status).toBe(401);
  });

  test('needs the edge’s key, a reader and a topic by name', async () => {
    const challenge = async (asked: Promise<Response>) => {
      const { status, headers } = await asked;
      return [status, headers.get('WWW-Authenticate')];
    };
    // Told apart: the edge's own fault from its reader's.
    expect(await challenge(grant({ topic: 'room:lobby' }, ana.token, null))).toEqual([401, 'Chat-Edge']);
    expect(await challenge(grant({ topic: 'room:lobby' }, ana.token, 'wrong'))).toEqual([401, 'Chat-Edge']);
    expect(await challenge(grant({ topic: 'room:lobby' }))).toEqual([401, null]);
    expect(await challenge(grant({ topic: 'room:lobby' }, 'x.y.z'))).toEqual([401, null]);
    for (const body of [{}, { topic: 'me' }, { topic: 'everything' }, { topic: 'thread:a b' }, { topic: 5 }, '{'])
      expect((await grant(body, ana.token)).status).toBe(400);
  });
});

describe('[CORS]', () => {
  const paths = [
    '/api/chat/session',
    '/api/chat/jwks',
    '/api/chat/ticket',
    '/api/chat/claim',
    '/api/chat/logout',
    '/api/messages/sse',
    '/api/messages',
    '/api/messages/x',
    '/api/participants/x',
    '/api/chat/threads',
    '/api/chat/threads/x/snapshot',
    '/api/chat/threads/x/read',
    '/api/chat/threads/x/typing',
    '/api/chat/threads/x/participants/y',
    '/api/chat/health',
  ];
  test('every path answers a preflight at once, from any Origin, without credentials', async () => {
    for (const path of paths) {
      const response = await ask(app, path, {
        method: 'OPTIONS',
        origin: 'https://anybody.test',
        headers: { 'Access-Control-Request-Method': 'POST' },
      });
      expect([path, response.status]).toEqual([path, 204]);
      const { headers } = response;
      expect(headers.get('Access-Control-Allow-Origin')).toBe('https://anybody.test');
      expect(headers.get('Vary')).toContain('Origin');
      expect(headers.get('Access-Control-Max-Age')).toBe('7200');
      expect(headers.get('Access-Control-Allow-Credentials')).toBeNull();
      for (const name of ['Authorization', 'Content-Type', 'Last-Event-ID'])
        expect(headers.get('Access-Control-Allow-Headers')).toContain(name);
    }
  });

  test('answers and refusals let the page read them, Retry-After too', async () => {
    for (const response of [
      await ask(app, '/api/chat/threads', { token: ana.token }),
      await ask(app, '/api/chat/threads'),
      await ask(app, '/api/messages', { body: '{' }),
      await ask(app, '/api/chat/session', { body: { site: 'x' } }),
    ]) {
      expect(response.headers.get('Access-Control-Allow-Origin')).toBe(page);
      expect(response.headers.get('Access-Control-Expose-Headers')).toContain('Retry-After');
      expect(response.headers.get('Vary')).toContain('Origin');
      expect(response.headers.get('Cache-Control')).toBe('no-store');
    }
  });
});

describe('the server itself', () => {
  test('its keys are public, without the private part', async () => {
    const response = await ask(app, '/api/chat/jwks', { origin: null });
    const { keys } = (await response.json()) as { keys: Array<Record<string, string>> };
    expect(keys).toEqual([
      {
        kty: 'EC',
        crv: 'P-256',
        x: expect.any(String),
        y: expect.any(String),
        kid: expect.any(String),
        alg: 'ES256',
        use: 'sig',
      },
    ]);
    expect(response.headers.get('Cache-Control')).toMatch(/max-age=\d+/);
  });

  test('says that it is well, and its figures to an edge alone', async () => {
    expect(await answer(ask(app, '/api/chat/health'))).toMatchObject({ status: 200, body: { status: 'ok' } });
    const refused = await ask(app, '/api/chat/metrics');
    expect([refused.status, refused.headers.get('WWW-Authenticate')]).toEqual([401, 'Chat-Edge']);
    const stream = await ask(app, '/api/messages/sse', { token: ana.token });
    const metrics = await (await ask(app, '/api/chat/metrics', { headers: { 'X-Chat-Edge': edgeKey } })).text();
    expect(metrics).toMatch(/^chat_hub_readers\{site="halden"\} 1$/m);
    expect(metrics).toMatch(/^chat_hub_upstreams\{site="halden"\} 1$/m);
    await stream.body?.cancel();
  });

  test('a method override is no way round a rule', async () => {
    const before = await app.payload.count({ collection: 'messages' });
    const response = await ask(app, '/api/messages', {
      token: ana.token,
      body: { room: 'lobby', content: 'x' },
      headers: { 'X-Payload-HTTP-Method-Override': 'GET' },
    });
    expect(response.status).toBe(200);
    expect(((await response.json()) as { docs: unknown[] }).docs.length).toBeGreaterThan(0);
    expect(await app.payload.count({ collection: 'messages' })).toEqual(before);
    const { jwt } = await logIn(app, 'ana@example.com');
    for (const override of ['PATCH', 'DELETE', 'POST'])
      expect(
        (
          await ask(app, '/api/chat/threads', {
            method: 'GET',
            origin: null,
            headers: { Authorization: `JWT ${jwt}`, 'X-Payload-HTTP-Method-Override': override },
          })
        ).status,
      ).toBe(200);
  });
});
