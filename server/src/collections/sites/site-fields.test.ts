/** What an owner sets for one site: words that its pages show, and limits lower than the server's own. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type App, account, edgeKey, room, site, startApp } from '../../../test/app.ts';
import { answer, ask, logIn, openSession, readStream, type Stream } from '../../../test/wire.ts';

let app: App;
let owner: string;
const streams: Stream[] = [];
beforeAll(async () => {
  app = await startApp();
  await account(app.payload, 'Boss', 'admin');
  owner = (await logIn(app, 'boss@example.com')).jwt;
});
afterEach(() => {
  for (const stream of streams.splice(0)) stream.close();
});
afterAll(() => app?.close());

const edit = (key: string, data: object) =>
  answer(
    ask(app, `/api/sites/${key}?depth=0`, {
      method: 'PATCH',
      origin: null,
      headers: { Authorization: `JWT ${owner}` },
      body: data,
    }),
  );
const faultOf = async (key: string, data: object) => {
  const { status, body } = await edit(key, data);
  const [error] = body.errors as Array<{ code: string; data?: { errors: Array<{ path: string; message: string }> } }>;
  expect(error?.code).toBe('invalid');
  return [status, error?.data?.errors.map(({ path, message }) => `${path}: ${message}`).join()];
};
/** From an address, as an edge with its key says it. */
const from = (address: string) => ({ 'X-Chat-Edge': edgeKey, 'X-Chat-Client': address });
const send = (token: string, content: string, address = '192.0.2.1') =>
  ask(app, '/api/messages', { token, headers: from(address), body: { room: 'lobby', content } });

describe('texts', () => {
  const texts = {
    title: 'Halden Help',
    greeting: 'Hej!',
    greetingText: 'We answer within an hour, Monday to Friday.',
    placeholder: 'Ask us anything',
  };

  test('come with every session, whatever its proof, and a renewal; and are not there where nothing is set', async () => {
    await site(app.payload, 'worded');
    await room(app.payload, 'worded', 'lobby');
    const first = await openSession(app, { site: 'worded' });
    expect(first).not.toHaveProperty('texts');
    expect(first).not.toHaveProperty('limits');
    expect((await edit('worded', { texts })).status).toBe(200);
    const { visitor } = first as { visitor?: string };
    for (const [body, asked] of [
      [{}, {}],
      [{ visitor }, {}],
      [{ room: 'lobby' }, {}],
      [{}, { token: first.token }],
      [{}, { headers: { Authorization: `JWT ${owner}` } }],
    ] as const)
      expect(await openSession(app, { site: 'worded', ...body }, asked)).toMatchObject({ texts });
    await edit('worded', { texts: { ...texts, title: '', greeting: null, greetingText: '   ' } });
    expect(((await openSession(app, { site: 'worded' })) as { texts?: object }).texts).toEqual({
      placeholder: texts.placeholder,
    });
    await edit('worded', { texts: { placeholder: '' } });
    expect(await openSession(app, { site: 'worded' })).not.toHaveProperty('texts');
  });

  test('a guest is told where nobody could write as a visitor either', async () => {
    await site(app.payload, 'open-rooms');
    await room(app.payload, 'open-rooms', 'lobby');
    const guest = () => openSession(app, { site: 'open-rooms', room: 'lobby' });
    expect(await guest()).not.toHaveProperty('rooms');
    expect(await openSession(app, { site: 'open-rooms' })).not.toHaveProperty('rooms');
    await edit('open-rooms', { roomWriters: ['member'] });
    expect(await guest()).toMatchObject({ rooms: 'read' });
    await edit('open-rooms', { roomWriters: ['visitor'], visitors: false });
    expect(await guest()).toMatchObject({ rooms: 'read' });
  });

  test('are tidied to one line of plain text, and refused in a sentence where they are too long or something else', async () => {
    await site(app.payload, 'tidy');
    await edit('tidy', { texts: { greetingText: '  We answer\n  soon. <b>Really</b> ' } });
    expect(await openSession(app, { site: 'tidy' })).toMatchObject({
      texts: { greetingText: 'We answer soon. <b>Really</b>' },
    });
    for (const [name, most] of Object.entries({ title: 60, greeting: 60, greetingText: 160, placeholder: 60 })) {
      expect((await edit('tidy', { texts: { [name]: 'x'.repeat(most) } })).status).toBe(200);
      expect(await faultOf('tidy', { texts: { [name]: 'x'.repeat(most + 1) } })).toEqual([
        400,
        `texts.${name}: At most ${most} characters; these are ${most + 1}.`,
      ]);
      for (const bad of ['a\u0007b', 'half \ud83d'])
        expect((await faultOf('tidy', { texts: { [name]: bad } }))[0]).toBe(400);
      expect((await edit('tidy', { texts: { [name]: 5 } })).status).toBe(400);
    }
  });
});

