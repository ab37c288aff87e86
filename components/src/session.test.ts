import { ChatError } from '@payload-chat/protocol';
import { describe, expect, test, vi } from 'vitest';
import { setUp } from '../test/harness.ts';

const key = 'payload-chat:https://edge.test:halden';

describe('a visitor', () => {
  test('sees an empty support thread and keeps nothing before he writes', async () => {
    const { edge, flow, browser } = setUp();
    const visitor = browser();
    const { store, texts } = visitor.look({ support: true });
    await flow();
    expect(store.view.phase).toEqual({ is: 'ready' });
    expect(store.view.connection).toEqual({ is: 'live' });
    expect(store.view.thread).toBeUndefined();
    expect(store.view.me?.kind).toBe('visitor');
    expect(visitor.storage.items.size).toBe(0);
    expect(edge.supportOf(store.view.me?.id ?? '')).toBeUndefined();
    store.send('Hi');
    expect(texts()).toEqual(['Hi (pending)']);
    await flow();
    expect(texts()).toEqual(['Hi']);
    expect(store.view.thread?.kind).toBe('support');
    expect([...visitor.storage.items.keys()]).toEqual([key]);
  });

  test('never blinks while his first message makes the thread', async () => {
    const { flow, browser } = setUp();
    const { store, views } = browser().look({ support: true });
    await flow();
    views.length = 0;
    store.send('Hi');
    await flow(500);
    expect(views.length).toBeGreaterThan(0);
    for (const view of views) {
      expect(view.messages.map(({ content }) => content)).toEqual(['Hi']);
      expect(view.phase.is).toBe('ready');
    }
  });

  test('hears the agent who answers', async () => {
    const { edge, flow, browser } = setUp();
    const { store, texts } = browser().look({ support: true });
    await flow();
    store.send('Hi');
    await flow();
    edge.post('m_3', edge.supportOf(store.view.me?.id ?? '') ?? '', 'Hello, how can I help?');
    await flow();
    expect(texts()).toEqual(['Hi', 'Hello, how can I help?']);
  });

  test('finds his thread again at the next visit', async () => {
    const { flow, browser } = setUp();
    const first = browser();
    const { store } = first.look({ support: true });
    await flow();
    store.send('Hi');
    await flow();
    first.client.close();
    const { texts } = browser({ storage: first.storage }).look({ support: true });
    await flow();
    expect(texts()).toEqual(['Hi']);
  });

  test('whose handle is refused is a stranger again', async () => {
    const { flow, browser } = setUp();
    const visitor = browser();
    visitor.storage.setItem(key, 'handle:?');
    const { store } = visitor.look({ support: true });
    await flow();
    expect(store.view.phase).toEqual({ is: 'ready' });
    expect(visitor.storage.items.size).toBe(0);
  });

  test('who did not write yet has no thread, and nobody is asked for it until he writes', async () => {
    const { edge, flow, browser, asked } = setUp();
    const visitor = browser();
    const { store, texts } = visitor.look({ support: true });
    await flow(60_000);
    expect([store.view.phase.is, store.view.connection.is]).toEqual(['ready', 'live']);
    expect(asked()).toEqual(['POST chat/session', 'GET messages/sse']);
    visitor.line.cut();
    await flow(10_000);
    visitor.line.uncut();
    await flow(31_000);
    expect(asked().filter((line) => line.includes('snapshot'))).toEqual([]);
    store.send('Hello');
    await flow();
    edge.post('m_3', store.view.thread?.id ?? '', 'May I help?');
    await flow();
    expect(texts()).toEqual(['Hello', 'May I help?']);
    const again = browser({ storage: visitor.storage }).look({ support: true });
    await flow();
    expect(again.texts(), 'at the next visit').toEqual(['Hello', 'May I help?']);
  });

  test('a member hears of a thread that is made for him between the snapshot and the stream', async () => {
    const { edge, clock, flow, browser } = setUp();
    const member = browser({ user: 'm_1' });
    const { store, texts } = member.look({ support: true });
    while (!edge.requests.some(({ path }) => path.endsWith('snapshot'))) await flow(1);
    member.line.slow(50);
    edge.post('m_3', edge.makeSupport('m_1', 'm_3'), 'May I help?');
    await flow(1000);
    expect(texts()).toEqual(['May I help?']);
    expect(store.view.thread?.kind).toBe('support');
    expect(clock.pending).toBeGreaterThan(0);
  });

  test('who writes in a second tab goes on as the one who wrote in the first', async () => {
    const { edge, flow, browser } = setUp();
    const one = browser();
    const two = browser({ storage: one.storage });
    const first = one.look({ support: true });
    const second = two.look({ support: true });
    await flow();
    expect(first.store.view.me?.id).not.toBe(second.store.view.me?.id);
    first.store.send('From the first');
    await flow();
    second.store.send('From the second');
    await flow(500);
    expect(second.texts()).toEqual(['From the first', 'From the second']);
    expect(first.texts()).toEqual(['From the first', 'From the second']);
    expect(second.store.view.me?.id).toBe(first.store.view.me?.id);
    expect(second.store.view.messages.every(({ own }) => own)).toBe(true);
    expect(edge.truth(second.store.view.thread?.id ?? '').messages).toHaveLength(2);
  });

  test('can write where storage is forbidden', async () => {
    const { flow, browser } = setUp();
    const storage = {
      getItem: () => null,
      setItem: () => {
        throw new DOMException('Full', 'QuotaExceededError');
      },
      removeItem: () => {},
    };
    const { store, texts } = browser({ storage }).look({ support: true });
    await flow();
    store.send('Hi');
    await flow();
    expect(texts()).toEqual(['Hi']);
  });
});

