import { expect, it } from 'vitest';
import { atMost } from './at-most.ts';

it('so many run at once, so many wait their turn, and whoever comes beyond them is told at once', async () => {
  const inLine = atMost(2, 3);
  const finish: Array<() => void> = [];
  let running = 0;
  let most = 0;
  const task = async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise<void>((resolve) => finish.push(resolve));
    running -= 1;
  };
  const all = Array.from({ length: 7 }, () => inLine(task));
  await expect(all[5]).rejects.toMatchObject({ code: 'unavailable', retryAfterS: expect.any(Number) });
  await expect(all[6]).rejects.toMatchObject({ code: 'unavailable' });
  for (let done = 0; done < 5; done += 1) {
    await expect.poll(() => finish.length).toBeGreaterThan(0);
    finish.shift()?.();
  }
  await Promise.all(all.slice(0, 5));
  expect(most).toBe(2);
  // A place that was given back by a failure is free too.
  await expect(inLine(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await inLine(async () => 'free')).toBe('free');
});
