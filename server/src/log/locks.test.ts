/** What writers do to each other: they wait for counters at their commit and for nothing before, and never for ever. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, account, localReq, logOf, memberCaller, room, site, startApp } from '../../test/app.ts';
import { randomFrom } from '../../test/random.ts';
import { until } from '../../test/until.ts';
import { answer, ask, logIn, tokenOf } from '../../test/wire.ts';
import type { Caller } from '../identity/caller.ts';
import { post } from '../messages/post.ts';
import { runtime } from '../runtime.ts';
import { queryOf, transactionOf } from './database.ts';

let app: App;
let ana: Caller;
const threads: Array<{ id: string; site: string }> = [];

beforeAll(async () => {
  app = await startApp();
  for (const key of ['north', 'south']) {
    const at = await site(app.payload, key);
    for (const name of ['one', 'two']) threads.push({ id: await room(app.payload, key, name), site: key });
    ana ??= await memberCaller(app.payload, at, await account(app.payload, 'Ana'));
  }
  for (const name of ['one', 'two']) await post(await localReq(app.payload), ana, { room: name, content: 'hello' });
});
afterAll(() => app?.close());

const query = () => queryOf(app.payload);
/** A transaction that holds something until it is ended. */
async function holding(text: string, values: unknown[]) {
  const req = await localReq(app.payload);
  req.transactionID = (await app.payload.db.beginTransaction()) as string;
  await (await transactionOf(req))(text, values);
  return () => app.payload.db.rollbackTransaction(req.transactionID as string);
}
const tell = (thread: string, content: string, req?: Awaited<ReturnType<typeof localReq>>) =>
  app.payload.create({
    collection: 'messages',
    data: { thread, sender: ana.user.id, content },
    ...(req ? { req } : {}),
  });
async function expectDense(): Promise<void> {
  for (const key of ['north', 'south']) {
    const log = await logOf(app.payload, key);
    expect(log.map(({ pos }) => Number(pos))).toEqual(log.map((_, index) => index + 1));
    for (const events of Map.groupBy(log, ({ thread }) => thread).values())
      expect(events.map(({ seq }) => Number(seq))).toEqual(events.map((_, index) => index + 1));
  }
}

test('[I1] a counter that is held too long: 503 with Retry-After, nothing stored, and the same again is', async () => {
  const { token } = await tokenOf(app, 'north', 'ana@example.com');
  const body = { room: 'one', content: 'patience', localId: 'patience' };
  await query()(`alter function chat.number_events() set lock_timeout = '300ms'`);
  for (const [table, column, value] of [
    ['sites', 'site', 'north'],
    ['threads', 'thread', threads[0]?.id],
  ]) {
    const release = await holding(`select 1 from chat.${table} where ${column} = $1 for update`, [value]);
    const refused = await ask(app, '/api/messages', { token, body });
    expect(refused.status).toBe(503);
    expect(refused.headers.get('Retry-After')).toMatch(/^[1-9]\d*$/);
    expect(await refused.json()).toMatchObject({ errors: [{ code: 'not-stored' }] });
    await release();
    const { totalDocs } = await app.payload.count({
      collection: 'messages',
      where: { content: { equals: 'patience' } },
    });
    expect(totalDocs).toBe(0);
  }
  await query()(`alter function chat.number_events() set lock_timeout = '10s'`);
  const taken = await answer(ask(app, '/api/messages', { token, body }));
  expect(taken.status).toBe(201);
  await expectDense();
});

test('a transaction that stays open holds nobody up, and takes its place when it commits', async () => {
  const { id } = threads[0] as (typeof threads)[number];
  const slow = await localReq(app.payload);
  slow.transactionID = (await app.payload.db.beginTransaction()) as string;
  const { id: early } = await tell(id, 'begun first', slow);
  const fast = [];
  for (let turn = 0; turn < 5; turn += 1) fast.push((await tell(id, `meanwhile ${turn}`)).id);
  await app.payload.db.commitTransaction(slow.transactionID);
  const order = (await logOf(app.payload, 'north')).map(({ entity }) => entity).slice(-6);
  expect(order).toEqual([...fast, early]);
  await expectDense();
});

