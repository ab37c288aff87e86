import { manualClock } from '@payload-chat/protocol/testing';
import { expect, it } from 'vitest';
import { jsonAnswer } from './answer.ts';
import { createSessionRefusals, maxWaits } from './session-refusals.ts';

it('an address that its site has refused is told so by the edge until the wait is over, and nobody else is', async () => {
  const clock = manualClock();
  const refusals = createSessionRefusals(clock);
  const asked: string[] = [];
  let status = 429;
  const ask = async (site: string, client: string | undefined) => {
    const body = new TextEncoder().encode(JSON.stringify({ site }));
    const answer = await refusals.answer(body, client, async () => {
      asked.push(`${client} ${site}`);
      return jsonAnswer(status, {}, status === 429 ? { 'Retry-After': '20' } : {});
    });
    return [answer.status, answer.headers['Retry-After']];
  };
  expect(await ask('a', '192.0.2.1')).toEqual([429, '20']);
  await clock.advance(5000);
  expect(await ask('a', '192.0.2.1')).toEqual([429, '15']);
  expect(asked).toHaveLength(1);
  status = 200;
  expect(await ask('a', '192.0.2.2')).toEqual([200, undefined]);
  expect(await ask('b', '192.0.2.1')).toEqual([200, undefined]);
  // Whose address nobody knows is not counted.
  expect(await ask('a', undefined)).toEqual([200, undefined]);
  await clock.advance(15_000);
  expect(await ask('a', '192.0.2.1')).toEqual([200, undefined]);
  expect(asked).toHaveLength(5);
});

it('no wait is held for longer than a minute, whatever the server said', async () => {
  const clock = manualClock();
  const refusals = createSessionRefusals(clock);
  const ask = (status: number) =>
    refusals.answer(new TextEncoder().encode('{"site":"a"}'), '2001:db8::1', async () =>
      jsonAnswer(status, {}, { 'Retry-After': '86400' }),
    );
  await ask(429);
  await clock.advance(60_000);
  expect((await ask(200)).status).toBe(200);
});

it('no more waits are remembered than the bound: the oldest is forgotten, and the server is asked again', async () => {
  const refusals = createSessionRefusals(manualClock());
  let asked = 0;
  const ask = (nth: number) =>
    refusals.answer(
      new TextEncoder().encode('{"site":"a"}'),
      `192.${nth >> 16}.${(nth >> 8) & 255}.${nth & 255}`,
      async () => {
        asked += 1;
        return jsonAnswer(429, {}, { 'Retry-After': '60' });
      },
    );
  for (let nth = 0; nth <= maxWaits; nth += 1) await ask(nth);
  expect(asked).toBe(maxWaits + 1);
  await ask(1);
  expect(asked).toBe(maxWaits + 1);
  await ask(0);
  expect(asked).toBe(maxWaits + 2);
});
