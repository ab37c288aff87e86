import { manualClock } from '@payload-chat/protocol/testing';
import { expect, it } from 'vitest';
import { jsonAnswer } from './answer.ts';
import { createGuestSessions } from './guest-sessions.ts';

function setUp() {
  const clock = manualClock();
  const guests = createGuestSessions(clock);
  let asked = 0;
  const ask = (body: unknown, headers: Record<string, string> = {}) =>
    guests.answer(new Headers(headers), new TextEncoder().encode(JSON.stringify(body)), async () => {
      asked += 1;
      return jsonAnswer(200, { asked });
    });
  return { clock, ask, asked: () => asked };
}

it('a guest’s session is kept 300 s for each site, room and origin', async () => {
  const { clock, ask, asked } = setUp();
  await ask({ site: 'a', room: 'lobby' });
  await ask({ room: 'lobby', site: 'a' });
  expect(asked()).toBe(1);
  await ask({ site: 'b', room: 'lobby' });
  await ask({ site: 'a', room: 'hall' });
  await ask({ site: 'a', room: 'lobby' }, { Origin: 'https://shop.example' });
  expect(asked()).toBe(4);
  await clock.advance(300_000);
  await ask({ site: 'a', room: 'lobby' });
  expect(asked()).toBe(5);
});

it('a request with any other proof, or of another shape, is nobody’s but its own', async () => {
  const { ask, asked } = setUp();
  for (const body of [
    { site: 'a' },
    { site: 'a', room: '' },
    { site: 'a', room: 1 },
    { site: 'a', room: 'r', identity: 'x' },
    null,
    [],
  ])
    for (let time = 0; time < 2; time += 1) await ask(body);
  for (let time = 0; time < 2; time += 1) await ask({ site: 'a', room: 'r' }, { Authorization: 'Bearer x' });
  expect(asked()).toBe(14);
});
