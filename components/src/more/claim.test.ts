import { expect, onTestFinished, test, vi } from 'vitest';
import { createBrowser, setUp } from '../../test/harness.ts';

const key = 'payload-chat:https://edge.test:halden';

/** A browser in which a visitor has written `said`, and an agent has answered; his page is closed. */
async function visited({ edge, flow, browser }: ReturnType<typeof setUp>, said = 'The shade has a crack.') {
  const visitor = browser();
  const { store } = visitor.look({ support: true });
  await flow();
  store.send(said);
  await flow();
  const { thread, me } = store.view;
  edge.post('m_3', thread?.id ?? '', 'A new one leaves tonight.');
  await flow();
  visitor.client.close();
  return { storage: visitor.storage, thread: thread?.id ?? '', visitor: me?.id ?? '' };
}

function warnings() {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  onTestFinished(() => warn.mockRestore());
  return warn;
}

const claims = ({ edge }: ReturnType<typeof setUp>) => edge.requests.filter(({ path }) => path === 'chat/claim');

test('who logs in takes along what he wrote as a visitor, before anything is shown, and the handle is forgotten', async () => {
  const house = setUp();
  const { storage, thread } = await visited(house);
  const ana = house.browser({ user: 'm_1', storage });
  const { store, views, texts } = ana.look({ support: true });
  await house.flow();
  expect(texts()).toEqual(['The shade has a crack.', 'A new one leaves tonight.']);
  expect(store.view.thread?.id).toBe(thread);
  expect(store.view.messages.map(({ own }) => own)).toEqual([true, false]);
  expect(store.view.me?.id).toBe('m_1');
  expect(storage.items.size).toBe(0);
  expect(claims(house)).toHaveLength(1);
  // Not one view of an empty thread, or of one that grows.
  for (const { phase, messages } of views) expect(messages).toHaveLength(phase.is === 'ready' ? 2 : 0);
  house.edge.post('m_3', thread, 'It is on its way.');
  store.send('Thank you');
  await house.flow();
  expect(texts().slice(2)).toEqual(['It is on its way.', 'Thank you']);
});

test('his own cookie at the edge’s origin says as much', async () => {
  const house = setUp();
  const { storage } = await visited(house);
  house.edge.signIn('m_1');
  const { store, texts } = house.browser({ origin: house.edge.url, storage }).look({ support: true });
  await house.flow();
  expect(store.view.me?.id).toBe('m_1');
  expect(texts()).toHaveLength(2);
  expect(storage.items.size).toBe(0);
});

test('nobody is claimed where no visitor is kept, nor by a visitor or a guest', async () => {
  const house = setUp();
  house.edge.makeRoom('lobby');
  house.browser({ user: 'm_1' }).look({ support: true });
  await house.flow();
  const { storage } = await visited(house);
  house.browser({ storage }).look({ support: true });
  await house.flow();
  const line = house.edge.line();
  const answer = async (room: string) => {
    const body = JSON.stringify({ site: house.edge.site, room });
    return (await line.fetch(`${house.edge.url}/api/chat/session`, { method: 'POST', body })).json();
  };
  house.browser({ getToken: () => answer('lobby'), storage }).look({ room: 'lobby' });
  await house.flow();
  expect(claims(house)).toEqual([]);
  expect([...storage.items.keys()]).toEqual([key]);
});

test('where he has a conversation already, that with the newest message is shown, and the other stays', async () => {
  const house = setUp();
  const own = house.edge.makeSupport('m_1');
  house.edge.post('m_1', own, 'Written last year');
  await house.flow(1000);
  const { storage, thread } = await visited(house);
  const ana = house.browser({ user: 'm_1', storage });
  const { store } = ana.look({ support: true });
  const other = ana.look({ thread: own });
  await house.flow();
  expect(store.view.thread?.id).toBe(thread);
  expect(other.texts()).toEqual(['Written last year']);
});

test('two tabs that claim at once are answered alike', async () => {
  const house = setUp();
  const { storage } = await visited(house);
  const tabs = [house.browser({ user: 'm_1', storage }), house.browser({ user: 'm_1', storage })];
  const warn = warnings();
  for (const { line } of tabs) line.slow(50);
  const seen = tabs.map((tab) => tab.look({ support: true }));
  await house.flow(2000);
  expect(claims(house).map(({ status }) => status)).toEqual([200, 200]);
  for (const { texts } of seen) expect(texts()).toEqual(['The shade has a crack.', 'A new one leaves tonight.']);
  expect(storage.items.size).toBe(0);
  expect(warn).not.toHaveBeenCalled();
});

test('of two people at once one has him; the other is told so once, and asks no more', async () => {
  const house = setUp({ tokenMs: 600_000 });
  const { storage } = await visited(house);
  const warn = warnings();
  const tabs = ['m_1', 'm_2'].map((user) => house.browser({ user, storage }));
  for (const { line } of tabs) line.slow(50);
  const seen = tabs.map((tab) => tab.look({ support: true }));
  await house.flow(2000);
  expect(seen.map(({ texts }) => texts().length).sort()).toEqual([0, 2]);
  expect(claims(house).map(({ status }) => status)).toEqual([200, 409]);
  expect(warn.mock.calls.join()).toContain('conflict');
  await house.flow(1_300_000);
  expect(claims(house)).toHaveLength(2);
  expect(warn).toHaveBeenCalledTimes(1);
  expect(storage.items.size).toBe(0);
});

