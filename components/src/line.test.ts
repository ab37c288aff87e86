import type { LineEvent } from '@payload-chat/protocol';
import { describe, expect, test } from 'vitest';
import { setUp } from '../test/harness.ts';

async function direct() {
  const site = setUp();
  const thread = site.edge.makeDirect('m_1', 'm_2');
  const lines: LineEvent[] = [];
  const ben = site.browser({ user: 'm_2', onFrame: (event) => lines.push(event) });
  const shown = ben.look({ thread });
  await site.flow();
  site.asked();
  return { ...site, ...shown, ben, line: ben.line, lines, thread };
}

describe('a line that is cut', () => {
  test('[I4] loses and doubles nothing on return, and what was written meanwhile goes out', async () => {
    const { edge, thread, store, line, flow, texts } = await direct();
    edge.post('m_1', thread, 'Train at 8:12 or 9:12?');
    await flow();
    line.cut();
    await flow(10);
    expect(store.view.connection.is).toBe('reconnecting');
    await flow(3000);
    expect(store.view.connection.is).toBe('offline');
    for (let index = 0; index < 15; index += 1) edge.post('m_1', thread, `Missed ${index}`);
    store.send('Window seats, please');
    await flow(5000);
    expect(texts().at(-1)).toBe('Window seats, please (waiting)');
    line.uncut();
    await flow(31_000);
    expect(store.view.connection).toEqual({ is: 'live' });
    expect(texts()).toEqual(edge.truth(thread).messages.map(({ content }) => content));
    expect(texts()).toHaveLength(17);
  });

  test('is down since it was last live, also once it counts as offline', async () => {
    const { clock, store, line, flow } = await direct();
    const atMs = clock.now();
    line.cut();
    await flow(10);
    const { connection } = store.view;
    await flow(20_000);
    expect(store.view.connection).toMatchObject({
      is: 'offline',
      sinceMs: (connection as { sinceMs: number }).sinceMs,
    });
    expect((connection as { sinceMs: number }).sinceMs).toBeLessThanOrEqual(atMs + 10);
  });

  test('is back at once when the browser says that it is online', async () => {
    const { edge, thread, store, line, flow, texts, ben } = await direct();
    line.cut();
    await flow(60_000);
    store.send('Later');
    line.uncut();
    edge.post('m_1', thread, 'Missed');
    ben.events.dispatchEvent(new Event('online'));
    await flow();
    expect(store.view.connection.is).toBe('live');
    expect(texts()).toEqual(['Missed', 'Later']);
  });

  test('is shown as the browser says, before anything broke', async () => {
    const { store, flow, ben, texts } = await direct();
    ben.events.dispatchEvent(new Event('offline'));
    expect(store.view.connection.is).toBe('offline');
    ben.events.dispatchEvent(new Event('online'));
    await flow();
    expect(store.view.connection.is).toBe('live');
    store.send('Hi');
    await flow();
    expect(texts()).toEqual(['Hi']);
  });

  test('is live where the browser thinks itself offline and yet a stream catches up', async () => {
    const { store, flow, ben, line } = await direct();
    line.cut();
    ben.events.dispatchEvent(new Event('offline'));
    await flow(5000);
    line.uncut();
    await flow(31_000);
    expect(store.view.connection.is).toBe('live');
  });

  test('tries now when the page is looked at again', async () => {
    const { store, line, flow, ben, asked } = await direct();
    line.cut();
    await flow(60_000);
    line.uncut();
    ben.events.dispatchEvent(new Event('visibilitychange'));
    await flow();
    expect(store.view.connection.is).toBe('live');
    asked();
    ben.events.dispatchEvent(new Event('visibilitychange'));
    ben.events.dispatchEvent(new Event('pageshow'));
    await flow();
    expect(asked(), 'a live stream is left alone').toEqual([]);
  });

  test('of a page that goes into the browser’s cache ends with it, and goes on from there when it comes out', async () => {
    const { flow, asked, ben, edge, store, thread, texts, lines } = await direct();
    ben.events.dispatchEvent(new Event('pageshow'));
    await flow();
    expect(asked(), 'a page that is loaded has just opened it').toEqual([]);
    ben.events.dispatchEvent(new Event('pagehide'));
    // Browsers say this after it.
    ben.events.dispatchEvent(new Event('visibilitychange'));
    await flow();
    expect(edge.streams).toBe(0);
    edge.post('m_1', thread, 'Meanwhile');
    lines.length = 0;
    ben.events.dispatchEvent(new Event('pageshow'));
    await flow();
    expect(asked()).toEqual(['GET messages/sse']);
    expect(lines[0]).toEqual({ is: 'attempt', cursor: expect.any(String) });
    edge.post('m_1', thread, 'After');
    await flow();
    expect([store.view.connection.is, edge.streams, texts()]).toEqual(['live', 1, ['Meanwhile', 'After']]);
  });

  test('comes back with the page also where the browser cached it while it was offline', async () => {
    const { flow, ben, edge, store } = await direct();
    ben.events.dispatchEvent(new Event('offline'));
    ben.events.dispatchEvent(new Event('pagehide'));
    await flow();
    ben.events.dispatchEvent(new Event('pageshow'));
    await flow();
    expect([store.view.connection.is, edge.streams]).toEqual(['live', 1]);
  });

  test('is opened anew, too, where it was under way in a page that slept', async () => {
    const { flow, asked, ben, line, store } = await direct();
    line.hold(true);
    ben.events.dispatchEvent(new Event('online'));
    await flow(5500);
    expect(asked()).toEqual(['GET messages/sse']);
    line.hold(false);
    ben.events.dispatchEvent(new Event('pagehide'));
    ben.events.dispatchEvent(new Event('pageshow'));
    await flow();
    expect([asked(), store.view.connection.is]).toEqual([['GET messages/sse'], 'live']);
  });

  test('is opened anew when the machine comes back from sleep', async () => {
    const { flow, asked, browser, clock, edge, thread } = await direct();
    let jumpMs = 0;
    const sleepy = { now: () => clock.now() + jumpMs, after: clock.after };
    const { store } = browser({ user: 'm_1', clock: sleepy }).look({ thread });
    await flow();
    asked();
    jumpMs = 600_000;
    await flow(21_000);
    expect(asked()).toEqual(['GET messages/sse']);
    expect(store.view.connection.is).toBe('live');
    expect(edge.streams).toBe(2);
  });

  test('tells every attempt, wait and frame', async () => {
    const { line, lines, flow } = await direct();
    expect(lines.map((event) => (event.is === 'frame' ? event.frame.event : event.is))).toEqual([
      'attempt',
      'hello',
      'ready',
    ]);
    lines.length = 0;
    line.cut();
    await flow(3000);
    expect(lines[0]).toMatchObject({ is: 'wait', why: 'network', cursor: expect.stringMatching(/\.\d+$/) });
    expect(lines[1]).toMatchObject({ is: 'attempt', cursor: expect.stringMatching(/\.\d+$/) });
  });

  test('before the first snapshot is tried until it is there', async () => {
    const { edge, flow, browser } = setUp();
    edge.makeRoom('lobby');
    const reader = browser();
    reader.line.cut();
    const { store } = reader.look({ room: 'lobby' });
    await flow(10_000);
    expect(store.view.phase).toMatchObject({ is: 'failed', error: { code: 'unreachable' } });
    reader.line.uncut();
    await flow(31_000);
    expect(store.view.phase.is).toBe('ready');
    expect(store.view.connection.is).toBe('live');
  });
});

