import { encodeFrame, type StreamResponse } from '@payload-chat/protocol';
import { manualClock, recordingSink, settle } from '@payload-chat/protocol/testing';
import { expect, it } from 'vitest';
import { readConfig } from './config.ts';
import { createHubs } from './hubs.ts';
import type { Upstream } from './upstream.ts';

const epoch = 'aaaaaaaaaaaa';

/** Hubs whose server has an empty log for every site; `post` adds to one of them. */
function setUp(variables: Record<string, string>) {
  const clock = manualClock();
  const feeds = new Map<string, { pos: number; send(frame: Uint8Array): void }>();
  const upstream = {
    async feed(site: string) {
      let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
      const body = new ReadableStream<Uint8Array>({
        start: (begun) => {
          controller = begun;
        },
      });
      const send = (frame: Uint8Array) => controller?.enqueue(frame);
      feeds.set(site, { pos: 0, send });
      send(
        encodeFrame({ event: 'hello', data: { epoch, cursor: `${epoch}.0`, pingMs: 600_000, maxAgeMs: 6_000_000 } }),
      );
      send(encodeFrame({ event: 'ready', id: `${epoch}.0`, data: { cursor: `${epoch}.0` } }));
      return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } }) as StreamResponse;
    },
  } as unknown as Upstream;
  const config = readConfig({ CHAT_SERVER_URL: 'http://server', CHAT_EDGE_KEY: 'key', ...variables });
  const hubs = createHubs({ config, upstream, clock, random: () => 0.5, log: () => {} });

  async function turns() {
    for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    await settle();
  }
  return {
    clock,
    hubs,
    turns,
    async open(site: string) {
      const found = hubs.of(site);
      const release = found.hold();
      await turns();
      await found.ready();
      return { ...found, hub: found.hub, release };
    },
    post(site: string, chars: number) {
      const feed = feeds.get(site);
      if (!feed) throw new Error(`Nobody listens to ${site}.`);
      feed.pos += 1;
      const message = { id: `m${feed.pos}`, content: 'x'.repeat(chars) };
      const data = {
        type: 'message.posted',
        pos: feed.pos,
        thread: 't',
        seq: feed.pos,
        at: 'now',
        actor: null,
        message,
      };
      feed.send(encodeFrame({ id: `${epoch}.${feed.pos}`, data: { ...data, to: ['thread:t'] } }));
    },
  };
}

it('the rings of all sites share one memory: the largest gives, and a quiet site keeps what it has', async () => {
  const { clock, hubs, turns, open, post } = setUp({ CHAT_RINGS_MIB: '1' });
  const [busy, quiet] = [await open('busy'), await open('quiet')];
  post('quiet', 1000);
  post('quiet', 1000);
  await turns();
  const sink = recordingSink();
  busy.hub.subscribe({ sink, topics: ['thread:t'] });
  for (let nth = 0; nth < 600; nth += 1) {
    post('busy', 4000);
    if (nth % 50 === 49) await turns();
  }
  await clock.advance(100);
  const bytes = hubs.numbers().reduce((sum, site) => sum + site.bytes, 0);
  expect(bytes).toBeLessThanOrEqual(1024 * 1024);
  expect(bytes).toBeGreaterThan(900 * 1024);
  expect(quiet.hub.window).toEqual({ epoch, oldest: 0, head: 2 });
  expect(busy.hub.window?.head).toBe(600);
  // Who listens misses nothing by it.
  expect(sink.positions).toHaveLength(600);
});

it('no more sites have a hub than the bound; a place is free when a hub has closed', async () => {
  const { clock, hubs, open } = setUp({ CHAT_SITES: '3', CHAT_LINGER_MS: '1000' });
  const [first] = [await open('a'), await open('b'), await open('c')];
  expect(() => hubs.of('d')).toThrow(expect.objectContaining({ code: 'unavailable', retryAfterS: expect.any(Number) }));
  expect(hubs.of('b')).toBeDefined();
  first?.release();
  await clock.advance(1000);
  await open('d');
  expect(hubs.numbers().map(({ site }) => site)).toEqual(['b', 'c', 'd']);
  hubs.close();
});

it('while draining nobody is taken, and those who are turned away come back spread and not too soon', async () => {
  const { clock, hubs, open } = setUp({});
  await open('a');
  hubs.drain(30_000);
  expect(hubs.isDraining).toBe(true);
  expect(() => hubs.of('a')).toThrow(expect.objectContaining({ code: 'unavailable', retryAfterS: 33 }));
  await clock.advance(29_000);
  expect(() => hubs.of('a')).toThrow(expect.objectContaining({ retryAfterS: 4 }));
  hubs.close();
});
