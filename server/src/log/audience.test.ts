import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, account, localReq, logOf, memberCaller, site, startApp } from '../../test/app.ts';
import { randomFrom } from '../../test/random.ts';
import type { Caller } from '../identity/caller.ts';
import { leave } from '../messages/leave.ts';
import { post } from '../messages/post.ts';

let app: App;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app?.close());

test('an event is for those who sit in the thread at its very place of the log, under joins and leaves', async () => {
  const { payload } = app;
  const random = randomFrom('audience');
  const agents = await Promise.all([1, 2, 3, 4, 5].map((n) => account(payload, `Agent ${n}`, 'agent')));
  const at = await site(payload, 'halden', { agents: agents.map(({ id }) => id) });
  const customer = await memberCaller(payload, at, await account(payload, 'Ana'));
  const { message } = await post(await localReq(payload), customer, { content: 'Help' });
  const { thread } = message;
  const callers = await Promise.all(agents.map((agent) => memberCaller(payload, at, agent)));

  // An agent takes a seat by writing, and leaves, over and over; the customer writes all the while.
  const comeAndGo = async (agent: Caller) => {
    for (let turn = 0; turn < 12; turn += 1) {
      await post(await localReq(payload), agent, { thread, content: `in ${turn}` });
      if (random.below(3) > 0) await leave(await localReq(payload), agent, { thread, user: agent.user.id });
    }
  };
  const write = async () => {
    for (let turn = 0; turn < 40; turn += 1)
      await post(await localReq(payload), customer, { thread, content: `still here ${turn}` });
  };
  await Promise.all([...callers.map(comeAndGo), write(), write()]);

  const seats = new Set<string>([customer.user.id]);
  let checked = 0;
  for (const event of await logOf(payload, 'halden')) {
    if (event.thread !== thread) continue;
    const user = (event.payload.participant?.user as { id: string } | undefined)?.id;
    if (event.type === 'participant.joined' && user) seats.add(user);
    if (event.type === 'participant.left' && user) seats.delete(user);
    const named = new Set([...seats, ...(event.type === 'participant.left' && user ? [user] : [])]);
    expect(new Set(event.topics)).toEqual(
      new Set([`thread:${thread}`, 'agents', ...[...named].map((id) => `user:${id}`)]),
    );
    expect(event.topics).toHaveLength(new Set(event.topics).size);
    checked += 1;
  }
  expect(checked).toBeGreaterThan(140);
});

test('a direct thread is for its two, and no topic of agents', async () => {
  const { payload } = app;
  const at = await site(payload, 'direct');
  const ben = await memberCaller(payload, at, await account(payload, 'Ben'));
  const cleo = await account(payload, 'Cleo');
  await post(await localReq(payload), ben, { receiver: String(cleo.id), content: 'Hi' });
  for (const event of await logOf(payload, 'direct'))
    expect(new Set(event.topics)).toEqual(
      new Set([`thread:${event.thread}`, `user:${ben.user.id}`, `user:m_${cleo.id}`]),
    );
});