describe('a server that starts again', () => {
  test('[S4] with another epoch: everybody takes a snapshot', async () => {
    const { edge, thread, store, flow, texts } = await direct();
    edge.post('m_1', thread, 'One');
    await flow();
    edge.restart({ epoch: true });
    edge.post('m_1', thread, 'Two');
    await flow(15_000);
    expect(texts()).toEqual(['One', 'Two']);
    edge.post('m_1', thread, 'Three');
    await flow();
    expect(texts()).toEqual(['One', 'Two', 'Three']);
    expect(store.view.connection.is).toBe('live');
  });

  test('[S4] with another epoch forgets what was answered but is not there any more', async () => {
    const { edge, store, flow, texts, thread } = await direct();
    store.send('Kept');
    await flow();
    edge.restart({ epoch: true });
    store.send('Written right after');
    await flow(15_000);
    expect(texts()).toEqual(edge.truth(thread).messages.map(({ content }) => content));
    expect(texts()).toEqual(['Kept', 'Written right after']);
  });

  test('with the same epoch: it goes on', async () => {
    const { edge, thread, flow, texts, asked } = await direct();
    edge.restart();
    edge.post('m_1', thread, 'One');
    await flow(15_000);
    expect(texts()).toEqual(['One']);
    expect(asked().filter((line) => line.includes('snapshot'))).toEqual([]);
  });

  test('[S2] with a ring too short: everybody takes a snapshot', async () => {
    const { edge, thread, flow, texts, line } = await direct();
    line.cut();
    await flow();
    edge.post('m_1', thread, 'One');
    edge.expire();
    line.uncut();
    await flow(15_000);
    expect(texts()).toEqual(['One']);
  });

  test('a reset whose snapshots fail is tried until they are there', async () => {
    const { edge, thread, flow, texts, line, store } = await direct();
    line.failNext(3, { status: 503, code: 'unavailable' }, 'snapshot');
    edge.restart({ epoch: true });
    edge.post('m_1', thread, 'One');
    await flow(60_000);
    expect(texts()).toEqual(['One']);
    expect(store.view.phase.is).toBe('ready');
    expect(store.view.connection.is).toBe('live');
  });
});

