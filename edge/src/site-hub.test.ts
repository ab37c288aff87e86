import { encodeFrame, type FrameParts, type StreamResponse } from '@payload-chat/protocol';
import { manualClock, settle } from '@payload-chat/protocol/testing';
import { describe, expect, it } from 'vitest';
import { jsonAnswer } from './answer.ts';
import { readConfig } from './config.ts';
import { openSiteHub, patienceMs, readyMs, sulkMs } from './site-hub.ts';
import type { Reader } from './tokens.ts';
import type { Upstream } from './upstream.ts';

const epoch = 'aaaaaaaaaaaa';
const config = readConfig({ CHAT_SERVER_URL: 'http://server', CHAT_EDGE_KEY: 'key', CHAT_LINGER_MS: '1000' });

/** A service stream that a test writes frame by frame. */
function feedOf() {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(opened) {
      controller = opened;
    },
  });
  const response = new Response(body, { headers: { 'Content-Type': 'text/event-stream' } }) as StreamResponse;
  const send = (frame: FrameParts) => controller?.enqueue(encodeFrame(frame));
  return {
    response,
    send,
    hello: (head: number) =>
      send({
        event: 'hello',
        data: { epoch, cursor: `${epoch}.${head}`, pingMs: 60_000, maxAgeMs: 600_000, revoked: ['s_old'] },
      }),
    ready: (pos: number) => send({ event: 'ready', id: `${epoch}.${pos}`, data: { cursor: `${epoch}.${pos}` } }),
    post: (pos: number, type = 'message.posted', entity: object = {}) => {
      const envelope = { type, pos, thread: 't1', seq: pos, at: 'now', actor: null, to: ['user:ada'] };
      send({ id: `${epoch}.${pos}`, data: { ...envelope, ...entity } });
    },
    reset: (reason: string) => send({ event: 'reset', data: { reason, afterMs: 0 } }),
    end: () => controller?.close(),
  };
}

function setUp() {
  const clock = manualClock();
  const feeds: Array<{ cursor: string | undefined; answer(response: StreamResponse): void }> = [];
  const upstream = {
    feed: (_: string, cursor: string | undefined) =>
      new Promise<StreamResponse>((answer) => {
        feeds.push({ cursor, answer });
      }),
    snapshot: async () => jsonAnswer(200, { cursor: `${epoch}.5` }),
    grant: async () => ({ allow: true, thread: 't1', public: false, asOf: `${epoch}.5`, untilMs: 600_000 }),
  } as unknown as Upstream;
  let closed = 0;
  const site = openSiteHub({
    site: 'halden',
    config,
    upstream,
    clock,
    random: () => 0.5,
    log: () => {},
    onClosed: () => {
      closed += 1;
    },
  });
  /** Opens the next feed that is asked for. */
  async function next() {
    await turns();
    const feed = feedOf();
    feeds.at(-1)?.answer(feed.response);
    await turns();
    return feed;
  }
  const heard: string[] = [];
  const listen = (cursor?: string) =>
    site.hub.subscribe({
      topics: ['user:ada'],
      sink: { write: (chunk) => heard.push(new TextDecoder().decode(chunk)) > 0, onDrain() {}, close() {} },
      ...(cursor ? { cursor } : {}),
    });
  return { clock, feeds, site, next, closed: () => closed, heard, listen };
}

/** Web streams take several turns to hand a chunk on. */
async function turns() {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  await settle();
}

