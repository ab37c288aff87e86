import { describe, expect, test } from 'vitest';
import { setUp } from '../test/harness.ts';

describe('opening', () => {
  test('a thread is loading, then shows its snapshot and goes live', async () => {
    const { edge, flow, browser } = setUp();
    const thread = edge.makeDirect('m_1', 'm_2');
    edge.post('m_2', thread, 'Hello');
    const { store, texts } = browser({ user: 'm_1' }).look({ thread });
    expect(store.view.phase).toEqual({ is: 'loading' });
    expect(store.view.connection).toEqual({ is: 'connecting' });
    await flow();
    expect(store.view.phase).toEqual({ is: 'ready' });
    expect(store.view.connection).toEqual({ is: 'live' });
    expect(store.view.me?.name).toBe('Ana Ferreira');
    expect(texts()).toEqual(['Hello']);
    expect(store.view.messages[0]?.own).toBe(false);
  });

  test('nothing is asked before somebody looks, and the last one’s leaving ends the stream', async () => {
    const { edge, flow, browser, asked } = setUp();
    const thread = edge.makeDirect('m_1', 'm_2');
    const ana = browser({ user: 'm_1' });
    const store = ana.client.open({ thread });
    await flow();
    expect(asked()).toEqual([]);
    const leaves = [store.subscribe(() => {}), store.subscribe(() => {})];
    await flow();
    expect(edge.streams).toBe(1);
    leaves[0]?.();
    await flow();
    expect(edge.streams).toBe(1);
    leaves[1]?.();
    leaves[1]?.();
    await flow();
    expect(edge.streams).toBe(0);
    expect(store.view.messages).toEqual([]);
  });

  test('an element that is moved in its page keeps its thread open', async () => {
    const { edge, flow, browser, asked } = setUp();
    const thread = edge.makeDirect('m_1', 'm_2');
    const { store, leave } = browser({ user: 'm_1' }).look({ thread });
    await flow();
    asked();
    leave();
    store.subscribe(() => {});
    await flow();
    expect(store.view.phase.is).toBe('ready');
    expect(asked()).toEqual([]);
  });

  test('the same target is the same store', () => {
    const { browser } = setUp();
    const { client } = browser({ user: 'm_1' });
    expect(client.open({ room: 'lobby' })).toBe(client.open({ room: 'lobby' }));
    expect(client.open({ room: 'lobby' })).not.toBe(client.open({ support: true }));
  });

  test('a thread that the caller may not see is absent, and costs no stream', async () => {
    const { edge, flow, browser } = setUp();
    const thread = edge.makeDirect('m_1', 'm_2');
    const { store } = browser().look({ thread });
    await flow();
    expect(store.view.phase).toEqual({ is: 'absent' });
    expect(edge.streams).toBe(0);
  });

  test('a server that does not answer is failed at the second attempt, tried again, and by hand', async () => {
    const { edge, flow, browser } = setUp();
    const thread = edge.makeDirect('m_1', 'm_2');
    const ana = browser({ user: 'm_1' });
    ana.line.failNext(3, { status: 503, code: 'unreachable', retryAfterS: 5 }, 'snapshot');
    const { store } = ana.look({ thread });
    await flow();
    expect(store.view.phase.is).toBe('loading');
    await flow(5100);
    expect(store.view.phase).toMatchObject({ is: 'failed', error: { code: 'unreachable' } });
    store.reload();
    expect(store.view.phase.is).toBe('loading');
    await flow();
    expect(store.view.phase.is).toBe('loading');
    await flow(5100);
    expect(store.view.phase.is).toBe('ready');
  });

  test('a site that does not know the page’s origin is failed for good', async () => {
    const { edge, flow, browser, asked } = setUp();
    edge.makeRoom('lobby');
    const guest = browser();
    guest.line.failNext(1, { status: 403, code: 'origin-not-allowed' }, 'session');
    const { store } = guest.look({ room: 'lobby' });
    await flow();
    expect(store.view.phase).toMatchObject({ is: 'failed', error: { code: 'origin-not-allowed' } });
    await flow(60_000);
    expect(asked()).toEqual([]);
    store.reload();
    await flow();
    expect(store.view.phase.is).toBe('ready');
  });
});

