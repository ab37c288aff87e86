import { describe, expect, test } from 'vitest';
import { encodeFrame } from './frame.ts';
import { type Attempt, at, type Bench, bench, event, hello, live, ready, reasonOf } from './hand-made-upstream.ts';
import { createHub } from './hub.ts';
import { epoch, posted, userOf } from './samples.ts';
import { type StreamResponse, type Subscription, subscribe } from './subscription.ts';
import { manualClock, settle } from './testing.ts';

describe('reading', () => {
  test('hello, replay, ready, live: the states are told in their order, each event once', async () => {
    const { latest, states, events, told, subscription } = await bench({ cursor: at(3) });
    expect(latest().cursor).toBe(at(3));
    latest().stream(hello(), event(4), event(5), ready(5), event(6));
    await settle();
    expect(states.map(({ is }) => is)).toEqual(['connecting', 'replaying', 'live']);
    expect([events, told, subscription.cursor]).toEqual([[4, 5, 6], [`ready ${at(5)}`], at(6)]);
  });

  test('nothing happens before subscribe has returned', () => {
    let opened = false;
    const subscription = subscribe({
      clock: manualClock(),
      random: () => 0.5,
      open: async () => {
        opened = true;
        throw new Error('unused');
      },
      onEvent() {},
      onReset: () => undefined,
    });
    expect([opened, subscription.state]).toEqual([false, { is: 'connecting', attempt: 0 }]);
    subscription.close();
  });

  test('[I4] what was applied is not applied again', async () => {
    const { latest, events } = await bench({ cursor: at(3) });
    latest().stream(hello(), event(3), event(4), event(4), event(2), event(5), ready(5));
    await settle();
    expect(events).toEqual([4, 5]);
  });

  test('[I14] pings and ready move the cursor, forwards only; signals and their ids never do', async () => {
    const signals: unknown[] = [];
    const { latest, subscription } = await live(5, { onSignal: (signal) => void signals.push(signal) });
    latest().send(encodeFrame({ event: 'ping', id: at(9), data: { cursor: at(9) } }));
    latest().send(encodeFrame({ event: 'ping', id: at(7), data: { cursor: at(7) } }));
    latest().send(
      encodeFrame({ event: 'signal', id: at(50), data: { type: 'typing', thread: 't', user: userOf('ana') } }),
    );
    await settle();
    expect([subscription.cursor, signals.length]).toEqual([at(9), 1]);
  });

  test('unknown events, frames and nonsense are passed over; an unknown event still moves the cursor', async () => {
    const { latest, events, subscription } = await live(5);
    latest().send(
      encodeFrame({ id: at(6), data: { ...posted(6), type: 'poll.closed' } }),
      encodeFrame({ id: at(7), data: { nonsense: true } }),
      encodeFrame({ event: 'fireworks', id: at(99), data: {} }),
      encodeFrame({ event: 'signal', data: null }),
      encodeFrame({ event: 'ping', data: { cursor: 'x' } }),
      encodeFrame({ id: 'x', data: posted(8) }),
      new TextEncoder().encode(`id: ${at(9)}\ndata: <html>\n\n`),
    );
    await settle();
    expect([events, subscription.cursor, subscription.state.is]).toEqual([[6], at(9), 'live']);
  });

  test('from now is from the hello on, also when the stream breaks before its first event', async () => {
    const made = await bench();
    made.latest().stream(hello({ cursor: at(7) }));
    await settle();
    made.latest().cut();
    await made.next();
    expect(made.latest().cursor).toBe(at(7));
  });

  test('an event of another epoch is a reset, not an event', async () => {
    const made = await live(5);
    made.latest().send(event(6, 'ba9876543210'));
    await settle();
    expect([made.events, reasonOf(made)]).toEqual([[], 'epoch']);
  });

  test('what the owner can not apply is a gap: it takes a snapshot, and the cursor stays before', async () => {
    const faults: unknown[] = [];
    const made = await live(5, {
      onEvent() {
        throw new Error('the owner’s own');
      },
      onLine: (line) => void ('fault' in line && line.fault && faults.push(line.fault)),
    });
    made.latest().send(event(6));
    await settle();
    expect([reasonOf(made), made.subscription.cursor]).toEqual(['gap', at(5)]);
    expect(faults).toEqual([new Error('the owner’s own')]);
    await made.clock.advance(5000);
    expect(made.told).toContain('reset gap');
  });
});

