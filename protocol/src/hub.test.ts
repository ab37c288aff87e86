import { describe, expect, test } from 'vitest';
import { createHub, type Hub, type HubOptions, type Listener } from './hub.ts';
import { epoch, eventOf, messageOf, posted, seatOf, threadOf, userOf } from './samples.ts';
import { type ManualClock, manualClock, type RecordingSink, recordingSink, settle } from './testing.ts';

const room = 'thread:t';

interface Bench {
  clock: ManualClock;
  hub: Hub;
  /** Opens a stream on the room, as the user `ben` with the session `s`, unless told otherwise. */
  open(listener?: Partial<Listener>, sink?: RecordingSink): RecordingSink & { leave(): void };
  post(pos: number, to?: string[], content?: string): void;
}

function bench(options: Partial<HubOptions> = {}): Bench {
  const clock = manualClock();
  const hub = createHub({ clock, random: () => 0.5, ...options });
  hub.start(epoch, 0);
  return {
    clock,
    hub,
    open(listener = {}, sink = recordingSink()) {
      const leave = hub.subscribe({ sink, topics: [room], user: 'ben', sid: 's', ...listener });
      return Object.assign(sink, { leave });
    },
    post: (pos, to = [room], content = `m${pos}`) => hub.append(posted(pos, content), to),
  };
}

const at = (pos: number) => `${epoch}.${pos}`;
const kinds = (sink: RecordingSink) =>
  sink.frames.map(({ event, data }) => (event === 'message' ? `${(data as { pos: number }).pos}` : event));
const last = (sink: RecordingSink) => sink.frames.at(-1);

