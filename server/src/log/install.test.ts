import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, account, localReq, logOf, memberCaller, newDatabase, room, site, startApp } from '../../test/app.ts';
import { post } from '../messages/post.ts';
import { migrations } from '../migrations/index.ts';
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

test('a release with another numbering is installed while a writer’s transaction stays open, and holds nobody up', async () => {
  const { payload } = app;
  const at = await site(payload, 'rolling');
  const thread = await room(payload, 'rolling', 'lobby');
  const caller = await memberCaller(payload, at, await account(payload, 'Rolf'));
  await post(await localReq(payload), caller, { room: 'lobby', content: 'one' });
  const slow = await localReq(payload);
  slow.transactionID = (await payload.db.beginTransaction()) as string;
  await payload.create({ collection: 'messages', data: { thread, sender: caller.user.id, content: 'two' }, req: slow });
  await queryOf(payload)(`update chat.facts set value = 'of another release' where name = 'numbering'`);
  await install(payload);
  const { pos } = await post(await localReq(payload), caller, { room: 'lobby', content: 'three' });
  await payload.db.commitTransaction(slow.transactionID);
  const log = await logOf(payload, 'rolling');
  expect(log.map(({ payload: said }) => said.message?.content).slice(-2)).toEqual(['three', 'two']);
  expect(Number(log.at(-1)?.pos)).toBe((pos ?? 0) + 1);
});

test('three apps that start at once on an empty database migrate once and all run', async () => {
  const databaseUrl = await newDatabase();
  const apps = await Promise.all([1, 2, 3].map(() => startApp({ databaseUrl })));
  const rows = await queryOf((apps[0] as App).payload)('select name from payload_migrations');
  expect(rows).toHaveLength(migrations.length);
  await Promise.all(apps.map((one) => one.close()));
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