describe('a proxy that holds the stream back', () => {
  test('makes the chat slower, not silent: what is new is asked for, and sent as ever', async () => {
    const { edge, thread, lines, flow, browser, asked } = await direct();
    const reader = browser({ user: 'm_1', onFrame: (event) => lines.push(event) });
    reader.line.hold(true);
    const { store, texts } = reader.look({ thread });
    lines.length = 0;
    await flow(30_000);
    expect(lines.filter(({ is }) => is === 'wait')).toMatchObject([{ why: 'buffered' }, { why: 'buffered' }]);
    expect(store.view).toMatchObject({ phase: { is: 'ready' }, connection: { is: 'slow', why: 'buffered' } });
    for (let turn = 0; turn < 4; turn += 1) {
      edge.post('m_2', thread, `Question ${turn}`);
      await flow(41_000);
      expect(texts().at(-1)).toBe(`Question ${turn}`);
      store.send(`Answer ${turn}`);
      await flow();
      expect(texts().at(-1)).toBe(`Answer ${turn}`);
    }
    asked();
    await flow(300_000);
    const asks = asked().filter((line) => line.includes('snapshot')).length;
    expect(asks).toBeGreaterThanOrEqual(7);
    expect(asks).toBeLessThanOrEqual(30);
    reader.line.hold(false);
    await flow(41_000);
    edge.post('m_2', thread, 'At once');
    await flow();
    expect([texts().at(-1), store.view.connection]).toEqual(['At once', { is: 'live' }]);
    asked();
    await flow(300_000);
    expect(asked()).toEqual([]);
  });

  test('is one also where not even the head of the answer comes', async () => {
    const { edge, thread, flow, browser } = await direct();
    const reader = browser({
      user: 'm_1',
      fetch: (input, init) =>
        String(input).includes('/sse') ? new Promise(() => {}) : reader.line.fetch(input as string, init),
    });
    const { store, texts } = reader.look({ thread });
    await flow(30_000);
    expect(store.view.connection).toMatchObject({ is: 'slow', why: 'silence' });
    edge.post('m_2', thread, 'Late');
    await flow(41_000);
    expect(texts()).toEqual(['Late']);
  });
});