describe('a service stream', () => {
  test('[I4] each position follows the last; a hole is a reset gap', async () => {
    const made = await live(5, { dense: true, cursor: at(5) });
    made.latest().send(event(6), event(8));
    await settle();
    expect([made.events, reasonOf(made)]).toEqual([[6], 'gap']);
  });

  test('a cursor that runs ahead of the events is a hole too', async () => {
    const made = await live(5, { dense: true, cursor: at(5) });
    made.latest().send(event(6), encodeFrame({ event: 'ping', id: at(7), data: { cursor: at(7) } }));
    await settle();
    expect(reasonOf(made)).toBe('gap');
  });

  test('an event that is none is a hole: nothing may be passed on in part', async () => {
    const made = await live(5, { dense: true, cursor: at(5) });
    made.latest().send(encodeFrame({ id: at(6), data: { nonsense: true } }));
    await settle();
    expect(reasonOf(made)).toBe('gap');
  });

  test('its tail may begin anywhere before the head of the hello', async () => {
    const { latest, events, subscription } = await bench({ dense: true });
    latest().stream(hello({ cursor: at(9) }), event(7), event(8), event(9), ready(9));
    await settle();
    expect([events, subscription.state.is]).toEqual([[7, 8, 9], 'live']);
  });
});

describe('[I8] streams that end', () => {
  test.each([
    ['is cut', (attempt: Attempt) => attempt.cut(), 'network'],
    ['ends without a word', (attempt: Attempt) => attempt.end(), 'network'],
    [
      'says bye shutdown',
      (attempt: Attempt) => attempt.send(encodeFrame({ event: 'bye', data: { reason: 'shutdown', retryMs: 0 } })),
      'shutdown',
    ],
    [
      'says bye slow',
      (attempt: Attempt) => attempt.send(encodeFrame({ event: 'bye', data: { reason: 'slow', retryMs: 0 } })),
      'slow',
    ],
    [
      'says bye revoked',
      (attempt: Attempt) => attempt.send(encodeFrame({ event: 'bye', data: { reason: 'revoked', retryMs: 0 } })),
      'revoked',
    ],
    ['sends a frame without end', (attempt: Attempt) => attempt.send(new Uint8Array(8_000_001).fill(120)), 'network'],
  ])('one that %s is come back to from the cursor, within a second', async (_, end, why) => {
    const made = await live(5);
    made.latest().send(event(6));
    await settle();
    end(made.latest());
    await settle();
    expect(reasonOf(made)).toBe(why);
    expect(made.latest().signal.aborted).toBe(true);
    expect(await made.next()).toBeLessThanOrEqual(1000);
    expect(made.latest().cursor).toBe(at(6));
  });

  test('[S10] one that is silent for 2.5 pings is given up', async () => {
    const made = await live(5);
    await made.clock.advance(49_900);
    expect(made.subscription.state.is).toBe('live');
    await made.clock.advance(200);
    expect(reasonOf(made)).toBe('silence');
    expect(made.latest().signal.aborted).toBe(true);
  });

  test('[S10] any frame is a sign of life', async () => {
    const made = await live(5);
    for (let turn = 0; turn < 5; turn += 1) {
      await made.clock.advance(40_000);
      made.latest().send(encodeFrame({ event: 'fireworks', data: {} }));
    }
    expect(made.subscription.state.is).toBe('live');
  });

  test.each([
    ['is not answered', () => {}, 'silence'],
    ['says no hello', (attempt: Attempt) => void attempt.stream(), 'buffered'],
    ['says everything but hello', (attempt: Attempt) => void attempt.stream(event(6), ready(6)), 'buffered'],
    [
      'answers with a body that does not end',
      (attempt: Attempt) => attempt.answer({ status: 500, json: () => new Promise(() => {}) }),
      'buffered',
    ],
  ])('a request that %s is given up after 10 s, and nothing of it counts', async (_, act, why) => {
    const made = await bench({ cursor: at(5) });
    act(made.latest());
    await made.clock.advance(9900);
    expect(made.subscription.state.is).toBe('connecting');
    await made.clock.advance(200);
    expect([reasonOf(made), made.events, made.subscription.cursor]).toEqual([why, [], at(5)]);
  });

  test('a next stream without a hello is given up for being held back, too', async () => {
    const made = await live(5);
    made.subscription.move();
    await settle();
    made.latest().stream();
    await made.clock.advance(10_100);
    expect(reasonOf(made)).toBe('buffered');
  });

  test('a bye’s own time is the earliest', async () => {
    const made = await live(5);
    made.latest().send(encodeFrame({ event: 'bye', data: { reason: 'shutdown', retryMs: 4000 } }));
    expect(await made.next()).toBeGreaterThanOrEqual(4000);
  });

  test('after a bye by age or token of a steady stream the next is opened at once', async () => {
    for (const reason of ['age', 'token']) {
      const made = await live(5);
      await made.clock.advance(15_000);
      made.latest().send(encodeFrame({ event: 'bye', data: { reason, retryMs: 0 } }));
      expect(await made.next()).toBeLessThanOrEqual(50);
    }
  });
});

