import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, account, localReq, logOf, memberCaller, newDatabase, room, site, startApp } from '../../test/app.ts';
import { ask, listen, readStream, tokenOf } from '../../test/wire.ts';
import type { Caller } from '../identity/caller.ts';
import { edit, remove } from '../messages/change.ts';
import { post } from '../messages/post.ts';
import { runtime } from '../runtime.ts';
import { queryOf, transactionOf } from './database.ts';
import { defaultKeeping, type Keeping } from './keeping.ts';
import { readNewest } from './read.ts';
import { batchEvents, trim } from './trim.ts';

let app: App;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app?.close());

const query = () => queryOf(app.payload);
const trimmed = (keeping: Partial<Keeping> = {}) => trim(query(), { ...defaultKeeping, ...keeping });

/** A site of its own with a room, and somebody who writes there. */
async function place(
  key: string,
): Promise<{ caller: Caller; thread: string; send(content: string, localId?: string): ReturnType<typeof post> }> {
  const at = await site(app.payload, key);
  const thread = await room(app.payload, key, 'lobby');
  const caller = await memberCaller(app.payload, at, await account(app.payload, `Writer of ${key}`));
  return {
    caller,
    thread,
    send: async (content, localId) =>
      post(await localReq(app.payload), caller, { room: 'lobby', content, ...(localId ? { localId } : {}) }),
  };
}

/** Events that nobody is told of. */
const fill = (key: string, count: number) =>
  query()(
    `insert into chat.events (id, site, thread, type, payload)
      select gen_random_uuid(), $1, null, 'site.updated', '{}' from generate_series(1, $2)`,
    [key, count],
  );
const age = (key: string) =>
  query()(`update chat.events set created = created - interval '8 days' where site = $1`, [key]);

test('what is older than 7 days goes, but 2,000 events of each site stay; numbering goes on', async () => {
  const { send } = await place('halden');
  const { message } = await send('old', 'old');
  await fill('halden', 2100);
  expect(await trimmed()).toBe(0);
  await age('halden');
  const gone = await trimmed();
  const log = await logOf(app.payload, 'halden');
  expect(log).toHaveLength(2000);
  expect(gone).toBe(102);
  expect(Number(log[0]?.pos)).toBe(gone + 1);

  // The message is there, though the log has forgotten its posting.
  expect(await send('old', 'old')).toMatchObject({ created: false, message: { id: message.id }, pos: undefined });
  const next = await send('new');
  expect(next).toMatchObject({ pos: Number(log.at(-1)?.pos) + 1, message: { seq: message.seq + 1 } });
  expect((await readNewest(query(), 'halden', 10)).head).toBe(next.pos);
});

test('it takes as many batches as it needs, from the oldest on, and leaves no hole', async () => {
  await place('batches');
  await fill('batches', 3 * batchEvents + 500);
  await age('batches');
  // One of them is younger than those after it: a long transaction. The log stays whole behind it.
  await query()(`update chat.events set created = now() where site = 'batches' and pos = $1`, [2 * batchEvents + 7]);
  await trimmed({ keepEvents: 10 });
  const positions = (await logOf(app.payload, 'batches')).map(({ pos }) => Number(pos));
  expect(positions).toEqual(positions.map((_, index) => 2 * batchEvents + 7 + index));
  expect(await trimmed({ keepEvents: 10 })).toBe(0);
});

test('several processes that trim at once take nothing twice and wait for nobody', async () => {
  await trimmed({ keepEvents: 1 });
  await place('several');
  await fill('several', 4 * batchEvents);
  await age('several');
  const before = (await logOf(app.payload, 'several')).length;
  const gone = await Promise.all(Array.from({ length: 4 }, () => trimmed({ keepEvents: 1 })));
  expect(await logOf(app.payload, 'several')).toHaveLength(1);
  expect(gone.reduce((sum, each) => sum + each, 0)).toBe(before - 1);
});

test('writers go on while a batch is being deleted', async () => {
  const { caller, send } = await place('busy');
  const { message } = await send('to be edited');
  await fill('busy', 50);
  await age('busy');
  const { message: young } = await send('young');
  // A delete that takes its time, for as long as the test holds the lock.
  await query()(`
    create function public.hold_trim() returns trigger language plpgsql as $$
    begin perform pg_advisory_xact_lock_shared(4711); return old; end $$;
    create trigger hold_trim before delete on chat.events for each row execute function public.hold_trim();
  `);
  const holder = await localReq(app.payload);
  holder.transactionID = (await app.payload.db.beginTransaction()) as string;
  await (await transactionOf(holder))('select pg_advisory_xact_lock(4711)');

  let over = false;
  const trimming = trimmed({ keepEvents: 1 }).finally(() => {
    over = true;
  });
  const waiting = async () =>
    (await query()<{ n: string }>(`select count(*) as n from pg_locks where locktype = 'advisory' and not granted`))[0]
      ?.n;
  await expect.poll(waiting, { message: 'the trim to be in the middle of its batch' }).toBe('1');

  for (let turn = 0; turn < 20; turn += 1) await send(`while it trims ${turn}`);
  await edit(await localReq(app.payload), caller, young.id, 'edited while it trims');
  await remove(await localReq(app.payload), caller, young.id);
  expect(over).toBe(false);
  // One whose own events are going waits for that statement, and no longer.
  const changing = localReq(app.payload).then((req) => edit(req, caller, message.id, 'edited at last'));
  await app.payload.db.commitTransaction(holder.transactionID as string);
  expect((await changing).message.content).toBe('edited at last');
  await trimming;
  await query()('drop trigger hold_trim on chat.events; drop function public.hold_trim()');
});

