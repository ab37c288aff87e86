import { describe, expect, test } from 'vitest';
import { encodeFrame } from './frame.ts';
import { at, bench, event, hello, live, ready } from './hand-made-upstream.ts';
import type { SubscriptionOptions } from './subscription.ts';
import { settle } from './testing.ts';

describe('[S6] renewal', () => {
  test('the next stream is opened 15 s before the last ends, takes over at its hello, and nobody notices', async () => {
    const made = await live(5, {});
    const first = made.latest();
    for (let turn = 0; turn < 80 && made.attempts.length === 1; turn += 1) {
      await made.clock.advance(15_000);
      first.send(encodeFrame({ event: 'ping', id: at(5), data: { cursor: at(5) } }));
    }
    expect([made.attempts.length, first.signal.aborted, made.subscription.state.is]).toEqual([2, false, 'live']);
    first.send(event(6));
    await settle();
    made.latest().stream(hello(), event(6), event(7), ready(7));
    await settle();
    expect(first.signal.aborted).toBe(true);
    expect([made.events, made.subscription.state.is]).toEqual([[6, 7], 'live']);
    expect(made.states.map(({ is }) => is)).toEqual(['connecting', 'replaying', 'live']);
  });

  /** Live, with the next stream asked for beside it. */
  async function renewing(given: Partial<SubscriptionOptions> = {}) {
    const made = await live(5, given, () => 1);
    const first = made.latest();
    made.subscription.move();
    await settle();
    expect(made.attempts).toHaveLength(2);
    return { made, first, second: made.latest() };
  }

  test('no hello within 5 s: the last stream makes room, since a browser has six connections', async () => {
    const { made, first, second } = await renewing();
    await made.clock.advance(4900);
    expect(first.signal.aborted).toBe(false);
    await made.clock.advance(200);
    expect([first.signal.aborted, second.signal.aborted, made.subscription.state.is]).toEqual([
      true,
      false,
      'connecting',
    ]);
    second.stream(hello(), event(6), ready(6));
    await settle();
    expect([made.events, made.subscription.state.is]).toEqual([[6], 'live']);
    await made.clock.advance(6000);
    expect([second.signal.aborted, made.subscription.state.is]).toEqual([false, 'live']);
  });

  test('a next stream that fails leaves the last one be and is tried again', async () => {
    const { made, first, second } = await renewing();
    second.cut();
    await settle();
    first.send(event(6));
    await settle();
    expect([made.events, made.subscription.state.is]).toEqual([[6], 'live']);
    expect(await made.next()).toBe(1000);
    made.latest().answer({ status: 503, retryAfter: '3' });
    expect(await made.next()).toBe(3000);
    made.latest().stream(hello(), ready(6));
    await settle();
    expect(first.signal.aborted).toBe(true);
  });

  test('when the last stream ends meanwhile, the next is the one', async () => {
    const { made, first, second } = await renewing();
    first.send(encodeFrame({ event: 'bye', data: { reason: 'age', retryMs: 0 } }));
    await settle();
    expect(made.subscription.state.is).toBe('connecting');
    second.stream(hello(), ready(5));
    await made.clock.advance(60_000 / 2);
    expect([made.subscription.state.is, made.attempts.length]).toEqual(['live', 2]);
  });

  test('a next stream that became the one has its whole time for a hello', async () => {
    const { made, first, second } = await renewing();
    await made.clock.advance(3000);
    first.cut();
    await made.clock.advance(3000);
    second.stream(hello(), ready(5));
    await settle();
    expect([made.subscription.state.is, second.signal.aborted, made.attempts.length]).toEqual(['live', false, 2]);
  });

  test('when both end, there is one wait', async () => {
    const { made, first, second } = await renewing();
    first.cut();
    second.cut();
    await made.clock.advance(2000);
    expect(made.attempts).toHaveLength(3);
    expect(made.states.filter(({ is }) => is === 'waiting')).toHaveLength(1);
  });

  test('a 401 for the next asks for a token and leaves the last one be', async () => {
    const { made, first, second } = await renewing({ onUnauthorized: async () => {} });
    second.answer({ status: 401 });
    await made.next();
    expect([first.signal.aborted, made.subscription.state.is]).toEqual([false, 'live']);
  });

  test('a final answer to the next stops: both ask the same', async () => {
    const { made, first, second } = await renewing();
    second.answer({ status: 404 });
    await settle();
    expect([first.signal.aborted, made.subscription.state.is]).toEqual([true, 'stopped']);
  });

  test('a reset of the last one drops the next, whose cursor is as void', async () => {
    const { first, second } = await renewing();
    first.send(encodeFrame({ event: 'reset', data: { reason: 'epoch' } }));
    await settle();
    expect([first.signal.aborted, second.signal.aborted]).toEqual([true, true]);
  });

  test('a hop that offers hardly any age is not stormed', async () => {
    const made = await bench();
    made.latest().stream(hello({ maxAgeMs: 1 }), ready(0));
    await made.clock.advance(900);
    expect(made.attempts).toHaveLength(1);
  });
});

