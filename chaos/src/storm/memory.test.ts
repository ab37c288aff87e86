import { expect, test } from 'vitest';
import { spanOf } from './crowd.ts';
import { slopeOf } from './memory.ts';

test('a slope is what is added in a minute, whatever the beginning; without a span there is none', () => {
  const line = (perMinute: number) => [0, 1, 2, 5].map((minutes) => ({ minutes, mib: 100 + perMinute * minutes }));
  expect(slopeOf(line(2.5))).toBeCloseTo(2.5);
  expect(slopeOf(line(0))).toBe(0);
  expect(slopeOf([{ minutes: 1, mib: 3 }])).toBe(0);
  // One outlier doesn't make a leak.
  expect(Math.abs(slopeOf([...line(0), { minutes: 2.5, mib: 130 }]))).toBeLessThan(1);
});

test('median and worst', () => {
  expect(spanOf([5, 1, 9])).toEqual({ median: 5, worst: 9 });
  expect(spanOf([])).toEqual({ median: 0, worst: 0 });
});
