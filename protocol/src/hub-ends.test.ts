import { describe, expect, test } from 'vitest';
import { at, bench, kinds, last, room } from './hub-bench.ts';
import { epoch, eventOf, seatOf, threadOf } from './samples.ts';
import { manualClock, settle } from './testing.ts';

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

  test('hello and pings say when they left by the hub’s own clock, which no other hub’s is near', async () => {
    const { clock, open } = bench();
    const sink = open();
    await clock.advance(7000);
    const later = open();
    await clock.advance(60_000);
    const timesOf = (frames: typeof sink.frames) => frames.map(({ data }) => (data as { atMs: number }).atMs);
    const [helloMs = 0] = timesOf(sink.of('hello'));
    expect(timesOf(later.of('hello'))).toEqual([helloMs + 7000]);
    expect(timesOf(sink.of('ping')).map((ms) => ms - helloMs)).toEqual([20_000, 40_000, 60_000]);
    const another = bench({ random: () => 0.6 }).open();
    expect(Math.abs((timesOf(another.of('hello'))[0] ?? 0) - helloMs)).toBeGreaterThan(600_000);
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

  test.each([
    ['back', -7_200_000],
    ['ahead by less than it has left', 30_000],
  ])('[I10] a calendar that is set %s ends no stream later', async (_, jumpMs) => {
    const clock = manualClock();
    let aheadMs = 1_700_000_000_000;
    const { open } = bench({ clock: { now: clock.now, after: clock.after, date: () => clock.now() + aheadMs } });
    const sink = open({ expiresAtMs: clock.now() + aheadMs + 60_000 });
    await clock.advance(1000);
    expect(sink.closed).toBe(false);
    aheadMs += jumpMs;
    await clock.advance(59_500);
    expect(last(sink)?.data).toEqual({ reason: 'token', retryMs: 0 });
  });

  test('[I10] a machine that slept past the end of a token ends its stream when it wakes', async () => {
    const clock = manualClock();
    let aheadMs = 0;
    const { open } = bench({ clock: { now: clock.now, after: clock.after, date: () => clock.now() + aheadMs } });
    const sink = open({ expiresAtMs: clock.now() + 600_000 });
    await clock.advance(1000);
    aheadMs = 3_600_000;
    await clock.advance(600);
    expect(last(sink)?.data).toEqual({ reason: 'token', retryMs: 0 });
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

  test('a drain takes no more readers and ends each at a moment of its own; until then he hears everything', async () => {
    let nth = 0;
    const { clock, hub, post, open } = bench({ random: () => (nth++ % 10) / 10 });
    const sinks = Array.from({ length: 100 }, () => open());
    hub.drain(10_000);
    expect(() => open()).toThrow(expect.objectContaining({ code: 'unavailable' }));
    const left: number[] = [];
    for (let second = 1; second <= 10; second += 1) {
      const before = hub.readers;
      post(second);
      await clock.advance(1000);
      left.push(before - hub.readers);
    }
    expect(Math.max(...left)).toBeLessThanOrEqual(30);
    expect(hub.readers).toBe(0);
    for (const sink of sinks) {
      expect(last(sink)).toMatchObject({ event: 'bye', data: { reason: 'shutdown' } });
      expect(sink.positions).toEqual(Array.from({ length: sink.positions.length }, (_, index) => index + 1));
    }
    hub.close();
    expect(clock.pending).toBe(0);
  });

  test('a drain ends no stream later than its token does', async () => {
    const { clock, hub, open } = bench();
    const sink = open({ expiresAtMs: clock.now() + 1000 });
    hub.drain(10_000);
    await clock.advance(1600);
    expect(last(sink)?.data).toMatchObject({ reason: 'token' });
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

  test('[I9] an end of what sessions hang on ends all that were begun up to then, and no others', async () => {
    const { clock, hub, open } = bench();
    const sinks = {
      his: open({ sid: 'a', user: 'ana', via: ['kind:visitor', 'k_1'], issuedS: 100 }),
      otherKey: open({ sid: 'b', user: 'bo', via: ['kind:visitor', 'k_2'], issuedS: 100 }),
      later: open({ sid: 'c', user: 'cyd', via: ['kind:visitor', 'k_1'], issuedS: 111 }),
      none: open({ sid: 'd', user: 'dan', issuedS: 100 }),
    };
    const end = (pos: number, sid: string) =>
      hub.append(eventOf('session.ended', pos, { thread: null, seq: null, session: { sid, before: 110 } }), [
        `session:${sid}`,
      ]);
    const over = () => Object.entries(sinks).flatMap(([who, sink]) => (last(sink)?.event === 'bye' ? [who] : []));
    end(1, 'k_1');
    await clock.advance(20);
    expect(over()).toEqual(['his']);
    expect(sinks.none.positions).toEqual([]);
    hub.revoke('kind:visitor@105');
    expect(over()).toEqual(['his', 'otherKey']);
    end(2, 'kind:visitor');
    await clock.advance(20);
    expect(over()).toEqual(['his', 'otherKey']);
    // A word is no user, and without a moment it is a session's own id.
    hub.append(eventOf('session.ended', 3, { thread: null, seq: null, session: { sid: 'k_1' } }), ['session:k_1']);
    await clock.advance(20);
    expect(over()).toEqual(['his', 'otherKey']);
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

  test('[I9] an end of all of a user’s sessions ends the streams of tokens issued until then, whatever they listen to', () => {
    const { hub, open } = bench();
    const of = (issuedS: number | undefined, more = {}) =>
      open({ user: 'ana', sid: 'x', issuedS: issuedS as number, ...more });
    const [old, now, unknown] = [of(9), of(10, { topics: [room] }), of(undefined)];
    const [later, other] = [of(11), open({ user: 'ben', issuedS: 9 })];
    hub.append({ ...ended(1), session: { sid: 'ana', before: 10 } }, ['session:ana']);
    expect([old, now, unknown].map(({ closed }) => closed)).toEqual(['ended', 'ended', 'ended']);
    expect([later.closed, other.closed]).toEqual([false, false]);
    hub.revoke('ana@11');
    expect([later.closed, other.closed]).toEqual(['ended', false]);
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

  test('a change from before access was decided is not asked about, any later one is, in a replay too', async () => {
    const { clock, hub, post, open } = bench();
    hub.append(updated(1), [room]);
    post(2);
    await clock.advance(20);
    const asked: string[] = [];
    const recheck = async (topic: string) => asked.push(topic) > 0;
    expect(kinds(open({ cursor: at(0), asOf: 1, recheck }))).toEqual(['hello', '1', '2', 'ready']);
    expect(asked).toEqual([]);
    for (const listener of [{ asOf: 0 }, {}]) {
      const sink = open({ cursor: at(0), recheck, ...listener });
      expect(kinds(sink)).toEqual(['hello', '1']);
      await settle();
      expect(kinds(sink)).toEqual(['hello', '1', '2', 'ready']);
    }
    expect(asked).toEqual([room, room]);
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