describe('what others do', () => {
  async function direct() {
    const site = setUp();
    const thread = site.edge.makeDirect('m_1', 'm_2');
    const ana = site.browser({ user: 'm_1' });
    const shown = ana.look({ thread });
    await site.flow();
    return { ...site, ...shown, thread, ana };
  }

  test('[I4] a burst of messages arrives whole, the eleventh too', async () => {
    const { edge, thread, flow, texts } = await direct();
    const sent = Array.from({ length: 50 }, (_, index) => `Message ${index + 1}`);
    for (const text of sent) edge.post('m_2', thread, text);
    await flow();
    expect(texts()).toEqual(sent);
  });

  test('an edit, a deletion and an erasure are shown', async () => {
    const { edge, thread, flow, texts, store } = await direct();
    const [one, two, three] = ['One', 'Two', 'Three'].map((text) => edge.post('m_2', thread, text));
    await flow();
    const before = store.view.messages;
    edge.edit(one?.id ?? '', 'One, better');
    edge.remove(two?.id ?? '');
    await flow();
    expect(texts()).toEqual(['One, better', '', 'Three']);
    expect(store.view.messages[1]?.deletedAt).toBeDefined();
    expect(store.view.messages[2]).toBe(before[2]);
    edge.erase(three?.id ?? '');
    await flow();
    expect(texts()).toEqual(['One, better', '']);
  });

  test('subscribers are told once for a burst, and the list stays the same object while it says the same', async () => {
    const { edge, thread, flow, views, store } = await direct();
    views.length = 0;
    for (let index = 0; index < 20; index += 1) edge.post('m_2', thread, `${index}`);
    await flow();
    expect(views.length).toBeLessThan(5);
    const { messages } = store.view;
    edge.typing('m_2', thread);
    await flow();
    expect(store.view.typing).toHaveLength(1);
    expect(store.view.messages).toBe(messages);
  });

  test('typing lasts 6 s, or until that user’s message', async () => {
    const { edge, thread, flow, store } = await direct();
    edge.typing('m_2', thread);
    await flow();
    expect(store.view.typing.map(({ name }) => name)).toEqual(['Ben Okoro']);
    await flow(5800);
    expect(store.view.typing).toHaveLength(1);
    await flow(200);
    expect(store.view.typing).toHaveLength(0);
    edge.typing('m_2', thread);
    await flow();
    edge.post('m_1', thread, 'Mine, from elsewhere');
    await flow();
    expect(store.view.typing).toHaveLength(1);
    edge.post('m_2', thread, 'Done');
    await flow();
    expect(store.view.typing).toHaveLength(0);
  });

  test('receipts of others move forward only', async () => {
    const { edge, thread, flow, store } = await direct();
    const { seq } = edge.post('m_1', thread, 'Seen?');
    await flow();
    expect(store.view.readByOthers).toBe(0);
    edge.read('m_2', thread, seq);
    await flow();
    expect(store.view.readByOthers).toBe(seq);
    edge.read('m_2', thread, seq - 1);
    await flow();
    expect(store.view.readByOthers).toBe(seq);
  });

  test('events of later years are passed over and are no hole', async () => {
    const { edge, thread, flow, texts, asked } = await direct();
    edge.post('m_2', thread, 'One');
    edge.addStrangeEvent(thread);
    edge.post('m_2', thread, 'Two');
    await flow();
    expect(texts()).toEqual(['One', 'Two']);
    expect(asked().filter((line) => line.includes('snapshot'))).toHaveLength(1);
  });

  test('an erased person is shown as the server has him now', async () => {
    const { edge, thread, flow, store } = await direct();
    edge.post('m_2', thread, 'My address is …');
    await flow();
    edge.eraseUser('m_2');
    await flow();
    expect(store.view.messages[0]).toMatchObject({ content: '', sender: { name: 'Deleted user' } });
    expect(store.view.participants.map(({ user }) => user.name)).toContain('Deleted user');
  });

  test('[S7] who leaves sees nothing any more', async () => {
    const { edge, thread, flow, store } = await direct();
    edge.post('m_2', thread, 'Bye');
    await flow();
    edge.leave('m_1', thread);
    await flow();
    expect(store.view.phase).toEqual({ is: 'absent' });
    expect(store.view.messages).toEqual([]);
  });

  test('a thread’s own change is shown', async () => {
    const { edge, thread, flow, store } = await direct();
    edge.updateThread(thread, { status: 'closed' });
    await flow();
    expect(store.view.thread?.status).toBe('closed');
  });
});

describe('older pages', () => {
  async function long(messages: number) {
    const site = setUp();
    const thread = site.edge.makeDirect('m_1', 'm_2');
    for (let index = 1; index <= messages; index += 1) site.edge.post('m_2', thread, `${index}`);
    const ana = site.browser({ user: 'm_1' });
    const shown = ana.look({ thread });
    await site.flow();
    return { ...site, ...shown, thread, ana };
  }

  test('come by the page, concurrent calls are one, until there are none', async () => {
    const { store, texts, flow, asked } = await long(120);
    expect(texts()).toHaveLength(50);
    expect(store.view.hasOlder).toBe(true);
    asked();
    const both = Promise.all([store.loadOlder(), store.loadOlder()]);
    expect(store.view.loadingOlder).toBe(true);
    await flow();
    await both;
    expect(store.view.loadingOlder).toBe(false);
    expect(asked()).toHaveLength(1);
    expect(texts()).toEqual(Array.from({ length: 100 }, (_, index) => `${index + 21}`));
    void store.loadOlder();
    await flow();
    expect(texts()).toHaveLength(120);
    expect(store.view.hasOlder).toBe(false);
    await store.loadOlder();
    expect(asked()).toHaveLength(1);
  });

  test('a page that fails is asked again', async () => {
    const { store, texts, flow, ana } = await long(60);
    ana.line.failNext(2, 'unheard', 'snapshot');
    void store.loadOlder();
    await flow();
    expect(store.view.loadingOlder).toBe(true);
    await flow(3000);
    expect(store.view.loadingOlder).toBe(false);
    expect(texts()).toHaveLength(60);
  });

  test('what happened while a page was under way is in it, once', async () => {
    const { edge, store, texts, flow, ana, thread } = await long(60);
    const old = edge.truth(thread).messages[3];
    ana.line.slow(500);
    void store.loadOlder();
    await flow(200);
    edge.edit(old?.id ?? '', 'Edited');
    edge.post('m_2', thread, 'New');
    await flow(2000);
    expect(texts()).toHaveLength(61);
    expect(texts()[3]).toBe('Edited');
    expect(texts().at(-1)).toBe('New');
  });
});
