import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, account, localReq, logOf, memberCaller, room, site, startApp } from '../../test/app.ts';
import { post } from '../messages/post.ts';
import { queryOf } from './database.ts';
import { readNewest } from './read.ts';
import { keepEvents, trim } from './trim.ts';

let app: App;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app?.close());

test('what is older than 7 days goes, but 2,000 events of each site stay; numbering goes on', async () => {
  const { payload } = app;
  const query = queryOf(payload);
  const at = await site(payload, 'halden');
  await room(payload, 'halden', 'lobby');
  const caller = await memberCaller(payload, at, await account(payload, 'Ana'));
  const { message } = await post(await localReq(payload), caller, { room: 'lobby', content: 'old', localId: 'old' });
  await query(
    `insert into chat.events (id, site, thread, type, payload)
      select gen_random_uuid(), 'halden', null, 'site.updated', '{}' from generate_series(1, $1)`,
    [keepEvents + 100],
  );
  expect(await trim(query)).toBe(0);
  await query(`update chat.events set created = now() - interval '8 days'`);
  const gone = await trim(query);
  const log = await logOf(payload, 'halden');
  expect(log).toHaveLength(keepEvents);
  expect(gone).toBe(102);
  expect(Number(log[0]?.pos)).toBe(gone + 1);

  const again = await post(await localReq(payload), caller, { room: 'lobby', content: 'old', localId: 'old' });
  expect(again).toMatchObject({ created: false, message: { id: message.id }, pos: undefined });
  const next = await post(await localReq(payload), caller, { room: 'lobby', content: 'new' });
  expect(next).toMatchObject({ pos: Number(log.at(-1)?.pos) + 1, message: { seq: message.seq + 1 } });
  expect((await readNewest(query, 'halden', 10)).head).toBe(next.pos);
});