describe('the hub of a site', () => {
  it('is ready when the server has told it everything, with the newest events in its ring', async () => {
    const { site, next } = setUp();
    const feed = await next();
    let isReady = false;
    void site.ready().then(() => {
      isReady = true;
    });
    feed.hello(5);
    feed.post(4);
    feed.post(5);
    await turns();
    expect(isReady).toBe(false);
    feed.ready(5);
    await turns();
    expect(isReady).toBe(true);
    expect(site.hub.window).toEqual({ epoch, oldest: 3, head: 5 });
    expect(site.revocations.has({ sid: 's_old', sub: 'm_1', iat: 1 })).toBe(true);
    expect(site.revocations.has({ sid: 's_new', sub: 'm_1', iat: 1, kind: 'member', via: ['k_1'] })).toBe(false);
    site.revocations.add('k_1@100');
    expect(site.revocations.has({ sid: 's_new', sub: 'm_1', iat: 1, kind: 'member', via: ['k_1'] })).toBe(true);
    site.revocations.add('kind:guest@100');
    expect(site.revocations.has({ sid: 's_g', sub: 'g_1', iat: 100, kind: 'guest' })).toBe(true);
    expect(site.revocations.has({ sid: 's_g', sub: 'g_1', iat: 101, kind: 'guest' })).toBe(false);
    expect(site.upstreams).toBe(1);
  });

  it('knows what the site sets for streams, from the greeting and from each change', async () => {
    const { site, next } = setUp();
    const feed = await next();
    expect(site.bounds).toEqual({});
    const data = { epoch, cursor: `${epoch}.5`, pingMs: 60_000, maxAgeMs: 600_000, bounds: { streamsPerPerson: 4 } };
    feed.send({ event: 'hello', data });
    // One of before there were any says nothing.
    feed.post(4, 'site.updated');
    feed.post(5);
    feed.ready(5);
    await turns();
    expect(site.bounds).toEqual({ streamsPerPerson: 4 });
    feed.post(6, 'site.updated', { bounds: { streamsPerAddress: 20 } });
    await turns();
    expect(site.bounds).toEqual({ streamsPerAddress: 20 });
    feed.post(7, 'site.updated', { bounds: { streamsPerAddress: 'many' } });
    feed.post(8, 'site.updated', { bounds: {} });
    await turns();
    expect(site.bounds).toEqual({});
  });

  it('of an empty log stands at its head', async () => {
    const { site, next } = setUp();
    const feed = await next();
    feed.hello(0);
    feed.ready(0);
    await turns();
    await site.ready();
    expect(site.hub.window).toEqual({ epoch, oldest: 0, head: 0 });
  });

  it('that does not get ready is waited for no longer than a page waits', async () => {
    const { clock, site } = setUp();
    const waiting = site.ready();
    waiting.catch(() => {});
    await clock.advance(readyMs);
    await expect(waiting).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('goes on where a lost feed ended, and tells nobody of it', async () => {
    const { clock, site, feeds, next, heard, listen } = setUp();
    const feed = await next();
    feed.hello(1);
    feed.post(1);
    feed.ready(1);
    await turns();
    listen();
    feed.end();
    await turns();
    expect(site.upstreams).toBe(0);
    await clock.advance(1000);
    expect(feeds.at(-1)?.cursor).toBe(`${epoch}.1`);
    const again = await next();
    again.hello(2);
    again.post(2);
    again.ready(2);
    await turns();
    expect(site.hub.window).toMatchObject({ oldest: 0, head: 2 });
    expect(heard.join('')).toContain(`id: ${epoch}.2`);
    expect(heard.join('')).not.toMatch(/event: (reset|bye)/);
  });

  it('[S1] lags behind while its feed is away: who comes without a cursor then begins at its head, and misses nothing', async () => {
    const { clock, next, heard, listen } = setUp();
    const feed = await next();
    feed.hello(1);
    feed.post(1);
    feed.ready(1);
    await turns();
    feed.end();
    await turns();
    // The log is at 3 by now, as nobody here knows.
    listen();
    await clock.advance(100);
    expect(heard.join('')).toContain(`"cursor":"${epoch}.1"`);
    expect(heard.join('')).toContain(`event: ready\nid: ${epoch}.1`);
    await clock.advance(1000);
    const again = await next();
    again.hello(3);
    for (const pos of [2, 3]) again.post(pos);
    again.ready(3);
    await turns();
    again.post(4);
    await turns();
    await clock.advance(300);
    expect([...heard.join('').matchAll(/\n\nid: \w+\.(\d+)/g)].map(([, pos]) => Number(pos))).toEqual([2, 3, 4]);
    expect(heard.join('')).not.toMatch(/event: (reset|bye)/);
  });

  it('passes over what it has when the server begins earlier, and begins anew only after a hole', async () => {
    const { clock, site, next, heard, listen } = setUp();
    const feed = await next();
    feed.hello(3);
    for (const pos of [1, 2, 3]) feed.post(pos);
    feed.ready(3);
    await turns();
    listen();
    feed.reset('gap');
    await clock.advance(5000);
    const again = await next();
    again.hello(4);
    for (const pos of [2, 3, 4]) again.post(pos);
    again.ready(4);
    await turns();
    expect(site.hub.window).toMatchObject({ oldest: 0, head: 4 });
    expect(heard.join('')).not.toContain('event: reset');
    again.reset('expired');
    await clock.advance(5000);
    const last = await next();
    last.hello(9);
    for (const pos of [8, 9]) last.post(pos);
    last.ready(9);
    await clock.advance(3000);
    await turns();
    expect(site.hub.window).toMatchObject({ oldest: 7, head: 9 });
    expect(heard.join('')).toContain('event: reset');
  });

  it('stays a while after its last reader, and its feed with it', async () => {
    const { clock, site, next, closed } = setUp();
    const feed = await next();
    feed.hello(0);
    feed.ready(0);
    await turns();
    const [one, other] = [site.hold(), site.hold()];
    one();
    one();
    await clock.advance(5000);
    expect(closed()).toBe(0);
    other();
    await clock.advance(900);
    const again = site.hold();
    await clock.advance(5000);
    expect(closed()).toBe(0);
    again();
    await clock.advance(1000);
    expect(closed()).toBe(1);
    expect(site.upstreams).toBe(0);
    await expect(site.ready()).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('that the server refuses says why, and is given up after a while however often it is asked for', async () => {
    const { clock, site, feeds, closed } = setUp();
    await turns();
    feeds[0]?.answer(new Response('{"errors":[{"code":"unauthorized"}]}', { status: 401 }) as StreamResponse);
    await turns();
    for (let waitedMs = 0; waitedMs < sulkMs; waitedMs += 500) {
      const release = site.hold();
      await expect(site.ready()).rejects.toMatchObject({ code: 'misconfigured', status: 503 });
      release();
      await clock.advance(500);
    }
    expect(feeds).toHaveLength(1);
    expect(closed()).toBe(1);
  });
});

describe('a key that is changed', () => {
  const refusal = () => new Response('{"errors":[{"code":"unauthorized"}]}', { status: 401 }) as StreamResponse;

  /** A hub with a reader, whose feed has broken off. */
  async function broken() {
    const made = setUp();
    const feed = await made.next();
    feed.hello(1);
    feed.post(1);
    feed.ready(1);
    await turns();
    made.listen();
    feed.end();
    await turns();
    return made;
  }

  it('ends nobody’s stream while some servers know the new one and others don’t', async () => {
    const { clock, feeds, next, heard, site } = await broken();
    for (let refused = 0; refused < 5; refused += 1) {
      await clock.advance(4000);
      feeds.at(-1)?.answer(refusal());
      await turns();
    }
    expect(site.hub.readers).toBe(1);
    await clock.advance(4000);
    const again = await next();
    again.hello(2);
    again.post(2);
    again.ready(2);
    await turns();
    expect(heard.join('')).toContain(`id: ${epoch}.2`);
    expect(heard.join('')).not.toMatch(/event: (reset|bye)/);
  });

  it('that no server takes any more ends them, with a word', async () => {
    const { clock, feeds, heard, site } = await broken();
    const untilMs = clock.now() + patienceMs + 10_000;
    while (clock.now() < untilMs && site.hub.readers > 0) {
      await clock.advance(4000);
      feeds.at(-1)?.answer(refusal());
      await turns();
    }
    expect(heard.join('')).toMatch(/event: bye\ndata: {"reason":"shutdown"/);
    await expect(site.ready()).rejects.toMatchObject({ code: 'misconfigured' });
  });
});

it('[S4] another epoch sends everybody for a snapshot, and what was granted and kept in the old one is gone', async () => {
  const { clock, site, next, heard, listen } = setUp();
  const feed = await next();
  feed.hello(5);
  feed.post(5);
  feed.ready(5);
  await turns();
  const ada = { claims: { sub: 'ada', sid: 's_ada' }, credential: { is: 'bearer', token: '' } } as unknown as Reader;
  await site.grants.ask('thread:t1', ada);
  await site.snapshots.get('t1', new URLSearchParams(), ada);
  expect([site.grants.size, site.snapshots.size]).toEqual([1, 1]);
  listen();
  feed.reset('epoch');
  await clock.advance(5000);
  const other = 'bbbbbbbbbbbb';
  const again = await next();
  again.send({ event: 'hello', data: { epoch: other, cursor: `${other}.3`, pingMs: 60_000, maxAgeMs: 600_000 } });
  again.send({ event: 'ready', id: `${other}.3`, data: { cursor: `${other}.3` } });
  await turns();
  expect(heard.join('')).toMatch(/event: reset\ndata: {"reason":"epoch","afterMs":\d+}/);
  expect(site.hub.readers).toBe(0);
  expect([site.grants.size, site.snapshots.size]).toEqual([0, 0]);
  expect(site.hub.window).toEqual({ epoch: other, oldest: 3, head: 3 });
});

it('a feed that ends without a word of why is not waited for: the hub is given up, not left silent', async () => {
  const { site, feeds, heard, next, clock, listen, closed } = setUp();
  const feed = await next();
  feed.hello(0);
  feed.ready(0);
  await turns();
  listen();
  feed.end();
  await turns();
  await clock.advance(1000);
  feeds.at(-1)?.answer(new Response(null, { status: 204 }) as StreamResponse);
  await turns();
  expect(heard.join('')).toContain('event: bye');
  await expect(site.ready()).rejects.toMatchObject({ code: 'unreachable' });
  await clock.advance(sulkMs);
  expect(closed()).toBe(1);
});

describe('a stream whose cursor is ahead of the hub', () => {
  const ada = { claims: { sub: 'ada', sid: 's_ada' }, credential: { is: 'bearer', token: '' } } as unknown as Reader;
  const left = { participant: { user: { id: 'ada' } } };

  /** A stream at position 7 of a hub at 5; `isLeft` tells whether it was ended. */
  async function ahead() {
    const { clock, site, next } = setUp();
    const feed = await next();
    feed.hello(5);
    feed.post(5);
    feed.ready(5);
    await turns();
    const grant = await site.grants.ask('thread:t1', ada);
    if (!grant) throw new Error('no grant');
    let isLeft = false;
    site.doubt({ cursor: `${epoch}.7`, grants: [grant] }, ada, () => {
      isLeft = true;
    });
    return { clock, feed, isLeft: () => isLeft };
  }

  it('[S7] is ended by what it passes over: one’s own leaving, the end of the session', async () => {
    const one = await ahead();
    one.feed.post(6, 'participant.left', left);
    await turns();
    expect(one.isLeft()).toBe(true);
    const other = await ahead();
    other.feed.post(6);
    other.feed.post(7, 'session.ended', { session: { sid: 's_ada' } });
    await turns();
    expect(other.isLeft()).toBe(true);
  });

  it('goes on where nothing was taken away; what comes after its cursor it hears itself', async () => {
    const { clock, feed, isLeft } = await ahead();
    feed.post(6, 'participant.left', { participant: { user: { id: 'bo' } } });
    feed.post(7);
    feed.post(8, 'participant.left', left);
    await turns();
    expect(isLeft()).toBe(false);
    await clock.advance(10_000);
    expect(isLeft()).toBe(false);
  });
});