describe('a room', () => {
  test('is read as a guest, and the first send asks for a visitor’s session', async () => {
    const { edge, flow, browser } = setUp();
    const room = edge.makeRoom('lobby');
    edge.post('m_1', room, 'Welcome');
    const reader = browser();
    const { store, texts } = reader.look({ room: 'lobby' });
    await flow();
    expect(store.view.me?.kind).toBe('guest');
    expect(edge.requests[0]?.body).toEqual({ site: 'halden', room: 'lobby' });
    expect(edge.requests.at(-1)?.query).toBe('?topic=room%3Alobby');
    expect(texts()).toEqual(['Welcome']);
    expect(store.view.readByOthers).toBe(0);
    expect(store.view.newAfter).toBeNull();
    expect(reader.storage.items.size).toBe(0);
    store.send('Hello all');
    expect(store.view.messages[1]).toMatchObject({ own: true, delivery: { is: 'pending' } });
    edge.post('m_1', room, 'Meanwhile');
    await flow(500);
    expect(store.view.me?.kind).toBe('visitor');
    expect(texts()).toEqual(['Welcome', 'Meanwhile', 'Hello all']);
    expect(store.view.messages.map(({ own }) => own)).toEqual([false, false, true]);
    expect(reader.storage.items.size).toBe(1);
    expect(edge.streams).toBe(1);
  });

  test('loses and doubles nothing while the stream moves over', async () => {
    const { edge, flow, browser } = setUp();
    const room = edge.makeRoom('lobby');
    const reader = browser();
    const { store, views, texts } = reader.look({ room: 'lobby' });
    await flow();
    reader.line.slow(100);
    store.send('Mine');
    for (let index = 0; index < 40; index += 1) {
      edge.post('m_1', room, `${index}`);
      await flow(25);
    }
    await flow(2000);
    expect(texts()).toEqual(edge.truth(room).messages.map(({ content }) => content));
    expect(texts()).toHaveLength(41);
    expect(views.every(({ messages }) => new Set(messages.map(({ id }) => id)).size === messages.length)).toBe(true);
    expect(edge.streams).toBe(1);
  });

  test('stays readable where the site lets no visitors write', async () => {
    const { edge, flow, browser } = setUp({ visitors: false });
    const room = edge.makeRoom('lobby');
    const { store, texts } = browser().look({ room: 'lobby' });
    await flow();
    store.send('May I?');
    await flow();
    expect(store.view.messages[0]?.delivery).toMatchObject({ is: 'failed', error: { code: 'forbidden' } });
    edge.post('m_1', room, 'Still here');
    await flow();
    expect(texts()).toEqual(['Still here', 'May I? (failed)']);
    expect(store.view.me?.kind).toBe('guest');
  });

  test('that is private is absent for a guest', async () => {
    const { edge, flow, browser } = setUp();
    edge.makeRoom('staff', { public: false });
    const { store } = browser().look({ room: 'staff' });
    await flow();
    expect(store.view.phase).toEqual({ is: 'absent' });
  });

  test('beside another thread takes a visitor, who is still kept nowhere', async () => {
    const { edge, flow, browser } = setUp();
    edge.makeRoom('lobby');
    const reader = browser();
    const { store } = reader.look({ room: 'lobby' });
    await flow();
    const support = reader.look({ support: true });
    await flow();
    expect(support.store.view.phase).toEqual({ is: 'ready' });
    expect(store.view.me?.kind).toBe('visitor');
    expect(store.view.phase).toEqual({ is: 'ready' });
    expect(reader.storage.items.size).toBe(0);
    expect(edge.streams).toBe(1);
  });
});

