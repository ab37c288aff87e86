import { describe, expect, test } from 'vitest';
import { createHub } from './hub.ts';
import { at, bench, kinds, last, room } from './hub-bench.ts';
import { epoch, userOf } from './samples.ts';
import { manualClock, recordingSink } from './testing.ts';

describe('the frames of a connect', () => {
  test('hello leaves before subscribe returns and says what this connection has', () => {
    const { hub, post, open } = bench();
    post(1);
    const sink = recordingSink();
    hub.subscribe({ sink, topics: [room], hello: { revoked: ['x'] } });
    expect(sink.frames[0]).toEqual({
      event: 'hello',
      id: undefined,
      data: { epoch, cursor: at(1), pingMs: 20_000, maxAgeMs: 1_200_000, atMs: expect.any(Number), revoked: ['x'] },
    });
    expect(kinds(open())).toEqual(['hello', 'ready']);
  });

  test('values are spread by a fifth either way, each connection its own', () => {
    let turn = 0;
    const { open } = bench({ random: () => [0.5, 0, 0, 0.5, 1, 1, 0.5][turn++] ?? 0.5 });
    const [low, high] = [open(), open()].map((sink) => sink.frames[0]?.data);
    expect(low).toMatchObject({ pingMs: 16_000, maxAgeMs: 960_000 });
    expect(high).toMatchObject({ pingMs: 24_000, maxAgeMs: 1_440_000 });
  });

  test('[S1] from now on without a cursor: ready at the head, nothing of before', () => {
    const { post, open } = bench();
    post(1);
    const sink = open();
    expect(kinds(sink)).toEqual(['hello', 'ready']);
    expect(last(sink)).toEqual({ event: 'ready', id: at(1), data: { cursor: at(1) } });
  });

  test('[S1] [I7] from a cursor: what lies after it, then ready, then live, each once and in order', async () => {
    const { clock, post, open } = bench();
    for (let pos = 1; pos <= 5; pos += 1) post(pos);
    await clock.advance(100);
    const sink = open({ cursor: at(2) });
    expect(kinds(sink)).toEqual(['hello', '3', '4', '5', 'ready']);
    post(6);
    expect(kinds(sink)).toEqual(['hello', '3', '4', '5', 'ready', '6']);
    expect(last(sink)).toMatchObject({ id: at(6), data: { pos: 6, type: 'message.posted' } });
  });

  test('a preface stands between hello and what follows its cursor', () => {
    const { post, open } = bench();
    post(1);
    post(2);
    const preface = new TextEncoder().encode('event: snapshot\ndata: {}\n\n');
    expect(kinds(open({ cursor: at(1), preface }))).toEqual(['hello', 'snapshot']);
  });

  test('a replay is one write, the same bytes for all who resume from the same place', async () => {
    const { clock, hub, post } = bench();
    for (let pos = 1; pos <= 100; pos += 1) post(pos);
    await clock.advance(100);
    const chunks: Uint8Array[] = [];
    const sink = () => ({ write: (chunk: Uint8Array) => chunks.push(chunk) > 0, onDrain() {}, close() {} });
    for (const user of ['ana', 'ben']) hub.subscribe({ sink: sink(), topics: [room], user, sid: user, cursor: at(1) });
    expect(chunks).toHaveLength(6);
    expect(chunks[1]).toBe(chunks[4]);
  });

  test('[S2] a cursor older than the ring is answered reset expired, and the stream ends', async () => {
    const { clock, hub, post, open } = bench({ maxEvents: 10 });
    for (let pos = 1; pos <= 15; pos += 1) post(pos);
    await clock.advance(100);
    expect(kinds(open({ cursor: at(5) }))).toEqual(['hello', ...'6 7 8 9 10 11 12 13 14 15'.split(' '), 'ready']);
    const sink = open({ cursor: at(4) });
    expect(last(sink)).toEqual({ event: 'reset', id: undefined, data: { reason: 'expired', afterMs: 500 } });
    expect(sink.closed).toBe('ended');
    expect(hub.readers).toBe(1);
  });

  test('[S3] a cursor ahead of the head waits for it and goes on from there', async () => {
    const { clock, post, open } = bench();
    const sink = open({ cursor: at(3) });
    for (let pos = 1; pos <= 4; pos += 1) post(pos);
    expect(kinds(sink)).toEqual(['hello']);
    await clock.advance(100);
    expect(kinds(sink)).toEqual(['hello', '4', 'ready']);
    await clock.advance(10_000);
    expect(sink.closed).toBe(false);
  });

  test('[S3] a cursor that the head does not reach within 2 s is answered reset ahead', async () => {
    const { clock, open } = bench();
    const sink = open({ cursor: at(3) });
    await clock.advance(1999);
    expect(kinds(sink)).toEqual(['hello']);
    await clock.advance(1);
    expect(kinds(sink)).toEqual(['hello', 'reset']);
    expect(last(sink)?.data).toMatchObject({ reason: 'ahead' });
  });

  test.each([
    ['epoch', 'ba9876543210.1'],
    ['gap', 'last tuesday'],
    ['gap', '0123456789ab.-1'],
  ])('[S4] hello, then reset %s for %s', (reason, cursor) => {
    const sink = bench().open({ cursor });
    expect(kinds(sink)).toEqual(['hello', 'reset']);
    expect(last(sink)?.data).toMatchObject({ reason });
  });

  test('a hub that was not started or is closed takes nobody', () => {
    const fresh = createHub({ clock: manualClock() });
    const sink = recordingSink();
    expect(() => fresh.subscribe({ sink, topics: [room] })).toThrow(expect.objectContaining({ code: 'unavailable' }));
    expect(fresh.window).toBeUndefined();
    const { hub, open } = bench();
    hub.close();
    expect(() => open()).toThrow(expect.objectContaining({ code: 'unavailable' }));
  });
});