describe('nudge', () => {
  test('tries now instead of later, but not before a hop’s wish', async () => {
    const made = await bench({}, () => 1);
    for (let turn = 0; turn < 5; turn += 1) {
      made.latest().cut();
      await made.next();
    }
    made.latest().cut();
    await settle();
    made.subscription.nudge();
    expect(await made.next()).toBeLessThanOrEqual(50);
    made.latest().answer({ status: 429, retryAfter: '20' });
    await settle();
    made.subscription.nudge();
    await made.clock.advance(19_000);
    expect(made.attempts).toHaveLength(7);
    await made.next(1200);
  });

  test('leaves streams that are open or being opened alone', async () => {
    const made = await bench();
    made.subscription.nudge();
    made.latest().stream(hello());
    await settle();
    made.subscription.nudge();
    made.latest().send(ready(0));
    await settle();
    made.subscription.nudge();
    await made.clock.advance(1000);
    expect([made.attempts.length, made.subscription.state.is]).toEqual([1, 'live']);
  });
});

describe('close', () => {
  const states: Array<[string, () => Promise<Bench>]> = [
    ['connecting', () => bench()],
    ['live', () => live(5)],
    [
      'renewing',
      async () => {
        const made = await live(5);
        made.subscription.move();
        await settle();
        return made;
      },
    ],
    [
      'waiting',
      async () => {
        const made = await live(5);
        made.latest().cut();
        await settle();
        return made;
      },
    ],
    [
      'waiting for a reset',
      async () => {
        const made = await live(5);
        made.latest().send(encodeFrame({ event: 'reset', data: { reason: 'gap', afterMs: 50 } }));
        await settle();
        return made;
      },
    ],
    [
      'resetting',
      async () => {
        const made = await live(5, { onReset: () => new Promise(() => {}) });
        made.latest().send(encodeFrame({ event: 'reset', data: { reason: 'gap', afterMs: 0 } }));
        await made.clock.advance(1000);
        return made;
      },
    ],
    [
      'asking for a token',
      async () => {
        const made = await bench({ onUnauthorized: () => new Promise(() => {}) });
        made.latest().answer({ status: 401 });
        await settle();
        return made;
      },
    ],
  ];

  test.each(states)('while %s: every stream and timer is gone, twice is once, nothing wakes it', async (_, make) => {
    const made = await make();
    const { length } = made.attempts;
    made.subscription.close();
    made.subscription.close();
    expect(made.clock.pending).toBe(0);
    expect(made.attempts.every(({ signal }) => signal.aborted)).toBe(true);
    expect(made.states.filter(({ is }) => is === 'stopped')).toHaveLength(1);
    made.subscription.nudge();
    made.subscription.move(at(1));
    await made.clock.advance(3_600_000);
    expect([made.attempts.length, made.subscription.state, made.clock.pending]).toEqual([
      length,
      { is: 'stopped', error: undefined },
      0,
    ]);
  });

  test('while the owner takes snapshots, which then fail: it stays closed', async () => {
    let fail: (fault: Error) => void = () => {};
    const made = await live(5, {
      onReset: () =>
        new Promise((_, reject) => {
          fail = reject;
        }),
    });
    made.latest().send(encodeFrame({ event: 'reset', data: { reason: 'gap', afterMs: 0 } }));
    await made.clock.advance(1000);
    made.subscription.close();
    fail(new Error('aborted'));
    await settle();
    expect([made.subscription.state.is, made.clock.pending]).toEqual(['stopped', 0]);
  });

  test('a body that comes after the close is cancelled, also by a hop that knows no signal', async () => {
    let answer: (response: StreamResponse) => void = () => {};
    let cancelled = 0;
    const made = await bench({
      open: () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    });
    made.subscription.close();
    answer({
      status: 200,
      headers: { get: () => 'text/event-stream' },
      body: {
        getReader: () => ({
          read: () => new Promise(() => {}),
          async cancel() {
            cancelled += 1;
          },
        }),
      },
      json: async () => undefined,
    });
    await settle();
    expect(cancelled).toBe(1);
  });

  test('from within any callback ends it there', async () => {
    for (const name of ['onEvent', 'onSignal', 'onReady', 'onState', 'onLine', 'onReset'] as const) {
      let subscription: Subscription | undefined;
      let calls = 0;
      const made = await bench({
        [name]: () => {
          calls += 1;
          subscription?.close();
        },
      });
      subscription = made.subscription;
      made
        .latest()
        .stream(
          hello(),
          ready(0),
          encodeFrame({ event: 'signal', data: { type: 'typing', thread: 't' } }),
          event(1),
          encodeFrame({ event: 'reset', data: { reason: 'gap', afterMs: 0 } }),
        );
      await made.clock.advance(60_000);
      expect([name, made.subscription.state.is, made.clock.pending, made.attempts.length]).toEqual([
        name,
        'stopped',
        0,
        1,
      ]);
      expect(calls).toBeGreaterThan(0);
    }
  });
});

