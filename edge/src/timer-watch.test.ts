import { manualClock } from '@payload-chat/protocol/testing';
import { expect, test } from 'vitest';
import { createTimerWatch, dateHeader, frozenMs, promptMs, stillMs } from './timer-watch.ts';

const asked = (dateMs: number) => new Request('http://hub.test', { headers: { [dateHeader]: String(dateMs) } });

test.each([true, false])(
  'timers that run are not taken to stand still, however seldom or often somebody asks (open: %s)',
  async (isOpen) => {
    const clock = manualClock(0);
    const standsStill = createTimerWatch(clock, () => isOpen);
    for (const stepMs of [1, 100, 3600_000, 0, stillMs, 10 * stillMs]) {
      expect(standsStill(asked(clock.now()))).toBe(false);
      await clock.advance(stepMs);
    }
  },
);

test('timers stand still where one has not run long after it was due, and the clock has not moved', () => {
  const standsStill = createTimerWatch(manualClock(0), () => false);
  const asks = [0, 10, frozenMs + 1, stillMs, stillMs + 1].map((ms) => standsStill(asked(7000 + ms)));
  expect(asks).toEqual([false, false, false, false, true]);
  expect(standsStill(new Request('http://hub.test'))).toBe(false);
});

test('the second who asks finds it where the object was open, or the third where its own time was ahead', async () => {
  const clock = manualClock(0);
  const open = createTimerWatch(clock, () => true);
  open(asked(0));
  await clock.advance(10_000);
  expect([0, frozenMs + 1].map((ms) => open(asked(20_000 + ms)))).toEqual([false, true]);

  const ahead = createTimerWatch({ ...clock, date: () => 3600_000 }, () => true);
  ahead(asked(0));
  await clock.advance(10_000);
  expect([20_000, 20_001 + stillMs].map((ms) => ahead(asked(ms)))).toEqual([false, true]);
});

test('timers that stood still with the clock and go on so when it is right again are found', () => {
  let dateMs = 3_600_000;
  const standsStill = createTimerWatch({ ...manualClock(0), date: () => dateMs }, () => false);
  expect(standsStill(asked(0))).toBe(false);
  dateMs = stillMs + 1;
  expect(standsStill(asked(dateMs))).toBe(true);
});

test('an object that is overrun and comes to no timer is not taken for one whose clock was set back', () => {
  let dateMs = 0;
  const standsStill = createTimerWatch({ ...manualClock(0), date: () => dateMs }, () => true);
  for (let nth = 0; nth < 100; nth += 1) {
    dateMs = nth * 1000 + nth * promptMs; // Later and later.
    expect(standsStill(asked(nth * 1000))).toBe(false);
  }
  // And those who waited are let in all at once.
  for (let nth = 100; nth < 200; nth += 1) {
    dateMs += 1;
    expect(standsStill(asked(nth * 500 + 50_000))).toBe(false);
  }
});