describe('a proxy that holds each piece back', () => {
  /** All connections that were shown, in their order. */
  const shown = (views: Array<{ connection: { is: string } }>) =>
    views.map(({ connection }) => connection.is).filter((is, index, all) => is !== all[index - 1]);

  test.each([
    [5000, 'from the first on', true],
    [5000, 'later on', false],
    [24_000, 'later on', false],
    [30_000, 'later on', false],
    [45_000, 'later on', false],
  ])('for %i ms, %s: is named, and no more once it is put right', async (lagMs, _, atFirst) => {
    const { edge, thread, flow, browser } = await direct();
    const reader = browser({ user: 'm_1' });
    if (atFirst) reader.line.lag(lagMs);
    const { store, texts } = reader.look({ thread });
    await flow(60_000);
    reader.line.lag(lagMs);
    await flow(200_000);
    expect(store.view.connection).toMatchObject({ is: 'slow', why: 'buffered' });
    edge.post('m_2', thread, 'Late');
    await flow(45_000);
    expect(texts()).toEqual(['Late']);
    expect(store.view.connection.is).toBe('slow');
    reader.line.lag(0);
    await flow(150_000);
    expect(store.view.connection).toEqual({ is: 'live' });
  });

  test('is told to be so by a short answer, once for each ping that it holds', async () => {
    const { flow, browser, asked, thread } = await direct();
    const reader = browser({ user: 'm_1' });
    reader.look({ thread });
    await flow(60_000);
    reader.line.lag(5000);
    asked();
    await flow(400_000);
    const all = asked();
    expect(all.filter((line) => line.includes('sse'))).toHaveLength(1);
    expect(all.length).toBeLessThanOrEqual(22);
  });

  test('is not taken for one: a line on which every answer is as slow', async () => {
    const { flow, browser, thread } = await direct();
    const reader = browser({ user: 'm_1' });
    reader.line.slow(2500);
    reader.line.lag(3000);
    const { views } = reader.look({ thread });
    await flow(400_000);
    expect(shown(views)).toEqual(['connecting', 'live']);
  });

  test('is not taken for one: a stream that was slow to begin, and a line that stutters now and then', async () => {
    const { flow, browser, thread } = await direct();
    const reader = browser({ user: 'm_1' });
    reader.line.slow(2500);
    const { views } = reader.look({ thread });
    await flow(20_000);
    reader.line.slow(0);
    for (let turn = 0; turn < 4; turn += 1) {
      await flow(100_000);
      reader.line.lag(9000);
      await flow(20_000);
      reader.line.lag(0);
    }
    expect(shown(views)).toEqual(['connecting', 'live']);
  });

  test.each([10_000, 60_000, 3_600_000, -60_000])(
    'is not taken for one: a clock that is set by %i ms',
    async (byMs) => {
      const { flow, browser, clock, thread } = await direct();
      let setMs = 0;
      const reader = browser({ user: 'm_1', clock: { now: () => clock.now() + setMs, after: clock.after } });
      const { views } = reader.look({ thread });
      await flow(70_000);
      setMs = byMs;
      await flow(200_000);
      setMs = 0;
      await flow(200_000);
      expect(shown(views)).toEqual(['connecting', 'live']);
    },
  );
});

describe('a stream that fails again and again', () => {
  const frame = (event: string, data: object) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
  const head = { epoch: '0123456789ab', cursor: '0123456789ab.0', pingMs: 20_000, maxAgeMs: 1_200_000 };
  const loops: Array<[string, () => Response]> = [
    ['reset', () => stream(frame('hello', head), frame('reset', { reason: 'gap', afterMs: 0 }))],
    ['is said goodbye to', () => stream(frame('hello', head), frame('bye', { reason: 'slow', retryMs: 0 }))],
    ['refused for now', () => new Response('{}', { status: 503 })],
    ['refused for good', () => new Response('{}', { status: 403 })],
    ['answered with nothing', () => new Response(null, { status: 204 })],
    ['answered with a page', () => new Response('<h1>Sign in</h1>', { headers: { 'Content-Type': 'text/html' } })],
  ];
  const stream = (...frames: string[]) =>
    new Response(frames.join(''), { headers: { 'Content-Type': 'text/event-stream' } });

  test.each(loops)('%s: it backs off, is told as failing, and is well again by itself', async (_, answer) => {
    const { edge, thread, flow, browser, asked } = await direct();
    let broken = true;
    const reader = browser({
      user: 'm_1',
      fetch: async (input, init) =>
        broken && String(input).includes('/sse') ? answer() : reader.line.fetch(input as string, init),
    });
    const { store, views, texts } = reader.look({ thread });
    await flow(120_000);
    expect(store.view).toMatchObject({ phase: { is: 'ready' }, connection: { is: 'failing' } });
    expect(views.filter(({ connection }) => connection.is === 'live')).toEqual([]);
    asked();
    await flow(120_000);
    expect(asked().length, 'it has backed off').toBeLessThan(30);
    store.reload();
    await flow(500);
    expect(store.view.phase, 'a thread that is shown stays').toEqual({ is: 'ready' });
    await flow(120_000);
    expect(store.view.connection.is, 'tried by hand, in vain').toBe('failing');
    broken = false;
    edge.post('m_2', thread, 'Hello');
    await flow(60_000);
    expect([texts(), store.view.connection]).toEqual([['Hello'], { is: 'live' }]);
  });

  test('is tried at once by hand', async () => {
    const { thread, flow, browser } = await direct();
    const reader = browser({ user: 'm_1' });
    reader.line.failNext(1000, { status: 500, code: 'internal' }, 'sse');
    const { store } = reader.look({ thread });
    await flow(120_000);
    expect(store.view.connection.is).toBe('failing');
    reader.line.heal();
    store.reload();
    await flow();
    expect(store.view.connection).toEqual({ is: 'live' });
  });
});