describe('live', () => {
  test('the first event of a quiet spell leaves at once, what follows within 20 ms in one write', async () => {
    const { clock, post, open } = bench();
    const sink = open();
    const before = sink.writes;
    post(1);
    expect(sink.positions).toEqual([1]);
    for (let pos = 2; pos <= 50; pos += 1) post(pos);
    expect(sink.positions).toEqual([1]);
    await clock.advance(19);
    expect(sink.positions).toEqual([1]);
    await clock.advance(1);
    expect(sink.positions).toHaveLength(50);
    expect(sink.writes - before).toBe(2);
    await clock.advance(20);
    post(51);
    expect(sink.positions).toHaveLength(51);
  });

  test('all who hear the same of a flush are given the same bytes', async () => {
    const { clock, hub, post } = bench();
    const chunks = new Map<string, Uint8Array[]>();
    const listen = (user: string, topics: string[]) =>
      hub.subscribe({
        topics,
        user,
        sid: user,
        sink: {
          write(chunk) {
            chunks.set(user, [...(chunks.get(user) ?? []), chunk]);
            return true;
          },
          onDrain() {},
          close() {},
        },
      });
    listen('ana', [room, 'user:ana']);
    listen('ben', [room]);
    listen('cy', ['user:cy', 'agents']);
    post(1);
    post(2, [room, 'user:ana']);
    post(3, ['user:ana', 'user:cy', 'agents']);
    await clock.advance(20);
    const [ana, ben, cy] = ['ana', 'ben', 'cy'].map((user) => chunks.get(user) ?? []);
    expect([ana?.length, ben?.length, cy?.length]).toEqual([4, 4, 3]);
    expect(ana?.[2]).toBe(ben?.[2]);
    expect(ana?.[3]).not.toBe(ben?.[3]);
  });

  test('what gathers is flushed early when it has grown to a chunk', () => {
    const { post, open } = bench({ chunkBytes: 2000 });
    const sink = open();
    for (let pos = 1; pos <= 30; pos += 1) post(pos);
    expect(sink.positions.length).toBeGreaterThan(20);
  });

  test('who comes while events gather gets his hello at once and all that this hop had, then ready, at the flush', async () => {
    const { clock, post, open } = bench();
    const early = open();
    for (let pos = 1; pos <= 3; pos += 1) post(pos);
    const late = open({ cursor: at(1) });
    const now = open();
    expect([early, late, now].map((sink) => sink.positions)).toEqual([[1], [], []]);
    expect(now.frames[0]?.data).toMatchObject({ cursor: at(3) });
    await clock.advance(20);
    expect(kinds(late)).toEqual(['hello', '2', '3', 'ready']);
    expect(kinds(now)).toEqual(['hello', 'ready']);
    expect(early.positions).toEqual([1, 2, 3]);
    expect(last(now)?.id).toBe(at(3));
  });

  test('events without a listener still move everybody’s position', async () => {
    const { clock, post, open } = bench();
    const sink = open();
    post(1, ['user:ana']);
    expect(sink.positions).toEqual([]);
    await clock.advance(20_000);
    expect(last(sink)).toEqual({ event: 'ping', id: at(1), data: { cursor: at(1), atMs: expect.any(Number) } });
  });

  test('one reader with several topics of an event hears it once', async () => {
    const { clock, post, open } = bench();
    const sink = open({ topics: [room, 'user:ben', 'agents'] });
    post(1, [room, 'user:ben', 'agents', room]);
    post(2, ['agents', 'user:ben']);
    post(3, [room, 'agents']);
    await clock.advance(20);
    expect(sink.positions).toEqual([1, 2, 3]);
  });

  test('[S8] nobody hears what is not for a topic of his', async () => {
    const { clock, post, open } = bench();
    const sink = open({ topics: ['user:ben'], sid: 's' });
    post(1, [room, 'user:ana', 'agents', 'session:other']);
    post(2, ['all']);
    post(3, ['session:s']);
    await clock.advance(20);
    expect(sink.positions).toEqual([2, 3]);
    const late = open({ topics: ['user:ben'], sid: 's', cursor: at(0) });
    expect(late.positions).toEqual([2, 3]);
  });

  test('the stream of a reader who left is closed once and hears nothing more', () => {
    const { hub, post, open } = bench();
    let closes = 0;
    const sink = open({ onClose: () => (closes += 1) });
    expect(hub.readers).toBe(1);
    sink.leave();
    sink.leave();
    post(1);
    expect([hub.readers, closes, sink.closed, sink.positions.length]).toEqual([0, 1, 'ended', 0]);
  });

  test('a hole is refused, and nothing of it goes out', () => {
    const { hub, post, open } = bench();
    const sink = open();
    expect(() => post(2)).toThrow(/was due/);
    expect(sink.positions).toEqual([]);
    expect(hub.window?.head).toBe(0);
  });
});

