import { expect, test } from 'vitest';
import { createWindowCounter } from './window-counter.ts';

test('a key may take so many in a window, then waits for its end and begins anew', () => {
  let at = 1000;
  const counter = createWindowCounter({ count: 2, windowMs: 100, keysMax: 10, now: () => at });
  expect([counter.take('a'), counter.take('a'), counter.take('b')]).toEqual([0, 0, 0]);
  at = 1040;
  expect(counter.take('a')).toBe(60);
  at = 1100;
  expect(counter.take('a')).toBe(0);
});

test('a hundred thousand strangers cost no more memory than the bound, and the newest are still counted', () => {
  let at = 0;
  const counter = createWindowCounter({ count: 1, windowMs: 1_000_000_000, keysMax: 1000, now: () => at });
  for (let n = 0; n < 100_000; n += 1) {
    at += 1;
    counter.take(`address ${n}`);
    if (n % 10_000 === 0) expect(counter.size).toBeLessThanOrEqual(1000);
  }
  expect(counter.size).toBe(1000);
  expect(counter.take('address 99999')).toBeGreaterThan(0);
  expect(counter.take('address 0')).toBe(0);
});

test('windows that are over are let go as others begin', () => {
  let at = 0;
  const counter = createWindowCounter({ count: 1, windowMs: 10, keysMax: 1000, now: () => at });
  for (let n = 0; n < 500; n += 1) counter.take(`early ${n}`);
  at = 20;
  counter.take('late');
  expect(counter.size).toBe(1);
});
