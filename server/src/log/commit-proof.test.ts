import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type App, account, localReq, logOf, memberCaller, room, site, startApp } from '../../test/app.ts';
import type { Caller } from '../identity/caller.ts';
import { markRead } from '../messages/mark-read.ts';
import { post } from '../messages/post.ts';
import { inTransaction } from './commit-proof.ts';
import { queryOf, transactionOf } from './database.ts';

let app: App;
let caller: Caller;
let thread: string;

beforeAll(async () => {
  app = await startApp();
  const at = await site(app.payload, 'halden');
  thread = await room(app.payload, 'halden', 'lobby');
  caller = await memberCaller(app.payload, at, await account(app.payload, 'Ana'));
  await post(await localReq(app.payload), caller, { room: 'lobby', content: 'first' });
  // Deferred like the numbering itself: it runs inside COMMIT.
  await queryOf(app.payload)(`
    create function public.fail_at_commit() returns trigger language plpgsql as $$
    begin
      if new.payload #>> '{message,content}' = 'kill' then
        perform pg_terminate_backend(pg_backend_pid());
        perform pg_sleep(5);
      elsif new.payload #>> '{message,content}' = 'raise' then
        raise exception 'a trigger of the host';
      end if;
      return null;
    end $$;
    create constraint trigger fail_at_commit after insert on chat.events
      deferrable initially deferred for each row execute function public.fail_at_commit();
  `);
});
afterAll(() => app?.close());

let log: number;
beforeEach(async () => {
  log = (await logOf(app.payload, 'halden')).length;
});
const rowsOf = async (content: string) =>
  (await app.payload.count({ collection: 'messages', where: { content: { equals: content } } })).totalDocs;

test('[I1] a backend killed at COMMIT is answered not-stored, and nothing is there', async () => {
  const sending = post(await localReq(app.payload), caller, { room: 'lobby', content: 'kill', localId: 'a' });
  await expect(sending).rejects.toMatchObject({ code: 'not-stored', status: 503 });
  expect(await rowsOf('kill')).toBe(0);
  // The same again, when the database is well: stored once.
  await queryOf(app.payload)('drop trigger fail_at_commit on chat.events');
  const again = await post(await localReq(app.payload), caller, { room: 'lobby', content: 'kill', localId: 'a' });
  expect(again).toMatchObject({ created: true, pos: log + 1 });
  expect(await rowsOf('kill')).toBe(1);
  await queryOf(app.payload)(`create constraint trigger fail_at_commit after insert on chat.events
      deferrable initially deferred for each row execute function public.fail_at_commit()`);
});

test('[I1] a deferred trigger that raises at COMMIT is answered not-stored', async () => {
  const sending = post(await localReq(app.payload), caller, { room: 'lobby', content: 'raise' });
  await expect(sending).rejects.toMatchObject({ code: 'not-stored' });
  expect(await rowsOf('raise')).toBe(0);
});

test('[I1] an SQL error that somebody hid makes the COMMIT a ROLLBACK, and is answered not-stored', async () => {
  const req = await localReq(app.payload);
  const writing = inTransaction(req, async () => {
    await app.payload.create({
      collection: 'messages',
      data: { thread, sender: caller.user.id, content: 'hidden' },
      req,
    });
    const query = await transactionOf(req);
    await query('select 1 / 0').catch(() => undefined);
  });
  await expect(writing).rejects.toMatchObject({ code: 'not-stored' });
  expect(await rowsOf('hidden')).toBe(0);
});

test('[I1] a transaction that somebody else ended under the write is answered not-stored', async () => {
  const req = await localReq(app.payload);
  const writing = inTransaction(req, async () => {
    await app.payload.create({
      collection: 'messages',
      data: { thread, sender: caller.user.id, content: 'undone' },
      req,
    });
    // A hook's own failing operation with our req: Payload rolls the shared transaction back.
    await app.payload.create({ collection: 'users', data: {} as never, req }).catch(() => undefined);
  });
  await expect(writing).rejects.toMatchObject({ code: 'not-stored' });
  expect(await rowsOf('undone')).toBe(0);
});

test("[I1] the panel's and the host's own writes are proven too", async () => {
  const creating = app.payload.create({
    collection: 'messages',
    data: { thread, sender: caller.user.id, content: 'raise' },
  });
  await expect(creating).rejects.toMatchObject({ code: 'not-stored' });
});

test('a write without an event is proven by its transaction', async () => {
  await queryOf(app.payload)(`
    create function public.fail_receipt() returns trigger language plpgsql as $$
    begin raise exception 'no receipt today'; end $$;
    create constraint trigger fail_receipt after update on participants
      deferrable initially deferred for each row execute function public.fail_receipt();
  `);
  await expect(markRead(await localReq(app.payload), caller, thread, 1)).rejects.toMatchObject({ code: 'not-stored' });
  await queryOf(app.payload)('drop trigger fail_receipt on participants');
  expect(await markRead(await localReq(app.payload), caller, thread, 1)).toMatchObject({ readSeq: 1, moved: true });
});

test('a refused write leaves no hole in the log', async () => {
  const before = (await logOf(app.payload, 'halden')).length;
  await post(await localReq(app.payload), caller, { room: 'lobby', content: 'raise' }).catch(() => undefined);
  const { pos } = await post(await localReq(app.payload), caller, { room: 'lobby', content: 'well' });
  expect(pos).toBe(before + 1);
});

test('an append without a transaction is refused', async () => {
  await expect(
    app.payload.create({
      collection: 'messages',
      data: { thread, sender: caller.user.id, content: 'bare' },
      disableTransaction: true,
    }),
  ).rejects.toMatchObject({ code: 'internal' });
  expect(await rowsOf('bare')).toBe(0);
});