describe('signals', () => {
  const typing = (user = 'ana') => ({ type: 'typing', thread: 't', user: userOf(user) });

  test('[I14] a signal has no id and moves no cursor', () => {
    const { hub, open } = bench();
    const sink = open();
    hub.signal(typing(), [room]);
    expect(last(sink)).toEqual({ event: 'signal', id: undefined, data: typing() });
  });

  test('typing is not told to the typist, a receipt is told to its owner’s other streams', async () => {
    const { clock, hub, post, open } = bench();
    const [ana, ben] = [open({ user: 'ana' }), open()];
    hub.signal(typing('ana'), [room]);
    await clock.advance(20);
    post(1);
    hub.signal(typing('ana'), [room]);
    hub.signal(typing('ben'), [room]);
    hub.signal({ type: 'receipt', thread: 't', user: userOf('ana'), seq: 1 }, [room]);
    post(2);
    await clock.advance(20);
    expect(kinds(ana)).toEqual(['hello', 'ready', '1', 'signal', 'signal', '2']);
    expect(kinds(ben)).toEqual(['hello', 'ready', 'signal', '1', 'signal', 'signal', '2']);
    expect(ana.of('signal').map(({ data }) => data)).toMatchObject([{ user: { id: 'ben' } }, { type: 'receipt' }]);
  });

  test('signals gather with events, in their order, so that a busy room costs one write', async () => {
    const { clock, hub, post, open } = bench();
    const sink = open();
    const before = sink.writes;
    post(1);
    hub.signal(typing(), [room]);
    post(2);
    await clock.advance(20);
    expect(kinds(sink).slice(2)).toEqual(['1', 'signal', '2']);
    expect(sink.writes - before).toBe(2);
  });

  test('a reader that lags is told no signal', () => {
    const { hub, post, open } = bench();
    const sink = open();
    sink.fill();
    post(1);
    hub.signal(typing(), [room]);
    sink.drain();
    expect(sink.of('signal')).toEqual([]);
  });
});