describe('at the page’s own origin', () => {
  test('the cookie says who it is', async () => {
    const { edge, flow, browser } = setUp();
    edge.signIn('m_1');
    const { store } = browser({ origin: edge.url }).look({ thread: edge.makeDirect('m_1', 'm_2') });
    await flow();
    expect(edge.requests[0]?.body).toEqual({ site: 'halden' });
    expect(store.view.me?.id).toBe('m_1');
    expect(store.view.phase.is).toBe('ready');
  });

  test('without one a kept handle is used', async () => {
    const { edge, flow, browser } = setUp();
    const first = browser({ origin: edge.url });
    const { store } = first.look({ support: true });
    await flow();
    store.send('Hi');
    await flow();
    first.client.close();
    const { texts } = browser({ origin: edge.url, storage: first.storage }).look({ support: true });
    await flow();
    expect(texts()).toEqual(['Hi']);
  });
});

test('what the site says of itself is shown, and no secret with it', async () => {
  const says = { texts: { title: 'Halden', greeting: 'Good morning' }, limits: { contentLength: 500 } };
  const { flow, browser } = setUp({ says });
  const { store } = browser().look({ support: true });
  await flow();
  expect(store.view.site).toMatchObject(says);
  store.send('Hi');
  await flow();
  expect(JSON.stringify(store.view)).not.toMatch(/e30\.|handle:/);
});

