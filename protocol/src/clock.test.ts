import { expect, test } from 'vitest';
import { backoffMs, systemClock } from './clock.ts';
import { manualClock } from './testing.ts';

test('a wait is a random part of a span that doubles with each failure, up to the cap', () => {
  const most = (attempt: number) => backoffMs(attempt, () => 1, 1000, 30_000);
  expect([0, 1, 2, 3, 4, 5, 6, 5000].map(most)).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  expect(backoffMs(9, () => 0)).toBe(0);
  expect(backoffMs(1, () => 0.25)).toBe(500);
});

test('a timer is cancelled by its answer, twice if need be', async () => {
  const ran: string[] = [];
  const cancel = systemClock.after(0, () => ran.push('cancelled'));
  cancel();
  cancel();
  await new Promise<void>((resolve) => systemClock.after(1, resolve));
  expect(ran).toEqual([]);
});

test('a span that is too long for a timer does not run at once', async () => {
  let ran = false;
  const cancel = systemClock.after(2 ** 40, () => {
    ran = true;
  });
  await new Promise<void>((resolve) => systemClock.after(5, resolve));
  cancel();
  expect(ran).toBe(false);
});

test('the manual clock runs what falls due in order, also what is set meanwhile', async () => {
  const clock = manualClock();
  const ran: Array<[string, number]> = [];
  const startMs = clock.now();
  const note = (name: string) => () => ran.push([name, clock.now() - startMs]);
  clock.after(20, note('second'));
  clock.after(10, () => {
    note('first')();
    clock.after(5, note('between'));
  });
  clock.after(40, note('later'));
  await clock.advance(30);
  expect(ran).toEqual([
    ['first', 10],
    ['between', 15],
    ['second', 20],
  ]);
  expect(clock.pending).toBe(1);
  expect(clock.now() - startMs).toBe(30);
});
