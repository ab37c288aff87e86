import { describe, expect, test } from 'vitest';
import { encodeFrame } from './frame.ts';
import { at, bench, kinds, last, room } from './hub-bench.ts';
import { posted } from './samples.ts';
import type { Sink } from './subscriber.ts';
import { type RecordingSink, recordingSink } from './testing.ts';

describe('[S5] slow readers', () => {
  test('a full sink is written nothing; when it drains it reads on from its cursor, all of it, once', async () => {
    const { clock, post, open } = bench();
    const [slow, quick] = [open(), open()];
    slow.fill();
    post(1);
    const { writes } = slow;
    for (let pos = 2; pos <= 40; pos += 1) {
      post(pos);
      await clock.advance(20);
    }
    expect(slow.writes).toBe(writes);
    expect(quick.positions).toHaveLength(40);
    slow.drain();
    post(41);
    await clock.advance(20);
    expect(slow.positions).toEqual(quick.positions);
    expect(slow.closed).toBe(false);
  });

  test('one that drains too late for the ring is told bye slow, and nothing is left out before it', async () => {
    const { clock, post, open } = bench({ maxEvents: 10 });
    const sink = open();
    sink.fill();
    post(1);
    for (let pos = 2; pos <= 12; pos += 1) post(pos);
    await clock.advance(20);
    sink.drain();
    expect(kinds(sink)).toEqual(['hello', 'ready', '1', 'bye']);
    expect(last(sink)?.data).toEqual({ reason: 'slow', retryMs: 1000 });
    expect(sink.closed).toBe('ended');
  });

  test('one that does not drain at all is cut, and its neighbours are unharmed', async () => {
    const { clock, hub, post, open } = bench({ stalledMs: 15_000 });
    const [stalled, other] = [open(), open()];
    stalled.fill();
    post(1);
    await clock.advance(14_900);
    expect(stalled.closed).toBe(false);
    await clock.advance(600);
    expect(stalled.closed).toBe('cut');
    expect([hub.readers, other.closed]).toEqual([1, false]);
  });

  test('a replay is written in chunks of a bounded size, no further than the sink takes it', async () => {
    const chunkBytes = 1000;
    const { clock, hub, post } = bench({ chunkBytes });
    for (let pos = 1; pos <= 50; pos += 1) post(pos);
    await clock.advance(20);
    const sink = recordingSink();
    const chunks: number[] = [];
    let drain: (() => void) | undefined;
    // Full again after each chunk.
    const narrow: Sink = {
      ...sink,
      write(chunk) {
        chunks.push(chunk.byteLength);
        sink.write(chunk);
        return false;
      },
      onDrain(run) {
        drain = run;
      },
    };
    hub.subscribe({ sink: narrow, topics: [room], cursor: at(0) });
    expect(sink.positions).toEqual([]);
    while (sink.of('ready').length === 0) {
      const { length } = chunks;
      const run = drain;
      drain = undefined;
      run?.();
      expect(chunks.length - length, 'chunks for one drain').toBe(1);
    }
    expect(sink.positions).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    // As much as a chunk and one event more: neither all of it at once, nor one by one.
    expect(Math.max(...chunks)).toBeLessThan(chunkBytes + encodeFrame({ id: at(50), data: posted(50) }).byteLength);
    expect(chunks.length).toBeLessThan(25);
  });

  test('a sink that throws ends its own stream alone', async () => {
    const { clock, hub, post, open } = bench();
    const broken = open();
    const other = open();
    broken.write = () => {
      throw new Error('The controller is closed.');
    };
    post(1);
    expect([broken.closed, other.positions, hub.readers]).toEqual(['cut', [1], 1]);
    await clock.advance(60_000);
    expect(other.closed).toBe(false);
  });
});

describe('what a sink may do from within a write', () => {
  test('leave, itself or a neighbour', () => {
    const { hub, post, open } = bench();
    const sinks = [open(), open(), open()];
    for (const sink of sinks) {
      const { write } = sink;
      sink.write = (chunk) => {
        write(chunk);
        for (const other of sinks) other.leave();
        return true;
      };
    }
    post(1);
    expect(hub.readers).toBe(0);
    expect(sinks.map((sink) => sink.positions)).toEqual([[1], [], []]);
  });

  test('open another stream, which hears everything once', async () => {
    const { clock, post, open } = bench();
    const first = open();
    const opened: RecordingSink[] = [];
    const { write } = first;
    first.write = (chunk) => {
      if (opened.length < 2) opened.push(open({ cursor: at(0) }), open({ topics: '*', cursor: at(0) }));
      return write(chunk);
    };
    const second = open();
    post(1);
    post(2);
    await clock.advance(20);
    for (const sink of [first, second, ...opened]) expect(sink.positions).toEqual([1, 2]);
  });

  test('append: everybody hears both events in order', async () => {
    const { clock, post, open } = bench();
    const [first, second] = [open(), open()];
    const { write } = first;
    let appended = false;
    first.write = (chunk) => {
      if (!appended) {
        appended = true;
        post(2);
      }
      return write(chunk);
    };
    post(1);
    await clock.advance(20);
    expect([first.positions, second.positions]).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });

  test('close the hub', () => {
    const { hub, post, open } = bench();
    const [first, second] = [open(), open()];
    const { write } = first;
    first.write = (chunk) => {
      first.write = write;
      write(chunk);
      hub.close();
      return true;
    };
    post(1);
    expect([hub.readers, kinds(first), kinds(second)]).toEqual([
      0,
      ['hello', 'ready', '1', 'bye'],
      ['hello', 'ready', 'bye'],
    ]);
  });
});
