import { manualClock } from '@payload-chat/protocol/testing';
import { expect, test } from 'vitest';
import { createTimerWatch, dateHeader, stillMs } from './timer-watch.ts';

const asked = (dateMs: number) => new Request('http://hub.test', { headers: { [dateHeader]: String(dateMs) } });

test('timers that run are not taken to stand still, however seldom or often somebody asks', async () => {
  const clock = manualClock(0);
  const standsStill = createTimerWatch(clock);
  for (const stepMs of [1, 100, 3600_000, 0, stillMs, 10 * stillMs]) {
    expect(standsStill(asked(clock.now()))).toBe(false);
    await clock.advance(stepMs);
  }
});

test('timers stand still where one has not run long after it was due, by the time of those who ask', () => {
  const standsStill = createTimerWatch(manualClock(0));
  expect([0, 10, stillMs, stillMs + 1].map((ms) => standsStill(asked(7000 + ms)))).toEqual([false, false, false, true]);
  expect(standsStill(new Request('http://hub.test'))).toBe(false);
});