describe('a token', () => {
  test('[S6] of a visitor is renewed by itself 60 s before its end, and the stream moves over', async () => {
    const { edge, flow, browser } = setUp({ tokenMs: 600_000 });
    const { store, texts } = browser().look({ support: true });
    await flow();
    store.send('Hi');
    await flow();
    const before = edge.requests.length;
    await flow(538_000);
    expect(edge.requests.slice(before).filter(({ path }) => path === 'chat/session')).toEqual([]);
    await flow(5000);
    const asked = edge.requests.slice(before).map(({ method, path, body }) => [method, path, body]);
    expect(asked).toContainEqual(['POST', 'chat/session', { site: 'halden' }]);
    expect(asked.at(-1)?.[1]).toBe('messages/sse');
    edge.post('m_3', store.view.thread?.id ?? '', 'Hello');
    await flow(120_000);
    expect(store.view.connection.is).toBe('live');
    expect(texts()).toEqual(['Hi', 'Hello']);
  });

  test('comes from getToken at the start and 60 s before its end', async () => {
    const { edge, flow, browser } = setUp({ tokenMs: 600_000 });
    const thread = edge.makeDirect('m_1', 'm_2');
    const getToken = vi.fn(edge.getToken('m_1'));
    browser({ getToken }).look({ thread });
    await flow();
    expect(getToken).toHaveBeenCalledTimes(1);
    await flow(538_000);
    expect(getToken).toHaveBeenCalledTimes(1);
    await flow(5000);
    expect(getToken).toHaveBeenCalledTimes(2);
    expect(edge.requests.filter(({ path }) => path === 'chat/session')).toEqual([]);
  });

  test('that could not be renewed is asked for again before its end', async () => {
    const { edge, flow, browser } = setUp({ tokenMs: 600_000 });
    const visitor = browser();
    const { store } = visitor.look({ support: true });
    await flow();
    store.send('Hi');
    await flow();
    visitor.line.failNext(2, { status: 503 }, 'session');
    await flow(590_000);
    const id = store.view.me?.id;
    await flow(120_000);
    expect(store.view.me?.id).toBe(id);
    expect(store.view.connection.is).toBe('live');
    expect(edge.streams).toBe(1);
  });

  test('is let lapse while nobody looks', async () => {
    const { edge, flow, browser } = setUp({ tokenMs: 600_000 });
    const { store, leave } = browser().look({ support: true });
    await flow();
    leave();
    await flow(700_000);
    expect(edge.requests.filter(({ path }) => path === 'chat/session')).toHaveLength(1);
    store.subscribe(() => {});
    await flow();
    expect(store.view.phase.is).toBe('ready');
  });

  test('that is refused is replaced once, without a word', async () => {
    const { flow, browser, asked } = setUp();
    const visitor = browser();
    const { store, texts } = visitor.look({ support: true });
    await flow();
    asked();
    visitor.line.failNext(1, { status: 401, code: 'unauthorized' }, 'POST /api/messages');
    store.send('Hi');
    await flow();
    expect(texts()).toEqual(['Hi']);
    expect(asked().filter((line) => line === 'POST chat/session')).toHaveLength(1);
  });

  test('that is refused again and again is asked for with growing pauses', async () => {
    const { edge, flow, browser } = setUp();
    const visitor = browser();
    visitor.line.failNext(1000, { status: 401, code: 'unauthorized' }, 'snapshot');
    const { store } = visitor.look({ thread: 'one' });
    await flow(60_000);
    expect(store.view.phase.is).toBe('failed');
    const sessions = edge.requests.filter(({ path }) => path === 'chat/session').length;
    expect(sessions).toBeGreaterThan(3);
    expect(sessions).toBeLessThan(30);
  });

  test('[S7] of a session that was ended elsewhere is replaced', async () => {
    const { edge, flow, browser } = setUp();
    const { store, texts } = browser({ user: 'm_1' }).look({ thread: edge.makeDirect('m_1', 'm_2') });
    await flow();
    edge.endSession('s1');
    await flow(5000);
    edge.post('m_2', store.view.thread?.id ?? '', 'Still there?');
    await flow();
    expect(store.view.connection.is).toBe('live');
    expect(texts()).toEqual(['Still there?']);
  });

  test('getToken’s final refusal is failed; a network that is down is not', async () => {
    const { edge, flow, browser } = setUp();
    const thread = edge.makeDirect('m_1', 'm_2');
    const getToken = vi.fn(async (): Promise<{ token: string; expiresAt: string }> => {
      throw new ChatError('origin-not-allowed');
    });
    const { store } = browser({ getToken }).look({ thread });
    await flow();
    expect(store.view.phase).toMatchObject({ is: 'failed', error: { code: 'origin-not-allowed' } });
    getToken.mockRejectedValueOnce(new TypeError('Failed to fetch'));
    getToken.mockImplementation(edge.getToken('m_1'));
    store.reload();
    await flow(5000);
    expect(store.view.phase.is).toBe('ready');
  });

  test('without the rest of the answer: the edge says whose it is', async () => {
    const { edge, flow, browser } = setUp({ tokenMs: 600_000 });
    const getToken = vi.fn(async () => {
      const { token, expiresAt } = await edge.getToken('m_1')();
      return { token, expiresAt };
    });
    const { store, texts } = browser({ getToken }).look({ thread: edge.makeDirect('m_1', 'm_2') });
    await flow();
    expect(store.view.me).toEqual({ id: 'm_1', name: 'Ana Ferreira', kind: 'member' });
    store.send('Hi');
    await flow(538_000);
    expect(texts()).toEqual(['Hi']);
    expect(getToken).toHaveBeenCalledTimes(1);
    await flow(5000);
    expect(getToken).toHaveBeenCalledTimes(2);
  });

  test('that is none is asked for again with growing pauses', async () => {
    const { edge, flow, browser } = setUp();
    const thread = edge.makeDirect('m_1', 'm_2');
    const getToken = vi.fn(async () => ({ token: 'secret', expiresAt: '' }));
    const { store } = browser({ getToken }).look({ thread });
    await flow(60_000);
    expect(store.view.phase).toMatchObject({ is: 'failed', error: { retry: true } });
    expect(getToken.mock.calls.length).toBeLessThan(20);
    getToken.mockImplementation(edge.getToken('m_1'));
    await flow(31_000);
    expect(store.view.phase.is).toBe('ready');
  });

  test('of a guest that getToken brings is used as it is', async () => {
    const { edge, flow, browser } = setUp();
    edge.makeRoom('lobby');
    const line = edge.line();
    const getToken = vi.fn(async () => {
      const body = JSON.stringify({ site: edge.site, room: 'lobby' });
      return (await line.fetch(`${edge.url}/api/chat/session`, { method: 'POST', body })).json();
    });
    const { store } = browser({ getToken }).look({ room: 'lobby' });
    await flow();
    expect(store.view.me?.kind).toBe('guest');
    store.send('May I?');
    await flow();
    expect(store.view.messages[0]?.delivery).toMatchObject({ is: 'failed', error: { code: 'forbidden' } });
    expect(getToken.mock.calls.length).toBeLessThan(6);
  });

  test('is shared by all who ask at once', async () => {
    const { edge, flow, browser } = setUp();
    const getToken = vi.fn(edge.getToken('m_1'));
    const ana = browser({ getToken });
    ana.look({ thread: edge.makeDirect('m_1', 'm_2') });
    ana.look({ thread: edge.makeDirect('m_1', 'm_3') });
    ana.look({ room: 'nowhere' });
    await flow();
    expect(getToken).toHaveBeenCalledTimes(1);
  });

  test('a clock that is hours ahead does not ask for one at every request', async () => {
    const { edge, flow, browser, clock } = setUp();
    const ahead = { now: () => clock.now() + 5 * 3_600_000, after: clock.after };
    const { store, texts } = browser({ clock: ahead }).look({ support: true });
    await flow();
    store.send('Hi');
    await flow();
    expect(texts()).toEqual(['Hi']);
    expect(edge.requests.filter(({ path }) => path === 'chat/session')).toHaveLength(1);
  });
});