describe('a server that starts again behind an edge that kept its streams', () => {
  /** A message that has failed so often that the next try is 15 s away. */
  async function waiting(retryAfterS?: number) {
    const made = await direct();
    const failure = { status: 503, code: 'unreachable', ...(retryAfterS ? { retryAfterS } : {}) };
    made.line.failNext(6, failure, 'POST /api/messages');
    made.store.send('Are you there?');
    await made.flow(retryAfterS ? 5 * retryAfterS * 1000 + 2000 : 20_000);
    made.asked();
    return made;
  }
  const posts = (asked: string[]) => asked.filter((line) => line === 'POST messages').length;

  test('shows by an event that it is there: what waits goes out', async () => {
    const { edge, thread, flow, asked, texts } = await waiting();
    await flow();
    expect(posts(asked())).toBe(0);
    edge.post('m_1', thread, 'Yes');
    await flow();
    expect(posts(asked())).toBe(1);
    expect(texts()).toEqual(['Yes', 'Are you there?']);
  });

  test('shows by an answer that it is there', async () => {
    const { edge, flow, asked, ben } = await waiting();
    ben.look({ thread: edge.makeDirect('m_2', 'm_3') });
    await flow();
    expect(posts(asked())).toBe(1);
  });

  test('what fails while all else works is tried every two seconds at most, and never before its time', async () => {
    const { edge, thread, flow, asked, line } = await waiting();
    line.failNext(1000, { status: 503, code: 'not-stored' }, 'POST /api/messages');
    for (let turn = 0; turn < 100; turn += 1) {
      edge.post('m_1', thread, `${turn}`);
      await flow(100);
    }
    expect(posts(asked())).toBeLessThanOrEqual(6);
    line.heal();
    const patient = await waiting(60);
    patient.edge.post('m_1', patient.thread, 'Yes');
    await patient.flow();
    expect(posts(patient.asked())).toBe(0);
  });
});