test.each(['unheard', 'unanswered'] as const)('a claim that was %s is made again by itself', async (failure) => {
  const house = setUp();
  const { storage, thread } = await visited(house);
  const warn = warnings();
  const ana = house.browser({ user: 'm_1', storage });
  ana.line.failNext(3, failure, 'claim');
  const { store, texts } = ana.look({ support: true });
  await house.flow(100);
  expect(store.view.phase.is, 'it is not waited for').toBe('ready');
  expect(storage.items.size).toBe(1);
  store.send('Is anybody there?');
  await house.flow(20_000);
  expect(storage.items.size).toBe(0);
  expect(warn).not.toHaveBeenCalled();
  // What he wrote meanwhile has made a thread of its own, the newer of the two.
  expect(texts()).toContain('Is anybody there?');
  const { texts: claimed } = ana.look({ thread });
  await house.flow();
  expect(claimed()).toContain('The shade has a crack.');
});

test('a conversation that comes late is shown without a reload', async () => {
  const house = setUp();
  const { storage } = await visited(house);
  const ana = house.browser({ user: 'm_1', storage });
  ana.line.failNext(2, { status: 429, code: 'rate-limited', retryAfterS: 3 }, 'claim');
  const { texts } = ana.look({ support: true });
  await house.flow(100);
  expect(texts()).toEqual([]);
  await house.flow(2500);
  expect(claims(house), 'not before the time that was said').toHaveLength(0);
  await house.flow(10_000);
  expect(texts()).toEqual(['The shade has a crack.', 'A new one leaves tonight.']);
});

test('a refusal is told once and not asked for again; the handle waits for the next visit', async () => {
  const house = setUp({ tokenMs: 600_000 });
  const { storage } = await visited(house);
  const warn = warnings();
  const ana = house.browser({ user: 'm_1', storage });
  ana.line.failNext(9, { status: 403, code: 'origin-not-allowed' }, 'claim');
  const { store } = ana.look({ support: true });
  await house.flow(1_300_000);
  expect(store.view.phase.is).toBe('ready');
  expect(warn).toHaveBeenCalledTimes(1);
  expect(warn.mock.calls.join()).toContain('origin-not-allowed');
  expect(storage.items.size).toBe(1);
  ana.client.close();
  const next = house.browser({ user: 'm_1', storage }).look({ support: true });
  await house.flow();
  expect(next.texts()).toHaveLength(2);
});

test('a handle that is good for nothing is found out by itself, and forgotten', async () => {
  const house = setUp();
  const warn = warnings();
  const getToken = vi.fn(house.edge.getToken('m_1'));
  const ana = house.browser({ getToken });
  ana.storage.setItem(key, 'handle:?');
  const { store } = ana.look({ support: true });
  await house.flow(60_000);
  expect(store.view.phase.is).toBe('ready');
  expect(ana.storage.items.size).toBe(0);
  expect(warn.mock.calls.join()).toContain('unauthorized');
  expect(getToken.mock.calls.length).toBeLessThan(4);
});

test('a token that the edge does not take yet costs nobody his handle', async () => {
  const house = setUp();
  const { storage } = await visited(house);
  const warn = warnings();
  const ana = house.browser({ user: 'm_1', storage });
  ana.line.failNext(4, { status: 401, code: 'unauthorized' }, 'claim');
  const { texts } = ana.look({ support: true });
  await house.flow(30_000);
  expect(texts()).toHaveLength(2);
  expect(storage.items.size).toBe(0);
  expect(warn).not.toHaveBeenCalled();
});

test('who writes as another visitor meanwhile keeps that one', async () => {
  const house = setUp();
  const { storage } = await visited(house);
  const ana = house.browser({ user: 'm_1', storage });
  ana.line.slow(100);
  ana.look({ support: true });
  await house.flow(120);
  storage.setItem(key, 'handle:other');
  await house.flow(1000);
  expect(storage.getItem(key)).toBe('handle:other');
});

test('nothing goes on of a claim whose client was closed, or whose user was switched', async () => {
  const house = setUp();
  const { storage } = await visited(house);
  const ana = house.browser({ user: 'm_1', storage });
  ana.line.failNext(100, 'unheard', 'claim');
  ana.look({ support: true });
  await house.flow(1000);
  ana.client.close();
  const before = house.edge.requests.length;
  await house.flow(120_000);
  expect(house.edge.requests).toHaveLength(before);
  expect(storage.items.size).toBe(1);
});

test('a visitor whose other tab has logged in is a stranger there, and sees nothing of it', async () => {
  const house = setUp();
  const visitor = house.browser();
  const { store, texts } = visitor.look({ support: true });
  await house.flow();
  store.send('Hi');
  await house.flow();
  const before = store.view.me?.id;
  const ana = createBrowser(house.edge, house.clock, { user: 'm_1', storage: visitor.storage });
  onTestFinished(() => ana.client.close());
  const { texts: hers } = ana.look({ support: true });
  await house.flow(10_000);
  expect(hers()).toEqual(['Hi']);
  expect(texts()).toEqual([]);
  expect(store.view.me?.kind).toBe('visitor');
  expect(store.view.me?.id).not.toBe(before);
  ana.client.close();
});