describe('move', () => {
  test('opens the next stream beside the last; several in one turn are one', async () => {
    const made = await live(5);
    made.subscription.move();
    made.subscription.move();
    made.subscription.move();
    await settle();
    expect(made.attempts.map(({ signal }) => signal.aborted)).toEqual([false, false]);
  });

  test('an earlier cursor is gone back to, and events of the last stream are left to the next, in its order', async () => {
    const made = await live(50);
    const first = made.latest();
    made.subscription.move(at(40));
    await settle();
    expect([made.latest().cursor, made.subscription.cursor]).toEqual([at(40), at(40)]);
    first.send(event(51), encodeFrame({ event: 'ping', id: at(52), data: { cursor: at(52) } }));
    await settle();
    made.latest().stream(hello(), event(41), event(51), ready(51));
    await settle();
    expect([made.events, made.subscription.cursor]).toEqual([[41, 51], at(51)]);
  });

  test('new topics are named with the own cursor: nothing of them is missed, whatever the last stream brings meanwhile', async () => {
    const made = await live(50);
    const first = made.latest();
    made.subscription.move(made.subscription.cursor);
    await settle();
    first.send(event(52));
    await settle();
    made.latest().stream(hello(), event(51), event(52), ready(52));
    await settle();
    expect([made.events, made.states.at(-1)?.is]).toEqual([[51, 52], 'live']);
  });

  test('without a cursor the last stream goes on until the takeover', async () => {
    const made = await live(50);
    const first = made.latest();
    made.subscription.move();
    await settle();
    first.send(event(51));
    await settle();
    expect(made.events).toEqual([51]);
    made.latest().stream(hello(), event(51), event(52));
    await settle();
    expect(made.events).toEqual([51, 52]);
  });

  test('going back is not forgotten when its stream fails, and the earliest of several counts', async () => {
    const made = await live(50);
    made.subscription.move(at(40));
    made.subscription.move(at(45));
    await settle();
    made.latest().cut();
    await made.next();
    expect(made.latest().cursor).toBe(at(40));
    made.subscription.move(at(30));
    await settle();
    expect(made.latest().cursor).toBe(at(30));
    made.latest().stream(hello(), event(31), ready(50));
    await settle();
    made.latest().cut();
    await made.next();
    expect(made.latest().cursor).toBe(at(50));
  });

  test('a move at the very hello of the stream that was to serve the last one is not forgotten', async () => {
    let hellos = 0;
    let onHello = () => {};
    const made = await live(50, {
      onLine(line) {
        if (line.is === 'frame' && line.frame.event === 'hello' && ++hellos === 2) onHello();
      },
    });
    onHello = () => made.subscription.move(at(30));
    made.subscription.move(at(40));
    await settle();
    made.latest().stream(hello());
    await settle();
    expect(made.latest().cursor).toBe(at(30));
  });

  test('a nudge tries a failed next stream anew, since nothing is applied until it comes', async () => {
    const made = await live(50, {}, () => 1);
    made.subscription.nudge();
    made.subscription.move(at(50));
    await settle();
    for (let turn = 0; turn < 4; turn += 1) {
      made.latest().cut();
      await made.next();
    }
    made.latest().cut();
    await settle();
    made.subscription.nudge();
    made.subscription.nudge();
    await settle();
    expect(made.attempts).toHaveLength(7);
    made.latest().answer({ status: 503, retryAfter: '4' });
    await settle();
    made.subscription.nudge();
    await made.clock.advance(3900);
    expect(made.attempts).toHaveLength(7);
  });

  test('a later cursor, or one of another epoch, would skip something and is not taken', async () => {
    const made = await live(50);
    for (const cursor of [at(60), at(1, 'ba9876543210')]) {
      made.subscription.move(cursor);
      await settle();
      expect(made.latest().cursor).toBe(at(50));
      made.latest().stream(hello(), ready(50));
      await settle();
      expect(made.subscription.cursor).toBe(at(50));
    }
  });

  test('while waiting it tries now, but not before a hop’s wish', async () => {
    const made = await bench({}, () => 1);
    made.latest().answer({ status: 503, retryAfter: '10' });
    await settle();
    made.subscription.move(at(3));
    await made.clock.advance(9000);
    expect(made.attempts).toHaveLength(1);
    await made.next(1200);
    expect(made.latest().cursor).toBe(at(3));
  });

  test('before the hello the stream is asked for anew instead', async () => {
    const made = await bench();
    const first = made.latest();
    made.subscription.move();
    await settle();
    expect([made.attempts.length, first.signal.aborted]).toEqual([2, true]);
  });

  test('while the owner takes snapshots it waits for them, and an earlier cursor of that epoch counts', async () => {
    let give: (cursor: string) => void = () => {};
    const made = await live(50, {
      onReset: () =>
        new Promise((resolve) => {
          give = resolve;
        }),
    });
    made.latest().send(encodeFrame({ event: 'reset', data: { reason: 'epoch', afterMs: 0 } }));
    await made.clock.advance(1000);
    expect(made.subscription.state.is).toBe('resetting');
    made.subscription.move(at(7, 'ba9876543210'));
    made.subscription.nudge();
    await made.clock.advance(1000);
    made.subscription.nudge();
    await settle();
    expect(made.attempts).toHaveLength(1);
    give(at(9, 'ba9876543210'));
    await settle();
    expect(made.latest().cursor).toBe(at(7, 'ba9876543210'));
  });

  test('while a reset is waited for it does not skip it', async () => {
    const made = await live(50);
    made.latest().send(encodeFrame({ event: 'reset', data: { reason: 'gap', afterMs: 2000 } }));
    await settle();
    made.subscription.move(at(3));
    await made.clock.advance(1900);
    expect(made.attempts).toHaveLength(1);
    await made.next();
    expect(made.told).toContain('reset gap');
    // The snapshots are newer than what was to be gone back to.
    expect(made.latest().cursor).toBeUndefined();
  });
});