describe('several threads', () => {
  test('share one stream; the caller’s own ride on me', async () => {
    const { edge, flow, browser, asked } = setUp();
    const one = edge.makeDirect('m_1', 'm_2');
    const two = edge.makeDirect('m_1', 'm_3');
    const room = edge.makeRoom('lobby');
    const ana = browser({ user: 'm_1' });
    const first = ana.look({ thread: one });
    await flow();
    const second = ana.look({ thread: two });
    await flow();
    expect(asked().filter((line) => line.endsWith('sse'))).toHaveLength(1);
    const third = ana.look({ room: 'lobby' });
    await flow();
    edge.post('m_2', one, 'One');
    edge.post('m_3', two, 'Two');
    edge.post('m_3', room, 'Three');
    await flow();
    expect([first.texts(), second.texts(), third.texts()]).toEqual([['One'], ['Two'], ['Three']]);
    expect(edge.streams).toBe(1);
    expect(edge.requests.filter(({ path }) => path === 'messages/sse').map(({ query }) => query)).toEqual([
      '?topic=me&topic=room%3Alobby',
    ]);
  });

  test('[I4] a thread named midway misses nothing, however slowly the stream moves over', async () => {
    const { edge, flow, browser } = setUp({ roomCacheMs: 2000 });
    const one = edge.makeDirect('m_1', 'm_2');
    const room = edge.makeRoom('lobby');
    const reader = browser({ user: 'm_2' }).look({ room: 'lobby' }); // Fills the cache.
    await flow();
    const ana = browser({ user: 'm_1' });
    const first = ana.look({ thread: one });
    await flow();
    ana.line.slow(150);
    edge.post('m_2', room, 'Before');
    edge.post('m_2', one, 'Before');
    await flow();
    const second = ana.look({ room: 'lobby' });
    for (let index = 0; index < 30; index += 1) {
      edge.post('m_2', room, `${index}`);
      edge.post('m_2', one, `${index}`);
      await flow(30);
    }
    await flow(3000);
    const truth = (thread: string) => edge.truth(thread).messages.map(({ content }) => content);
    expect(second.texts()).toEqual(truth(room));
    expect(first.texts()).toEqual(truth(one));
    expect(reader.texts()).toEqual(truth(room));
  });

  test('an agent hears a support thread without a seat', async () => {
    const { edge, flow, browser } = setUp();
    const thread = edge.makeSupport('m_1');
    const { store, texts } = browser({ user: 'm_3' }).look({ thread });
    await flow();
    edge.post('m_1', thread, 'Help');
    await flow();
    expect(texts()).toEqual(['Help']);
    expect(edge.requests.at(-1)?.query).toBe('?topic=me');
    store.send('Here I am');
    await flow();
    expect(texts()).toEqual(['Help', 'Here I am']);
  });

  test('[S7] one that is taken away leaves the others as they are', async () => {
    const { edge, flow, browser } = setUp();
    const room = edge.makeRoom('staff', { public: false, seats: ['m_1', 'm_2'] });
    const one = edge.makeDirect('m_1', 'm_2');
    const ana = browser({ user: 'm_1' });
    const staff = ana.look({ room: 'staff' });
    const other = ana.look({ thread: one });
    await flow();
    edge.leave('m_1', room);
    await flow(1000);
    expect(staff.store.view.phase).toEqual({ is: 'absent' });
    edge.post('m_2', one, 'Still here');
    await flow();
    expect(other.texts()).toEqual(['Still here']);
    edge.join('m_1', room);
    await flow(1000);
    expect(staff.store.view.phase.is).toBe('ready');
    edge.post('m_2', room, 'Back');
    await flow();
    expect(staff.texts()).toEqual(['Back']);
  });

  test('a stream that is refused for good lets every thread ask for itself, with pauses', async () => {
    const { edge, flow, browser, asked } = setUp();
    const thread = edge.makeDirect('m_1', 'm_2');
    const ana = browser({ user: 'm_1' });
    ana.line.failNext(4, { status: 404, code: 'not-found' }, 'sse');
    const { store, texts } = ana.look({ thread });
    await flow(900);
    expect(asked().filter((line) => line.endsWith('sse'))).toHaveLength(0);
    expect(store.view.connection.is).toBe('reconnecting');
    await flow(30_000);
    expect(store.view.connection.is).toBe('live');
    edge.post('m_2', thread, 'Hello');
    await flow();
    expect(texts()).toEqual(['Hello']);
  });

  test('a busy thread does not starve the snapshot that mends it', async () => {
    const { edge, flow, browser, asked } = setUp();
    const thread = edge.makeDirect('m_1', 'm_2');
    const ana = browser({ user: 'm_1' });
    const { texts } = ana.look({ thread });
    await flow();
    edge.post('m_2', thread, 'First');
    await flow();
    asked();
    ana.line.slow(200);
    edge.lose(() => edge.post('m_2', thread, 'Lost on the way'));
    for (let index = 0; index < 40; index += 1) {
      edge.post('m_2', thread, `${index}`);
      await flow(30);
    }
    expect(texts()).toContain('Lost on the way');
    expect(asked().filter((line) => line.endsWith('snapshot'))).toHaveLength(1);
    await flow(500);
    expect(texts()).toEqual(edge.truth(thread).messages.map(({ content }) => content));
  });

  test('a hole in a thread’s seq is answered with a fresh snapshot', async () => {
    const { edge, flow, browser } = setUp();
    const thread = edge.makeDirect('m_1', 'm_2');
    const { texts } = browser({ user: 'm_1' }).look({ thread });
    await flow();
    edge.post('m_2', thread, 'One');
    await flow();
    edge.lose(() => edge.post('m_2', thread, 'Lost on the way'));
    edge.post('m_2', thread, 'Three');
    await flow();
    expect(texts()).toEqual(['One', 'Lost on the way', 'Three']);
  });
});
