import { manualClock } from '@payload-chat/protocol/testing';
import { expect, it } from 'vitest';
import { createFlights, maxFlights } from './flights.ts';

it('so many questions are on their way at once and no more; who asks the same as another still joins', async () => {
  const flights = createFlights<number>(manualClock());
  const lands: Array<(answer: number) => void> = [];
  let asked = 0;
  const share = (key: number) =>
    flights.share(String(key), () => {
      asked += 1;
      return new Promise<number>((resolve) => lands.push(resolve));
    }).answer;
  const flying = Array.from({ length: maxFlights }, (_, key) => share(key));
  await expect(share(maxFlights)).rejects.toMatchObject({ code: 'unavailable' });
  expect(asked).toBe(maxFlights);
  const joined = share(7);
  lands[7]?.(49);
  expect(await joined).toBe(49);
  // A place is free again.
  const next = share(maxFlights);
  lands.at(-1)?.(1);
  expect(await next).toBe(1);
  for (const land of lands) land(0);
  await Promise.all(flying);
});
