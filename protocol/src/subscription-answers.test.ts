import { describe, expect, test } from 'vitest';
import { ChatError } from './errors.ts';
import { encodeFrame } from './frame.ts';
import { type Attempt, at, bench, event, hello, live, ready, reasonOf } from './hand-made-upstream.ts';
import { settle } from './testing.ts';

describe('[S9] answers that are no stream', () => {
  const stops: Array<[string, Parameters<Attempt['answer']>[0], string | undefined]> = [
    ['204', { status: 204 }, undefined],
    ['400', { status: 400, words: { errors: [{ code: 'invalid', field: 'topic', message: 'No.' }] } }, 'invalid'],
    ['401 without a way to a new token', { status: 401 }, 'unauthorized'],
    [
      '403 origin-not-allowed',
      { status: 403, words: { errors: [{ code: 'origin-not-allowed' }] } },
      'origin-not-allowed',
    ],
    ['404', { status: 404 }, 'not-found'],
  ];
  test.each(stops)('%s stops for good', async (_, answer, code) => {
    const made = await bench();
    made.latest().answer(answer);
    await settle();
    const { state } = made.subscription;
    expect(state.is === 'stopped' && state.error?.code).toBe(code);
    await made.clock.advance(3_600_000);
    expect([made.attempts.length, made.clock.pending]).toEqual([1, 0]);
  });

  test.each([
    ['429 with Retry-After', { status: 429, retryAfter: '7' }, 'rate-limited', 7000],
    ['503 with Retry-After', { status: 503, retryAfter: '3' }, 'unreachable', 3000],
    ['503 without', { status: 503 }, 'unreachable', 2000],
    ['500', { status: 500 }, 'internal', 0],
    ['502 of a proxy', { status: 502, type: 'text/html' }, 'unreachable', 2000],
    ['a login page of somebody’s network', { status: 200, type: 'text/html' }, 'not a stream', 0],
    ['JSON', { status: 200 }, 'not a stream', 0],
    ['a stream without a body', { status: 200, type: 'text/event-stream', body: null }, 'not a stream', 0],
    ['a redirect', { status: 302 }, 'not a stream', 0],
    ['an opaque redirect', { status: 0 }, 'not a stream', 0],
    ['a 304', { status: 304 }, 'not a stream', 0],
    ['a 206', { status: 206, type: 'text/event-stream' }, 'not a stream', 0],
  ])('%s is tried again, no earlier than it wishes, with growing waits', async (_, answer, why, floorMs) => {
    const made = await bench({}, () => 1);
    const waits: number[] = [];
    for (let turn = 0; turn < 7; turn += 1) {
      made.latest().answer(answer);
      await settle();
      expect(reasonOf(made)).toBe(why);
      waits.push(await made.next());
    }
    expect(waits.map((ms) => Math.round(ms / 1000))).toEqual(
      [1, 2, 4, 8, 16, 30, 30].map((s) => Math.max(s, floorMs / 1000)),
    );
    expect(made.attempts.slice(0, -1).every(({ signal }) => signal.aborted)).toBe(true);
  });

  test('a hello that is none is no stream', async () => {
    const made = await bench();
    made.latest().stream(hello({ pingMs: 'often' }));
    await settle();
    expect(reasonOf(made)).toBe('not a stream');
  });
});

describe('tokens', () => {
  test('an open that rejects with a ChatError is that refusal, with any other fault a broken network', async () => {
    const faults = [
      new ChatError('rate-limited', { retryAfterS: 5 }),
      new TypeError('fetch failed'),
      new ChatError('not-found'),
    ];
    const made = await bench({ open: () => Promise.reject(faults.shift()) });
    await settle();
    expect(reasonOf(made)).toBe('rate-limited');
    await made.clock.advance(4900);
    expect(faults).toHaveLength(2);
    await made.clock.advance(100);
    expect(reasonOf(made)).toBe('network');
    await made.clock.advance(2000);
    expect(made.subscription.state).toMatchObject({ is: 'stopped', error: { code: 'not-found' } });
  });

  test('a 401 asks for a new token once and tries at once; again refused it backs off', async () => {
    const asked: string[] = [];
    const made = await bench({ onUnauthorized: async () => void asked.push('token') }, () => 1);
    made.latest().answer({ status: 401 });
    expect(await made.next()).toBeLessThanOrEqual(50);
    const waits: number[] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      made.latest().answer({ status: 401 });
      waits.push(await made.next());
    }
    expect([asked.length, waits]).toEqual([4, [1000, 2000, 4000]]);
  });

  test('after a stream that stayed, a refused token is again tried anew at once', async () => {
    const made = await bench({ onUnauthorized: async () => {} }, () => 1);
    made.latest().answer({ status: 401 });
    await made.next();
    made.latest().stream(hello(), ready(5));
    await made.clock.advance(20_000);
    made.latest().send(encodeFrame({ event: 'bye', data: { reason: 'token', retryMs: 0 } }));
    await made.next();
    made.latest().answer({ status: 401 });
    expect(await made.next()).toBeLessThanOrEqual(50);
  });

  test('a final refusal of the new token stops, a broken network does not', async () => {
    const final = await bench({ onUnauthorized: () => Promise.reject(new ChatError('forbidden')) });
    final.latest().answer({ status: 401 });
    await settle();
    expect(final.subscription.state).toMatchObject({ is: 'stopped', error: { code: 'forbidden' } });
    const broken = await bench({ onUnauthorized: () => Promise.reject(new ChatError('unreachable')) });
    broken.latest().answer({ status: 401 });
    await broken.next();
    expect(broken.attempts).toHaveLength(2);
  });

  test('a token that never comes is given up, and asked for again', async () => {
    let asked = 0;
    const made = await bench({
      onUnauthorized: () => {
        asked += 1;
        return new Promise(() => {});
      },
    });
    made.latest().answer({ status: 401 });
    const ms = await made.next();
    expect(ms).toBeGreaterThan(29_000);
    expect(ms).toBeLessThan(32_000);
    made.latest().answer({ status: 401 });
    await settle();
    expect(asked).toBe(2);
  });

  test('[S7] bye revoked leads to an attempt, whose 401 or 404 decides', async () => {
    const made = await live(5, { onUnauthorized: () => Promise.reject(new ChatError('unauthorized')) });
    made.latest().send(encodeFrame({ event: 'bye', data: { reason: 'revoked', retryMs: 0 } }));
    await made.next();
    made.latest().answer({ status: 401 });
    await settle();
    expect(made.subscription.state).toMatchObject({ is: 'stopped', error: { code: 'unauthorized' } });
  });
});