describe('against a hub', () => {
  test('[I8] [S1] cut again and again while events come, a reader applies every one once and in order', async () => {
    const made = await bench({ cursor: at(0) });
    const hub = createHub({ clock: made.clock, random: () => 0.5 });
    hub.start(epoch, 0);
    let pos = 0;
    for (let turn = 0; turn < 12; turn += 1) {
      made.latest().serve(hub);
      for (let more = 0; more < 5; more += 1) {
        hub.append(posted(++pos), ['thread:t']);
        await made.clock.advance(more * 7);
      }
      made.latest().cut();
      hub.append(posted(++pos), ['thread:t']);
      await made.next();
    }
    made.latest().serve(hub);
    await settle();
    expect(made.events).toEqual(Array.from({ length: pos }, (_, index) => index + 1));
    expect(hub.readers).toBe(1);
    made.subscription.close();
    await settle();
    expect(hub.readers).toBe(0);
  });

  test('[S6] hours of renewal by age: nothing is missed, nothing is doubled, one stream at the end', async () => {
    const made = await bench({ cursor: at(0) });
    const hub = createHub({ clock: made.clock, maxAgeMs: 600_000 });
    hub.start(epoch, 0);
    let served = 0;
    let pos = 0;
    for (let minute = 0; minute < 180; minute += 1) {
      for (let turn = 0; turn < 12; turn += 1) {
        while (served < made.attempts.length) made.attempts[served++]?.serve(hub);
        hub.append(posted(++pos), ['thread:t']);
        await made.clock.advance(5000);
      }
      expect(hub.readers).toBeGreaterThan(0);
    }
    expect(made.events).toEqual(Array.from({ length: pos }, (_, index) => index + 1));
    expect(made.states.filter(({ is }) => is === 'waiting')).toEqual([]);
    expect(hub.readers).toBe(1);
  });
});
