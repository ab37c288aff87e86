import { afterAll, beforeAll, expect, test } from 'vitest';
import { account, type App, localReq, logOf, memberCaller, room, site, startApp } from '../../test/app.ts';
import { post } from '../messages/post.ts';

let app: App;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app?.close());

test('a first message', async () => {
  const { payload } = app;
  const halden = await site(payload, 'halden');
  await room(payload, 'halden', 'lobby');
  const ana = await account(payload, 'Ana');
  const ben = await account(payload, 'Ben');
  const caller = await memberCaller(payload, halden, ana);
  const posted = await post(await localReq(payload), caller, { receiver: `m_${ben.id}`, content: 'Hello' });
  console.log(posted);
  console.log(JSON.stringify(await logOf(payload, 'halden'), null, 1));
  expect(posted.created).toBe(true);
});
