import { manualClock } from '@payload-chat/protocol/testing';
import { expect, it } from 'vitest';
import { jsonAnswer } from './answer.ts';
import { createGuestSessions, maxAnswers } from './guest-sessions.ts';

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

it('[I12] of five hundred who wait for one answer that is a refusal, few ask the server themselves', async () => {
  const guests = createGuestSessions(manualClock());
  const body = new TextEncoder().encode(JSON.stringify({ site: 'a', room: 'lobby' }));
  const crowd = async (statuses: number[]) => {
    let asked = 0;
    const answers = await Promise.all(
      Array.from({ length: 500 }, () =>
        guests.answer(new Headers(), body, async () => jsonAnswer(statuses[asked++] ?? 200, {})),
      ),
    );
    return { asked, statuses: new Set(answers.map(({ status }) => status)) };
  };
  // A server that can't is not asked again by everybody; what it refuses this guest it refuses every guest.
  expect(await crowd([503])).toEqual({ asked: 1, statuses: new Set([503]) });
  expect(await crowd([404])).toEqual({ asked: 1, statuses: new Set([404]) });
  // His rate is his own: the next one asks in his own name, and serves the others.
  expect(await crowd([429, 200])).toEqual({ asked: 2, statuses: new Set([429, 200]) });
});

it('no more answers are kept than the bound: the oldest goes, and its room is asked for again', async () => {
  const { ask, asked } = setUp();
  for (let nth = 0; nth < maxAnswers; nth += 1) await ask({ site: 'a', room: `r${nth}` });
  await ask({ site: 'a', room: 'r0' });
  expect(asked()).toBe(maxAnswers);
  await ask({ site: 'a', room: 'one more' });
  await ask({ site: 'a', room: 'r1' });
  expect(asked()).toBe(maxAnswers + 1);
  await ask({ site: 'a', room: 'r0' });
  expect(asked()).toBe(maxAnswers + 2);
});
