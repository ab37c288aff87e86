import { expect, it } from 'vitest';
import { createAllowance, maxKeys } from './allowance.ts';
import type { ChatError } from './errors.ts';
import { manualClock } from './testing.ts';

function refusal(run: () => void): ChatError | undefined {
  try {
    run();
    return undefined;
  } catch (fault) {
    return fault as ChatError;
  }
}

it('allows so many at once, then one whenever its share of the time has passed, and says when', async () => {
  const clock = manualClock();
  const allowance = createAllowance(10, 60_000, clock);
  for (let asked = 0; asked < 10; asked += 1) allowance.take('ada');
  const refused = refusal(() => allowance.take('ada'));
  expect(refused).toMatchObject({ code: 'rate-limited', status: 429, retryAfterS: 6 });
  allowance.take('bo');
  await clock.advance((refused?.retryAfterS ?? 0) * 1000);
  allowance.take('ada');
  expect(refusal(() => allowance.take('ada'))?.code).toBe('rate-limited');
  await clock.advance(120_000);
  for (let asked = 0; asked < 10; asked += 1) allowance.take('ada');
});

it('a stubborn asker is not held off for longer than he would be anyway', async () => {
  const clock = manualClock();
  const allowance = createAllowance(10, 10_000, clock);
  for (let asked = 0; asked < 1000; asked += 1) refusal(() => allowance.take('ada'));
  await clock.advance(1000);
  expect(refusal(() => allowance.take('ada'))).toBeUndefined();
});

it('remembers no more than its bound of addresses, and none that has all of its allowance again', async () => {
  const clock = manualClock();
  const allowance = createAllowance(10, 10_000, clock);
  for (let address = 0; address < maxKeys + 5000; address += 1) allowance.take(`a${address}`);
  expect(allowance.size).toBe(maxKeys);
  await clock.advance(1001);
  allowance.take('one more');
  expect(allowance.size).toBe(1);
});

it('0 limits nothing, and nobody is nobody', () => {
  const clock = manualClock();
  const none = createAllowance(0, 1000, clock);
  const one = createAllowance(1, 1000, clock);
  for (let asked = 0; asked < 100; asked += 1) {
    none.take('ada');
    one.take(undefined);
  }
  expect([none.size, one.size]).toEqual([0, 0]);
});