test('a trim does not wait for a writer who holds an old event, and takes it the next time', async () => {
  const { caller, send } = await place('held');
  const { message } = await send('old words');
  await fill('held', 50);
  await age('held');
  const req = await localReq(app.payload);
  req.transactionID = (await app.payload.db.beginTransaction()) as string;
  await edit(req, caller, message.id, 'new words');
  const gone = await trimmed({ keepEvents: 1 });
  expect(gone).toBe(50);
  await app.payload.db.commitTransaction(req.transactionID as string);
  const left = await logOf(app.payload, 'held');
  expect(left.map(({ type }) => type)).toEqual(['message.posted', 'site.updated', 'message.edited']);
  expect(left[0]?.payload.message?.content).toBe('new words');
  expect(await trimmed({ keepEvents: 1 })).toBe(2);
});

test('[S2] a reader from before the log’s beginning is told reset expired, and a snapshot brings him back', async () => {
  const { send, thread } = await place('years');
  await account(app.payload, 'Returner');
  const session = await tokenOf(app, 'years', 'returner@example.com');
  const { pos = 0, message } = await send('the last he saw');
  await fill('years', 30);
  await age('years');
  await trimmed({ keepEvents: 5 });

  // Another process, which knows the log only as it is now.
  const other = await startApp({ databaseUrl: app.databaseUrl });
  const http = await listen(other);
  try {
    const epoch = await runtime(other.payload).epoch();
    const from = (cursor: string) =>
      readStream(
        fetch(`${http.url}/api/messages/sse?topic=room:lobby`, {
          headers: { Authorization: `Bearer ${session.token}`, Origin: 'https://page.test', 'Last-Event-ID': cursor },
        }),
      );
    const late = await from(`${epoch}.${pos}`);
    const reset = await late.until('reset', ({ event }) => event === 'reset');
    expect(reset.data).toMatchObject({ reason: 'expired' });
    await late.ended();
    const answered = await ask(other, `/api/chat/threads/${thread}/snapshot`, { token: session.token });
    const snapshot = (await answered.json()) as { cursor: string; messages: unknown[] };
    expect(snapshot.messages).toEqual([expect.objectContaining({ id: message.id })]);
    const back = await from(snapshot.cursor);
    await back.until('ready', ({ event }) => event === 'ready');
    back.close();
  } finally {
    await http.close();
    await other.close();
  }
});

test('[S2] a process that lags behind the trimmed end begins its hub anew instead of passing the gap over', async () => {
  const { send } = await place('lagging');
  const hub = await runtime(app.payload).hub('lagging');
  await send('one');
  await expect.poll(() => hub.window?.head, { message: 'the hub at its head' }).toBeGreaterThan(1);
  // What it has not read yet is gone already when it looks.
  const head = hub.window?.head ?? 0;
  await query()(
    `insert into chat.events (id, site, type, payload, pos)
      select gen_random_uuid(), 'lagging', 'site.updated', '{}', $1 + n from generate_series(11, 20) n`,
    [head],
  );
  await query()(`update chat.sites set pos = pos + 20 where site = 'lagging'`);
  runtime(app.payload).tail.wake();
  await expect
    .poll(() => hub.window, { message: 'the hub to begin anew' })
    .toMatchObject({
      oldest: head + 10,
      head: head + 20,
    });
});

test('a server trims by itself, soon after its start, by its own settings', async () => {
  const databaseUrl = await newDatabase();
  const first = await startApp({ databaseUrl });
  await site(first.payload, 'self');
  await queryOf(first.payload)(
    `insert into chat.events (id, site, thread, type, payload)
      select gen_random_uuid(), 'self', null, 'site.updated', '{}' from generate_series(1, 30)`,
  );
  await first.close();
  const second = await startApp({ databaseUrl }, { log: { keepDays: 0, keepEvents: 7, trimEveryMs: 1000 } });
  await expect
    .poll(async () => (await logOf(second.payload, 'self')).length, { message: 'seven events', timeout: 10_000 })
    .toBe(7);
  await second.close();
});