test('transactions of the host that post to threads of two sites in any order never wait for each other in a ring', async () => {
  const random = randomFrom('orders');
  const before = Number((await query()<{ n: string }>('select count(*) as n from messages'))[0]?.n);
  const writer = async (who: number) => {
    for (let turn = 0; turn < 6; turn += 1) {
      const req = await localReq(app.payload);
      req.transactionID = (await app.payload.db.beginTransaction()) as string;
      for (let each = 0; each < 4; each += 1) {
        const thread = threads[random.below(threads.length)] as (typeof threads)[number];
        await tell(thread.id, `${who} ${turn} ${each}`, req);
      }
      await app.payload.db.commitTransaction(req.transactionID);
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, who) => writer(who)));
  const after = Number((await query()<{ n: string }>('select count(*) as n from messages'))[0]?.n);
  expect(after - before).toBe(8 * 6 * 4);
  await expectDense();
});

test('where they lock rows of threads in any order one of two is undone whole, and the log stays dense', async () => {
  const random = randomFrom('rings');
  let stored = 0;
  let undone = 0;
  const marked = () => query()<{ n: string }>(`select count(*) as n from messages where content like 'ring %'`);
  const writer = async (who: number) => {
    for (let turn = 0; turn < 4; turn += 1) {
      const req = await localReq(app.payload);
      req.transactionID = (await app.payload.db.beginTransaction()) as string;
      try {
        for (let each = 0; each < 3; each += 1) {
          const { id } = threads[random.below(threads.length)] as (typeof threads)[number];
          const data = { title: `by ${who} ${turn} ${each}` };
          await app.payload.update({ collection: 'threads', id, data, req });
          await tell(id, `ring ${who} ${turn} ${each}`, req);
        }
        await app.payload.db.commitTransaction(req.transactionID);
        stored += 3;
      } catch (error) {
        undone += 1;
        await app.payload.db.rollbackTransaction(req.transactionID);
        const codes = [error, (error as Error).cause].map((each) => (each as { code?: string } | undefined)?.code);
        expect(codes.some((code) => code === '40P01' || code === 'not-stored')).toBe(true);
      }
    }
  };
  await Promise.all(Array.from({ length: 4 }, (_, who) => writer(who)));
  expect(Number((await marked())[0]?.n)).toBe(stored);
  console.info(`rings: ${stored} stored, ${undone} undone`);
  await expectDense();
}, 60_000);

test('two who never came write to each other at the same moment: one thread, both are answered', async () => {
  for (let round = 0; round < 4; round += 1) {
    const pair = await Promise.all(['a', 'b'].map((name) => account(app.payload, `Never ${name} ${round}`)));
    const logins = await Promise.all(pair.map(({ email }) => logIn(app, email)));
    const said = await Promise.all(
      logins.map(({ jwt }, index) =>
        answer(
          ask(app, '/api/messages?site=south', {
            headers: { Authorization: `JWT ${jwt}` },
            body: { receiver: String(pair[1 - index]?.id), content: `from ${index}`, localId: 'first' },
          }),
        ),
      ),
    );
    expect(said.map(({ status }) => status)).toEqual([201, 201]);
    const places = said.map(({ body }) => (body.doc as { thread: string }).thread);
    expect(new Set(places).size).toBe(1);
  }
  await expectDense();
});

test('a counter that is held holds up its own site alone', async () => {
  const hub = await runtime(app.payload).hub('south');
  const release = await holding('select 1 from chat.sites where site = $1 for update', ['north']);
  await post(
    await localReq(app.payload),
    { ...ana, site: { ...ana.site, id: 'south', key: 'south' } },
    {
      room: 'one',
      content: 'elsewhere',
    },
  );
  const head = (await logOf(app.payload, 'south')).length;
  await until('the hub of the other site at its head', () => hub.window?.head === head);
  await release();
});
