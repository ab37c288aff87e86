import { manualClock } from '@payload-chat/protocol/testing';
import { afterEach, expect, test, vi } from 'vitest';
import { createLateness } from './lateness.ts';

afterEach(() => vi.unstubAllGlobals());

/** A stream whose hop shows a time of its own, `lag` ms after what it says left it. */
function setUp({ helloMs = 0, short = 0, other = 0, lost = false } = {}) {
  const clock = manualClock(1e12);
  const zeroMs = 123_456;
  const hopMs = () => zeroMs + clock.now() - 1e12;
  const told: string[] = [];
  let asked = 0;
  const hear = createLateness(
    clock,
    async () => {
      asked += 1;
      if (lost) throw new TypeError('Failed to fetch');
      return new Response(`event: hello\ndata: {"atMs":${hopMs() - short + other}}\n\n`);
    },
    (why) => void told.push(why ?? 'good'),
  );
  const frame = (event: string, lateMs: number) =>
    hear({ is: 'frame', frame: { event, id: undefined, data: { atMs: hopMs() - lateMs } } });
  return {
    told,
    asked: () => asked,
    async begin() {
      void hear({ is: 'attempt', cursor: undefined });
      await clock.advance(helloMs);
      await frame('hello', helloMs);
    },
    /** Pings that arrive so many ms late each, 20 s from each other. */
    async pings(...lateMs: number[]) {
      for (const ms of lateMs) {
        await clock.advance(20_000);
        await frame('ping', ms);
      }
    },
    /** A frame without a time, after 20 s. */
    async silent(event: string) {
      await clock.advance(20_000);
      await hear({ is: 'frame', frame: { event, id: undefined, data: {} } });
    },
    /** As `pings`, 4 s from each other. */
    async often(...lateMs: number[]) {
      for (const ms of lateMs) {
        await clock.advance(4000);
        await frame('ping', ms);
      }
    },
    /** All at one moment. */
    async bunch(...lateMs: number[]) {
      for (const ms of lateMs) await frame('ping', ms);
    },
  };
}

test('a stream that begins to come late is named at the second late ping, again at each, and good after two on time', async () => {
  const { begin, pings, told } = setUp();
  await begin();
  await pings(0, 10, 5000);
  expect(told).toEqual([]);
  await pings(5000, 6000);
  expect(told).toEqual(['buffered', 'buffered']);
  await pings(0);
  expect(told).toHaveLength(2);
  await pings(0);
  expect(told).toEqual(['buffered', 'buffered', 'good']);
});

test('pings that come often must be late for a while', async () => {
  const { begin, often, told } = setUp();
  await begin();
  await often(0, 5000, 5000, 5000);
  expect(told).toEqual([]);
  await often(5000);
  expect(told).toEqual(['buffered']);
});

test('one that comes late from its first word on is measured against a short answer, once', async () => {
  const { begin, pings, told, asked } = setUp({ helloMs: 5000 });
  await begin();
  await pings(5000, 5000, 5000);
  expect(told).toEqual(['buffered', 'buffered']);
  expect(asked()).toBe(2);
});

test.each([
  ['as slow itself', { helloMs: 5000, short: 5000 }],
  ['lost', { helloMs: 5000, lost: true }],
  ['of another hop, whose clock is anywhere', { helloMs: 5000, other: 7e9 }],
])('a short answer that is %s names nothing', async (_, options) => {
  const { begin, pings, told } = setUp(options);
  await begin();
  await pings(5000, 5000, 5000, 5000);
  expect(told).toEqual([]);
});

test('a single late one, however late, and what a sleeper finds waiting at one moment, name nothing', async () => {
  const { begin, pings, bunch, told, asked } = setUp();
  await begin();
  await pings(0, 40_000, 0, 0);
  await bunch(60_000, 40_000, 20_000);
  await pings(0, 9000, 0);
  expect(told).toEqual([]);
  expect(asked()).toBe(0);
});

test('a page that nobody sees judges nothing', async () => {
  const { begin, pings, told } = setUp();
  await begin();
  vi.stubGlobal('document', { hidden: true });
  await pings(5000, 5000, 5000);
  expect(told).toEqual([]);
});

test('a stream of a hop that says no time, after one that was held back, is good', async () => {
  const { begin, pings, told, silent } = setUp();
  await begin();
  await pings(0, 5000, 5000);
  await silent('hello');
  for (let turn = 0; turn < 3; turn += 1) await silent('ping');
  expect(told).toEqual(['buffered', 'good']);
});

test('hops that say no time, or nonsense, are left alone', async () => {
  const told: unknown[] = [];
  const hear = createLateness(
    manualClock(0),
    () => Promise.reject(new Error('unused')),
    (why) => told.push(why),
  );
  for (const data of [null, undefined, {}, { atMs: 'soon' }, [], 7])
    for (const event of ['hello', 'ping']) await hear({ is: 'frame', frame: { event, id: undefined, data } });
  expect(told).toEqual([]);
});