describe('failures add up until a stream has stayed', () => {
  test.each([
    ['hello, ready, cut', (attempt: Attempt) => attempt.stream(hello(), ready(5)).end()],
    [
      'hello, ready, bye age',
      (attempt: Attempt) =>
        void attempt.stream(hello(), ready(5), encodeFrame({ event: 'bye', data: { reason: 'age', retryMs: 0 } })),
    ],
    ['hello, cut', (attempt: Attempt) => attempt.stream(hello()).end()],
    [
      'hello, ready, reset',
      (attempt: Attempt) =>
        void attempt.stream(hello(), ready(5), encodeFrame({ event: 'reset', data: { reason: 'gap', afterMs: 0 } })),
    ],
    [
      'hello, reset',
      (attempt: Attempt) => void attempt.stream(hello(), encodeFrame({ event: 'reset', data: { reason: 'expired' } })),
    ],
  ])('%s in a loop backs off', async (_, act) => {
    const made = await bench({ cursor: at(5) }, () => 1);
    const waits: number[] = [];
    for (let turn = 0; turn < 6; turn += 1) {
      act(made.latest());
      waits.push(await made.next());
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000]);
  });

  test('a stream that was live for ten seconds wipes them out', async () => {
    const made = await bench({ cursor: at(5) }, () => 1);
    for (let turn = 0; turn < 3; turn += 1) {
      made.latest().cut();
      await made.next();
    }
    made.latest().stream(hello(), ready(5));
    await made.clock.advance(10_000);
    made.latest().cut();
    expect(await made.next()).toBe(1000);
  });
});

describe('resets', () => {
  const reset = (reason: string, afterMs?: number) => encodeFrame({ event: 'reset', data: { reason, afterMs } });

  test.each(['epoch', 'expired', 'ahead', 'gap'])(
    '[S4] %s: the owner takes snapshots, then the stream goes on from his cursor',
    async (reason) => {
      const asked: string[] = [];
      const made = await live(5, {
        async onReset(reason) {
          asked.push(reason);
          return at(40, 'ba9876543210');
        },
      });
      made.latest().send(reset(reason, 3000));
      await settle();
      expect(made.subscription.state).toMatchObject({ is: 'waiting', why: reason, reset: reason });
      expect(await made.next()).toBeGreaterThanOrEqual(3000);
      expect([asked, made.latest().cursor]).toEqual([[reason], at(40, 'ba9876543210')]);
      expect(made.states.map(({ is }) => is)).toContain('resetting');
      made.latest().stream(hello({ epoch: 'ba9876543210' }), event(41, 'ba9876543210'));
      await settle();
      expect(made.events).toEqual([41]);
    },
  );

  test('an owner who answers nothing goes on from now', async () => {
    const made = await live(5);
    made.latest().send(reset('gap'));
    await made.next();
    expect(made.latest().cursor).toBeUndefined();
  });

  test('a snapshot that can not be had is tried again; one that is refused for good stops', async () => {
    let turn = 0;
    const made = await live(5, {
      onReset() {
        turn += 1;
        if (turn === 1) throw new Error('at once');
        if (turn === 2) return Promise.reject(new ChatError('unreachable'));
        return Promise.reject(new ChatError('not-found'));
      },
    });
    made.latest().send(reset('expired'));
    await made.clock.advance(20_000);
    expect([turn, made.attempts.length]).toEqual([3, 1]);
    expect(made.subscription.state).toMatchObject({ is: 'stopped', error: { code: 'not-found' } });
  });

  test('a nudge shortens the wait down to the hop’s wish, and never skips the owner’s part', async () => {
    const made = await live(5, {}, () => 1);
    for (let turn = 0; turn < 4; turn += 1) {
      made.latest().stream(hello(), reset('expired', 0));
      await made.next();
    }
    made.latest().stream(hello(), reset('epoch', 3000));
    await settle();
    const { length } = made.told;
    made.subscription.nudge();
    made.subscription.nudge();
    await made.clock.advance(2900);
    expect(made.told).toHaveLength(length);
    expect(await made.next()).toBeLessThanOrEqual(200);
    expect(made.told.slice(length)).toEqual(['reset epoch']);
  });
});
