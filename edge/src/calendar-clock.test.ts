import { expect, test } from 'vitest';
import { createCalendarClock } from './calendar-clock.ts';
import { createKeys, keptMs } from './keys.ts';

const hourMs = 3_600_000;

test('spans go on where the calendar is set back, however often', () => {
  let dateMs = 1000;
  const clock = createCalendarClock(() => dateMs);
  const startMs = clock.now();
  for (const [step, passed] of [
    [5, 5],
    [-hourMs, 5],
    [10, 15],
    [-20, 15],
    [1, 16],
  ] as const) {
    dateMs += step;
    expect(clock.now() - startMs).toBe(passed);
    expect(clock.date?.()).toBe(dateMs);
  }
});

test('keys that were fetched by a calendar that was ahead are fetched again in their time', async () => {
  let dateMs = 24 * hourMs;
  let fetched = 0;
  const keys = createKeys(
    async () => {
      fetched += 1;
      return { keys: [] };
    },
    createCalendarClock(() => dateMs),
  );
  const find = async () => keys({ alg: 'ES256', kid: 'k' }, { payload: '', signature: '' });
  await expect(find()).rejects.toThrow();
  dateMs = hourMs;
  await expect(find()).rejects.toThrow();
  expect(fetched).toBe(1);
  dateMs += keptMs;
  await expect(find()).rejects.toThrow();
  // And once more for a key that nobody knows.
  expect(fetched).toBe(2);
});
