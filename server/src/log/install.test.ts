import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, account, localReq, logOf, memberCaller, room, site, startApp } from '../../test/app.ts';
import { post } from '../messages/post.ts';
import { queryOf } from './database.ts';
import { install } from './install.ts';

let app: App;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app?.close());

test('forty installs at once make one schema', async () => {
  await queryOf(app.payload)('drop schema chat cascade');
  const installs = await Promise.allSettled(Array.from({ length: 40 }, () => install(app.payload)));
  expect(installs.filter(({ status }) => status === 'rejected')).toEqual([]);
  const triggers = await queryOf(app.payload)(`select tgname from pg_trigger where tgrelid = 'chat.events'::regclass`);
  expect(triggers).toEqual([{ tgname: 'number_events' }]);
});

test('two apps that start at once on an empty database migrate once and both run', async () => {
  const first = startApp();
  const { databaseUrl } = await first;
  const others = await Promise.all([startApp({ databaseUrl }), startApp({ databaseUrl })]);
  await Promise.all([first.then((one) => one.close()), ...others.map((one) => one.close())]);
});

test('counters that were lost go on after what the rows remember', async () => {
  const { payload } = app;
  const at = await site(payload, 'halden');
  const thread = await room(payload, 'halden', 'lobby');
  const caller = await memberCaller(payload, at, await account(payload, 'Ana'));
  await post(await localReq(payload), caller, { room: 'lobby', content: 'one' });
  await post(await localReq(payload), caller, { room: 'lobby', content: 'two' });
  const before = (await logOf(payload, 'halden')).length;
  await queryOf(payload)('delete from chat.threads');
  await queryOf(payload)('delete from chat.sites');
  const { message, pos } = await post(await localReq(payload), caller, { room: 'lobby', content: 'three' });
  expect(message.thread).toBe(thread);
  expect(message.seq).toBe(before + 1);
  expect(pos).toBe(before + 1);
});