describe('another user', () => {
  test('after reset nothing of the last one is left', async () => {
    const { edge, flow, browser } = setUp();
    const thread = edge.makeDirect('m_1', 'm_2');
    let user = 'm_1';
    const ana = browser({ getToken: () => edge.getToken(user)() });
    const { store, texts } = ana.look({ thread });
    await flow();
    ana.line.failNext(1, { status: 400, code: 'invalid' }, 'POST /api/messages');
    store.send('Failed');
    ana.line.slow(50);
    await flow();
    store.send('Under way');
    user = 'm_2';
    ana.client.reset();
    expect(store.view.messages).toEqual([]);
    expect(store.view.me).toBeUndefined();
    expect(store.view.phase).toEqual({ is: 'loading' });
    await flow(1000);
    expect(store.view.me?.id).toBe('m_2');
    expect(texts()).toEqual([]);
    expect(edge.streams).toBe(1);
  });

  test('whom getToken brings at the renewal resets by itself', async () => {
    const { edge, flow, browser } = setUp({ tokenMs: 600_000 });
    const thread = edge.makeDirect('m_1', 'm_2');
    edge.read('m_2', thread, 2);
    let user = 'm_1';
    const { store } = browser({ getToken: () => edge.getToken(user)() }).look({ thread });
    await flow();
    expect(store.view.newAfter).toBe(0);
    user = 'm_2';
    await flow(600_000);
    expect(store.view.me?.id).toBe('m_2');
    expect(store.view.newAfter).toBe(2);
  });

  test('is not held up by what the last one was told to wait for', async () => {
    const { edge, flow, browser } = setUp();
    const thread = edge.makeDirect('m_1', 'm_2');
    const ana = browser({ user: 'm_1' });
    const { store, texts } = ana.look({ thread });
    await flow();
    ana.line.failNext(1, { status: 429, code: 'rate-limited', retryAfterS: 600 }, 'POST /api/messages');
    store.send('Too much');
    await flow();
    ana.client.reset();
    await flow();
    expect(store.view.sendAgainAtMs).toBeNull();
    store.send('Anew');
    await flow();
    expect(texts()).toEqual(['Anew']);
  });

  test('comes where a visitor’s handle is refused midway, and sees nothing of the last one', async () => {
    const { edge, flow, browser } = setUp();
    const first = browser();
    const before = first.look({ support: true });
    await flow();
    before.store.send('Hi');
    await flow();
    const id = before.store.view.me?.id ?? '';
    first.client.close();
    const second = browser({ storage: first.storage });
    const { store, texts } = second.look({ support: true });
    await flow();
    expect(texts()).toEqual(['Hi']);
    edge.forgetVisitor(id);
    for (let sid = 1; sid < 9; sid += 1) edge.endSession(`s${sid}`);
    await flow(10_000);
    expect(store.view.me?.id).not.toBe(id);
    expect(store.view.phase).toEqual({ is: 'ready' });
    expect(texts()).toEqual([]);
    expect(second.storage.items.size).toBe(0);
  });

  test('logout ends the session at the edge and forgets the visitor', async () => {
    const { edge, flow, browser, asked } = setUp();
    const visitor = browser();
    const { store, texts } = visitor.look({ support: true });
    await flow();
    store.send('Hi');
    await flow();
    const id = store.view.me?.id;
    asked();
    const done = visitor.client.logout();
    await flow(500);
    await done;
    expect(asked()[0]).toBe('POST chat/logout');
    expect(visitor.storage.items.size).toBe(0);
    expect(texts()).toEqual([]);
    expect(store.view.me?.id).not.toBe(id);
    expect(edge.streams).toBe(1);
  });

  test('close ends everything, twice', async () => {
    const { edge, flow, browser, asked } = setUp();
    const visitor = browser();
    const { store } = visitor.look({ support: true });
    visitor.line.slow(30);
    await flow();
    store.send('Hi');
    visitor.client.close();
    visitor.client.close();
    asked();
    store.send('Too late');
    store.reload();
    store.subscribe(() => {});
    visitor.client.reset();
    await flow(5000);
    expect(edge.streams).toBe(0);
    expect(asked()).toEqual([]);
  });
});
