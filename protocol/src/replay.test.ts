import { describe, expect, test } from 'vitest';
import { createHistory } from './history.ts';
import { at, bench, room } from './hub-bench.ts';
import { createReplay } from './replay.ts';
import { epoch, posted } from './samples.ts';
import type { Subscriber } from './subscriber.ts';

describe('chunks that are shared', () => {
  const subscriber = { service: false, topics: new Set([room]) } as unknown as Subscriber;

  function filled(events: number) {
    const history = createHistory();
    history.start(epoch, 0);
    for (let pos = 1; pos <= events; pos += 1) history.append(posted(pos), [room]);
    const replay = createReplay(history, 65_536);
    return (from: number) => replay.read(subscriber, from, events, () => {}).chunk;
  }

  test('are the same bytes for all who resume from the same place', () => {
    const chunkFrom = filled(3);
    const chunk = chunkFrom(0);
    expect(chunk).toBeDefined();
    expect(chunkFrom(0)).toBe(chunk);
    expect(chunkFrom(1)).not.toBe(chunk);
  });

  test('are no more than sixteen: at the bound all are dropped, and made again for who comes next', () => {
    const chunkFrom = filled(40);
    const first = chunkFrom(0);
    for (let from = 1; from < 16; from += 1) chunkFrom(from);
    expect(chunkFrom(0)).toBe(first);
    chunkFrom(16);
    expect(chunkFrom(0)).not.toBe(first);
    expect(chunkFrom(0)).toEqual(first);
  });
});

test('a ring holds its topics’ events for whoever may hear them, whatever others were given from the same place', async () => {
  const { clock, hub, post, open } = bench();
  post(1);
  post(2, ['thread:other']);
  post(3);
  await clock.advance(100);
  expect(open({ cursor: at(0) }).positions).toEqual([1, 3]);
  expect(open({ cursor: at(0), topics: [room, 'thread:other'] }).positions).toEqual([1, 2, 3]);
  // As many, and to the same end: only the positions tell the two apart.
  post(4, ['thread:other']);
  post(5, [room, 'thread:other']);
  await clock.advance(100);
  expect(open({ cursor: at(1), topics: ['thread:other'] }).positions).toEqual([2, 4, 5]);
  expect(open({ cursor: at(1) }).positions).toEqual([3, 5]);
  expect(open({ cursor: at(2), topics: ['thread:other'] }).positions).toEqual([4, 5]);
  expect(open({ cursor: at(2) }).positions).toEqual([3, 5]);
  expect(hub.readers).toBe(6);
});
