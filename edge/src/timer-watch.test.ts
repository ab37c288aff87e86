import { manualClock } from '@payload-chat/protocol/testing';
import { expect, test } from 'vitest';
import { createTimerWatch, dateHeader, stillMs } from './timer-watch.ts';

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

test('timers stand still where one has not run long after it was due, by the time of those who ask', () => {
  const standsStill = createTimerWatch(manualClock(0), () => false);
  expect([0, 10, stillMs, stillMs + 1].map((ms) => standsStill(asked(7000 + ms)))).toEqual([false, false, false, true]);
  expect(standsStill(new Request('http://hub.test'))).toBe(false);
});

test('the first who asks finds it where the object was open, or the second where its own time was ahead', async () => {
  const clock = manualClock(0);
  const open = createTimerWatch(clock, () => true);
  open(asked(0));
  await clock.advance(10_000);
  expect(open(asked(10_000 + stillMs + 501))).toBe(true);

  const ahead = createTimerWatch({ ...clock, date: () => 3600_000 }, () => true);
  ahead(asked(0));
  await clock.advance(10_000);
  expect(ahead(asked(20_000))).toBe(false);
  expect(ahead(asked(20_001 + stillMs))).toBe(true);
});