describe('the frames of a connect', () => {
  test('hello leaves before subscribe returns and says what this connection has', () => {
    const { hub, post, open } = bench();
    post(1);
    const sink = recordingSink();
    hub.subscribe({ sink, topics: [room], hello: { revoked: ['x'] } });
    expect(sink.frames[0]).toEqual({
      event: 'hello',
      id: undefined,
      data: { epoch, cursor: at(1), pingMs: 20_000, maxAgeMs: 1_200_000, revoked: ['x'] },
    });
    expect(kinds(open())).toEqual(['hello', 'ready']);
  });

  test('values are spread by a fifth either way, each connection its own', () => {
    let turn = 0;
    const { open } = bench({ random: () => [0, 0, 0.5, 1, 1, 0.5][turn++] ?? 0.5 });
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
    expect(last(sink)).toEqual({ event: 'ping', id: at(1), data: { cursor: at(1) } });
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

  test('a replay is written in chunks, no further than the sink takes it', async () => {
    const { clock, post, open } = bench({ chunkBytes: 1000 });
    for (let pos = 1; pos <= 50; pos += 1) post(pos);
    await clock.advance(20);
    const sink = recordingSink();
    sink.fill();
    open({ cursor: at(0) }, sink);
    expect(sink.positions).toEqual([]);
    let drains = 0;
    for (; sink.of('ready').length === 0; drains += 1) {
      const { length } = sink.positions;
      sink.drain();
      sink.fill();
      expect(sink.positions.length - length).toBeLessThanOrEqual(50);
      if (drains > 50) throw new Error('It does not come to an end.');
    }
    expect(sink.positions).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
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

describe('[S6] ends', () => {
  test('pings come at their interval, and only then', async () => {
    const { clock, open } = bench();
    const sink = open();
    await clock.advance(19_900);
    expect(sink.of('ping')).toEqual([]);
    await clock.advance(600);
    expect(sink.of('ping')).toHaveLength(1);
    await clock.advance(60_000);
    expect(sink.of('ping').length).toBeGreaterThanOrEqual(3);
    expect(sink.of('ping').length).toBeLessThanOrEqual(4);
  });

  test('a service stream is pinged every 2 s', async () => {
    const { clock, open } = bench();
    const sink = open({ topics: '*' });
    await clock.advance(10_500);
    expect(sink.of('ping').length).toBeGreaterThanOrEqual(4);
  });

  test('[I10] no stream outlives its token by more than 5 s', async () => {
    const { clock, hub, open } = bench();
    const sink = open({ expiresAtMs: clock.now() + 60_000 });
    await clock.advance(59_900);
    expect(sink.closed).toBe(false);
    await clock.advance(700);
    expect(last(sink)?.data).toEqual({ reason: 'token', retryMs: 0 });
    expect([sink.closed, hub.readers]).toEqual(['ended', 0]);
  });

  test('[I10] a token that has ended already gets a stream of half a second', async () => {
    const { clock, open } = bench();
    const sink = open({ expiresAtMs: clock.now() - 1 });
    await clock.advance(600);
    expect(last(sink)?.data).toMatchObject({ reason: 'token' });
  });

  test('no stream outlives its maximum age', async () => {
    const { clock, open } = bench({ maxAgeMs: 600_000 });
    const sink = open({ expiresAtMs: clock.now() + 3_600_000 });
    await clock.advance(600_500);
    expect(last(sink)?.data).toEqual({ reason: 'age', retryMs: 0 });
  });

  test('a full sink does not keep its stream past the token', async () => {
    const { clock, post, open } = bench({ stalledMs: 3_600_000 });
    const sink = open({ expiresAtMs: clock.now() + 5000 });
    sink.fill();
    post(1);
    await clock.advance(5600);
    expect(sink.closed).toBe('cut');
  });

  test('close sends what gathered, then bye, spread; the timers are gone and later events go nowhere', async () => {
    const { clock, hub, post, open } = bench();
    const sink = open();
    post(1);
    post(2);
    hub.close();
    expect(kinds(sink)).toEqual(['hello', 'ready', '1', '2', 'bye']);
    expect(last(sink)?.data).toEqual({ reason: 'shutdown', retryMs: 2500 });
    expect([hub.readers, clock.pending]).toEqual([0, 0]);
    post(3);
    hub.signal({ type: 'typing', thread: 't' }, [room]);
    hub.start(epoch, 9);
    hub.close();
    expect(clock.pending).toBe(0);
  });

  test('a hub that nobody reads keeps no timer', async () => {
    const { clock, post, open } = bench();
    const sink = open({ cursor: at(5) });
    sink.leave();
    post(1);
    await clock.advance(1000);
    expect(clock.pending).toBe(0);
  });
});

describe('[S7] what an event takes away', () => {
  const left = (pos: number, user = 'ben') => eventOf('participant.left', pos, { participant: seatOf(user) });
  const joined = (pos: number, user = 'ben') => eventOf('participant.joined', pos, { participant: seatOf(user) });
  const ended = (pos: number, sid = 's') =>
    eventOf('session.ended', pos, { thread: null, seq: null, session: { sid } });
  const updated = (pos: number) => eventOf('thread.updated', pos, { threadState: threadOf({ changed: pos }) });

  test('[I9] the last a reader hears of a thread is his own leaving; other threads go on', async () => {
    const { clock, hub, post, open } = bench();
    const sink = open({ topics: [room, 'thread:u'] });
    post(1);
    hub.append(left(2), [room, 'user:ben']);
    post(3);
    post(4, ['thread:u']);
    await clock.advance(20);
    expect(sink.positions).toEqual([1, 2, 4]);
  });

  test('a stream none of whose asked topics is left ends with bye revoked, after what it was still due', async () => {
    const { clock, hub, post, open } = bench();
    const sink = open();
    post(1);
    post(2);
    hub.append(left(3), [room, 'user:ben']);
    expect(kinds(sink)).toEqual(['hello', 'ready', '1', '2', '3', 'bye']);
    expect(last(sink)?.data).toEqual({ reason: 'revoked', retryMs: 0 });
    await clock.advance(1000);
    expect(hub.readers).toBe(0);
  });

  test('another’s leaving takes nothing', async () => {
    const { clock, hub, post, open } = bench();
    const sink = open();
    hub.append(left(1, 'ana'), [room, 'user:ana']);
    post(2);
    await clock.advance(20);
    expect(sink.positions).toEqual([1, 2]);
  });

  test('who joins again on another topic of the same stream hears the thread again, his joining included', async () => {
    const { clock, hub, post, open } = bench();
    const sink = open({ topics: [room, 'user:ben'] });
    hub.append(left(1), [room, 'user:ben']);
    post(2);
    hub.append(joined(3), [room]);
    post(4);
    await clock.advance(20);
    expect(sink.positions).toEqual([1, 3, 4]);
  });

  test('a replay leaves out what happened between leaving and joining, as live did', async () => {
    const { clock, hub, post, open } = bench();
    post(1);
    hub.append(left(2), [room, 'user:ben']);
    post(3);
    hub.append(joined(4), [room, 'user:ben']);
    post(5);
    await clock.advance(20);
    expect(kinds(open({ cursor: at(0) }))).toEqual(['hello', '1', '2', '4', '5', 'ready']);
    expect(kinds(open({ cursor: at(0), user: 'ana' }))).toEqual(['hello', '1', '2', '3', '4', '5', 'ready']);
  });

  test('a replay that ends outside the thread ends revoked', async () => {
    const { clock, hub, post, open } = bench();
    hub.append(left(1), [room, 'user:ben']);
    post(2);
    await clock.advance(20);
    const sink = open({ cursor: at(0) });
    expect(sink.positions).toEqual([1]);
    expect(last(sink)?.data).toMatchObject({ reason: 'revoked' });
  });

  test('[I9] the last a session’s streams hear of all things is its end', async () => {
    const { clock, hub, post, open } = bench();
    const [mine, other, nameless] = [open(), open({ sid: 'other' }), open({ sid: undefined as never })];
    hub.append(ended(1), ['session:s']);
    post(2);
    await clock.advance(20);
    expect(kinds(mine)).toEqual(['hello', 'ready', '1', 'bye']);
    expect(last(mine)?.data).toMatchObject({ reason: 'revoked' });
    expect([other.positions, nameless.positions]).toEqual([[2], [2]]);
  });

  test('an end without a sid ends nobody who has none', () => {
    const { hub, open } = bench();
    const sink = open({ sid: undefined as never });
    hub.append(eventOf('session.ended', 1, { thread: null, seq: null }), ['all']);
    expect(sink.closed).toBe(false);
  });

  test('revoke ends the streams of a session at once', () => {
    const { hub, open } = bench();
    const [one, two, other] = [open(), open({ topics: ['user:ben'] }), open({ sid: 'other' })];
    hub.revoke('s');
    expect([one.closed, two.closed, other.closed]).toEqual(['ended', 'ended', false]);
    expect(last(one)?.data).toMatchObject({ reason: 'revoked' });
  });

  test('when the thread changes frames wait for the answer to "may he still?"; yes goes on, no takes the topic', async () => {
    const { clock, hub, post, open } = bench();
    const asked: string[] = [];
    let answer: (allowed: boolean) => void = () => {};
    const recheck = (topic: string) => {
      asked.push(topic);
      return new Promise<boolean>((resolve) => {
        answer = resolve;
      });
    };
    const sink = open({ recheck });
    hub.append(updated(1), [room]);
    post(2);
    await clock.advance(100);
    expect([asked, sink.positions]).toEqual([[room], [1]]);
    answer(true);
    await settle();
    expect(sink.positions).toEqual([1, 2]);
    hub.append(updated(3), [room]);
    post(4);
    await clock.advance(100);
    answer(false);
    await settle();
    expect(sink.positions).toEqual([1, 2, 3]);
    expect(last(sink)?.data).toMatchObject({ reason: 'revoked' });
  });

  test('the owner is told of the change before it is asked, so that no kept grant answers', async () => {
    const { hub, open } = bench();
    const order: string[] = [];
    hub.onEvent(({ pos }) => order.push(`event ${pos}`));
    open({
      async recheck() {
        order.push('recheck');
        return true;
      },
    });
    hub.append(updated(1), [room]);
    await settle();
    expect(order).toEqual(['event 1', 'recheck']);
  });

  test('a change from before the connect is not asked about: access was decided after it', async () => {
    const { clock, hub, post, open } = bench();
    hub.append(updated(1), [room]);
    post(2);
    await clock.advance(20);
    const sink = open({ cursor: at(0), recheck: () => Promise.reject(new Error('asked')) });
    await settle();
    expect(kinds(sink)).toEqual(['hello', '1', '2', 'ready']);
  });

  test.each([
    ['can not be given', () => Promise.reject(new Error('unreachable')), 0],
    [
      'throws',
      () => {
        throw new Error('at once');
      },
      0,
    ],
    ['never comes', () => new Promise<boolean>(() => {}), 46_000],
  ])('an answer that %s ends the stream, and the reader comes back to be asked anew', async (_, recheck, ms) => {
    const { clock, hub, open } = bench();
    const sink = open({ recheck });
    hub.append(updated(1), [room]);
    await clock.advance(ms);
    expect(last(sink)?.data).toMatchObject({ reason: 'shutdown' });
    expect(sink.closed).toBe('ended');
  });

  test('a reader who is waited for is pinged at his own position', async () => {
    const { clock, hub, post, open } = bench();
    const sink = open({ recheck: () => new Promise<boolean>(() => {}) });
    hub.append(updated(1), [room]);
    post(2);
    await clock.advance(20_500);
    expect(last(sink)).toMatchObject({ event: 'ping', id: at(1) });
  });
});

describe('[I16] what was deleted', () => {
  const message = messageOf('m1', { content: 'secret', seq: 1, changed: 1 });
  const post = eventOf('message.posted', 1, { message });
  const remove = (type: string, pos: number) =>
    eventOf(type, pos, { message: { ...message, content: '', changed: pos, deletedAt: 'now' } });

  test.each(['message.deleted', 'message.erased'])(
    '%s: its text is in no replay, the rest of the payload is',
    async (type) => {
      const { clock, hub, open } = bench();
      hub.append(post, [room]);
      await clock.advance(20);
      open({ cursor: at(0) });
      hub.append(remove(type, 2), [room]);
      await clock.advance(20);
      const sink = open({ cursor: at(0) });
      expect(sink.of('message')[0]?.data).toEqual({ ...post, message: { ...message, content: '' } });
      expect(sink.of('message')[1]?.data).toMatchObject({ type });
    },
  );

  test('an edit rewrites earlier payloads to the text of now', async () => {
    const { clock, hub, open } = bench();
    hub.append(post, [room]);
    hub.append(eventOf('message.edited', 2, { message: { ...message, content: 'better', changed: 2 } }), [room]);
    await clock.advance(20);
    const frames = open({ cursor: at(0) }).of('message');
    expect(frames.map(({ data }) => (data as typeof post & { message: typeof message }).message)).toMatchObject([
      { content: 'better', changed: 1 },
      { content: 'better', changed: 2 },
    ]);
  });

  test('user.erased empties the ring: who is behind takes a snapshot', async () => {
    const { clock, hub, open } = bench();
    const sink = open();
    hub.append(post, [room]);
    const lagging = open({ cursor: at(1) });
    lagging.fill();
    hub.append(posted(2), [room]);
    hub.append(eventOf('user.erased', 3, { thread: null, seq: null, user: { id: 'ana' } }), ['all']);
    expect(sink.positions).toEqual([1, 2, 3]);
    expect(hub.bytes).toBe(0);
    expect(last(open({ cursor: at(2) }))?.data).toMatchObject({ reason: 'expired' });
    expect(kinds(open({ cursor: at(3) }))).toEqual(['hello', 'ready']);
    hub.append(posted(4), [room]);
    await clock.advance(20);
    expect(sink.positions).toEqual([1, 2, 3, 4]);
  });
});

describe('the service stream', () => {
  test('hears everything with its topics, tail first', async () => {
    const { clock, hub, post, open } = bench();
    for (let pos = 1; pos <= 3; pos += 1) post(pos, [`thread:${pos}`, 'user:é']);
    await clock.advance(20);
    const sink = open({ topics: '*', tail: 2, hello: { revoked: [] } });
    expect(kinds(sink)).toEqual(['hello', '2', '3', 'ready']);
    expect(sink.of('message')[0]?.data).toEqual({ ...posted(2), to: ['thread:2', 'user:é'] });
    post(4, []);
    hub.signal({ type: 'typing', thread: 't', user: userOf('ana') }, [room, 'user:ben']);
    await clock.advance(20);
    expect(sink.of('message').at(-1)?.data).toMatchObject({ pos: 4, to: [] });
    expect(last(sink)?.data).toMatchObject({ type: 'typing', to: [room, 'user:ben'] });
  });

  test('the topics of an event are on no other stream', async () => {
    const { clock, post, open } = bench();
    const [live, service] = [open(), open({ topics: '*' })];
    post(1);
    post(2);
    await clock.advance(20);
    const replayed = open({ cursor: at(0) });
    for (const sink of [live, replayed])
      for (const { data } of sink.of('message')) expect(data).not.toHaveProperty('to');
    expect(service.of('message')).toHaveLength(2);
  });

  test('a tail longer than the ring is the ring', async () => {
    const { clock, post, open } = bench({ maxEvents: 3 });
    for (let pos = 1; pos <= 5; pos += 1) post(pos);
    await clock.advance(20);
    expect(open({ topics: '*', tail: 2000 }).positions).toEqual([3, 4, 5]);
  });

  test('nothing in the log takes anything from it', async () => {
    const { clock, hub, post, open } = bench();
    const sink = open({ topics: '*', user: 'ben' });
    hub.append(eventOf('participant.left', 1, { participant: seatOf('ben') }), [room]);
    post(2);
    await clock.advance(20);
    expect(sink.positions).toEqual([1, 2]);
  });
});

describe('beginning anew', () => {
  test('[S4] another epoch resets everybody, spread over seconds', async () => {
    const { clock, hub, post, open } = bench();
    const sinks = [open(), open({ cursor: at(7) }), open({ topics: '*' })];
    post(1);
    hub.start('ba9876543210', 1);
    for (const sink of sinks)
      expect(last(sink)).toMatchObject({ event: 'reset', data: { reason: 'epoch', afterMs: 2500 } });
    expect(hub.readers).toBe(0);
    expect(hub.window).toEqual({ epoch: 'ba9876543210', oldest: 1, head: 1 });
    await clock.advance(10_000);
    expect(clock.pending).toBe(0);
  });

  test('in the same epoch readers whom the new ring covers go on, those behind it are reset expired', async () => {
    const { clock, hub, post, open } = bench();
    const full = open();
    full.fill();
    post(1);
    const live = open();
    for (let pos = 2; pos <= 5; pos += 1) post(pos);
    await clock.advance(20);
    hub.start(epoch, 3);
    expect(last(full)).toMatchObject({ event: 'reset', data: { reason: 'expired' } });
    for (let pos = 4; pos <= 7; pos += 1) post(pos);
    await clock.advance(20);
    expect(live.positions).toEqual([2, 3, 4, 5, 6, 7]);
    expect(live.of('ready')).toHaveLength(1);
    expect(open({ cursor: at(3) }).positions).toEqual([4, 5, 6, 7]);
  });

  test('a hole in the same epoch resets everybody whom it passes over', async () => {
    const { clock, hub, post, open } = bench();
    const sink = open();
    post(1);
    hub.start(epoch, 9);
    expect(last(sink)).toMatchObject({ event: 'reset', data: { reason: 'expired' } });
    await clock.advance(20);
    const exact = open({ cursor: at(9) });
    post(10);
    await clock.advance(20);
    expect(exact.positions).toEqual([10]);
  });

  test('a beginning behind its readers that does not reach them resets them ahead', async () => {
    const { clock, hub, post, open } = bench();
    const sink = open();
    for (let pos = 1; pos <= 5; pos += 1) post(pos);
    await clock.advance(20);
    hub.start(epoch, 1);
    await clock.advance(2000);
    expect(last(sink)).toMatchObject({ event: 'reset', data: { reason: 'ahead' } });
  });
});