describe('limits', () => {
  test('each is a whole number in its range or nothing, and says so', async () => {
    await site(app.payload, 'ranges');
    const ranges = {
      contentLength: [20, 4000],
      messagesPerMinute: [1, 1800],
      requestsPerMinute: [60, 1_000_000],
      sessionsPerMinute: [5, 1200],
      streamsPerPerson: [4, 250],
      streamsPerAddress: [10, 2000],
    } as const;
    for (const [name, [from, to]] of Object.entries(ranges)) {
      for (const good of [from, to, null])
        expect([name, good, (await edit('ranges', { limits: { [name]: good } })).status]).toEqual([name, good, 200]);
      for (const bad of [from - 1, to + 1, from + 0.5, -1])
        expect([bad, await faultOf('ranges', { limits: { [name]: bad } })]).toEqual([
          bad,
          [
            400,
            `limits.${name}: A whole number from ${from.toLocaleString('en')} to ${to.toLocaleString('en')}, or nothing for the server’s own.`,
          ],
        ]);
    }
  });

  test('the longest message: told to the page, held for a new text and for an edit, to the character', async () => {
    await site(app.payload, 'short', { limits: { contentLength: 20 } });
    await room(app.payload, 'short', 'lobby');
    const session = await openSession(app, { site: 'short' });
    expect(session).toMatchObject({ limits: { contentLength: 20 } });
    const sent = await answer(send(session.token, 'x'.repeat(20)));
    expect(sent.status).toBe(201);
    expect(await answer(send(session.token, 'x'.repeat(21)))).toMatchObject({
      status: 413,
      body: { errors: [{ code: 'too-large', field: 'content', message: 'At most 20 characters.' }] },
    });
    const edited = ask(app, `/api/messages/${(sent.body.doc as { id: string }).id}`, {
      method: 'PATCH',
      token: session.token,
      body: { content: 'x'.repeat(21) },
    });
    expect((await edited).status).toBe(413);
    await edit('short', { limits: { contentLength: 4000 } });
    expect(await openSession(app, { site: 'short' })).not.toHaveProperty('limits');
    expect((await send(session.token, 'x'.repeat(4001))).status).toBe(413);
  });

  test('messages of a person: the next is 429 with its wait; others, and other sites, go on', async () => {
    await site(app.payload, 'slow', { limits: { messagesPerMinute: 3 } });
    await site(app.payload, 'quick');
    await room(app.payload, 'slow', 'lobby');
    await room(app.payload, 'quick', 'lobby');
    const [one, two, elsewhere] = [
      await openSession(app, { site: 'slow' }),
      await openSession(app, { site: 'slow' }),
      await openSession(app, { site: 'quick' }),
    ];
    for (let n = 0; n < 3; n += 1) expect((await send(one.token, `${n}`)).status).toBe(201);
    const refused = await send(one.token, 'a fourth');
    expect([refused.status, Number(refused.headers.get('Retry-After'))]).toEqual([429, expect.any(Number)]);
    expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(((await refused.json()) as { errors: unknown[] }).errors).toMatchObject([{ code: 'rate-limited' }]);
    expect((await send(two.token, 'another person')).status).toBe(201);
    for (let n = 0; n < 5; n += 1) expect((await send(elsewhere.token, `${n}`)).status).toBe(201);
    await edit('slow', { limits: { messagesPerMinute: null } });
    expect((await send(one.token, 'set back')).status).toBe(201);
  });

  test('sessions of an address: others, and others’ sites, are let in', async () => {
    await site(app.payload, 'door', { limits: { sessionsPerMinute: 5 } });
    const knock = async (key: string, address: string) =>
      (await ask(app, '/api/chat/session', { headers: from(address), body: { site: key } })).status;
    const met = [];
    for (let n = 0; n < 7; n += 1) met.push(await knock('door', '192.0.2.9'));
    expect(met).toEqual([200, 200, 200, 200, 200, 429, 429]);
    // Another address of the same /64 is the same.
    for (let n = 0; n < 5; n += 1) await knock('door', `2001:db8::${n + 1}`);
    expect(await knock('door', '2001:db8::ffff')).toBe(429);
    expect(await knock('door', '192.0.2.10')).toBe(200);
    expect(await knock('quick', '192.0.2.9')).toBe(200);
  });

  test('requests of the whole site: all that its people ask is counted, of no other site', async () => {
    await site(app.payload, 'small', { limits: { requestsPerMinute: 60 } });
    const { token } = await openSession(app, { site: 'small' });
    const elsewhere = await openSession(app, { site: 'quick' });
    const read = async (by: string) => (await ask(app, '/api/chat/threads', { token: by })).status;
    const met = [];
    for (let n = 0; n < 62; n += 1) met.push(await read(token));
    // The session was the first; a minute's allowance comes back one by one.
    expect(met.slice(0, 59).every((status) => status === 200)).toBe(true);
    expect(met).toContain(429);
    const other = await ask(app, '/api/chat/session', { headers: from('192.0.2.77'), body: { site: 'small' } });
    expect([other.status, other.headers.has('Retry-After')]).toEqual([429, true]);
    expect(await read(elsewhere.token)).toBe(200);
  });

  test('streams of a person and of an address; and edges are told in hello and when it changes', async () => {
    await site(app.payload, 'narrow', { limits: { streamsPerPerson: 4, streamsPerAddress: 10 } });
    const listen = async (token: string, address: string) => {
      const stream = await readStream(ask(app, '/api/messages/sse', { token, headers: from(address) }));
      streams.push(stream);
      return stream;
    };
    const { token } = await openSession(app, { site: 'narrow' });
    for (let n = 0; n < 4; n += 1) expect((await listen(token, `192.0.2.${n}`)).response.status).toBe(200);
    const fifth = await listen(token, '192.0.2.5');
    expect([fifth.response.status, fifth.response.headers.has('Retry-After')]).toEqual([429, true]);
    const crowd = [];
    for (let n = 0; n < 11; n += 1) {
      const each = await openSession(app, { site: 'narrow' });
      crowd.push((await listen(each.token, '198.51.100.1')).response.status);
    }
    expect(crowd).toEqual([...Array(10).fill(200), 429]);

    const service = await readStream(
      ask(app, '/api/messages/sse?topic=*&site=narrow&tail=0', { origin: null, headers: { 'X-Chat-Edge': edgeKey } }),
    );
    streams.push(service);
    const hello = await service.until('hello', ({ event }) => event === 'hello');
    expect(hello.data).toMatchObject({ bounds: { streamsPerPerson: 4, streamsPerAddress: 10 } });
    await edit('narrow', { limits: { streamsPerPerson: null, streamsPerAddress: 20 } });
    const told = await service.until('the change', ({ data }) => (data as { type?: string }).type === 'site.updated');
    expect(told.data).toMatchObject({ bounds: { streamsPerAddress: 20 } });
    expect((told.data as { bounds: object }).bounds).not.toHaveProperty('streamsPerPerson');
  });

  test('what a site sets higher than the server gives to anybody does not count', async () => {
    const strict = await startApp({ databaseUrl: app.databaseUrl }, { limits: { sends: { count: 2, perS: 60 } } });
    try {
      await site(app.payload, 'greedy', { limits: { messagesPerMinute: 1800 } });
      await room(app.payload, 'greedy', 'lobby');
      const { token } = await openSession(strict, { site: 'greedy' });
      const met = [];
      for (let n = 0; n < 3; n += 1)
        met.push((await ask(strict, '/api/messages', { token, body: { room: 'lobby', content: `${n}` } })).status);
      expect(met).toEqual([201, 201, 429]);
    } finally {
      await strict.close();
    }
  });
});
