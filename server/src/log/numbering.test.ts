import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, account, localReq, logOf, memberCaller, room, site, startApp } from '../../test/app.ts';
import { randomFrom } from '../../test/random.ts';
import type { Caller } from '../identity/caller.ts';
import { edit, remove } from '../messages/change.ts';
import { post } from '../messages/post.ts';
import { queryOf } from './database.ts';

let app: App;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app?.close());

test('[I3] pos is dense per site and seq per thread under 24 writers in two sites and six threads', async () => {
  const { payload } = app;
  const random = randomFrom('numbering');
  const people = await Promise.all(['Ana', 'Ben', 'Cleo', 'Dan'].map((name) => account(payload, name)));
  const places: Array<{ callers: Caller[]; room: string }> = [];
  for (const key of ['north', 'south']) {
    const at = await site(payload, key);
    const callers = await Promise.all(people.map((who) => memberCaller(payload, at, who)));
    for (const name of ['one', 'two', 'three']) {
      await room(payload, key, name);
      places.push({ callers, room: name });
    }
  }

  const answers: Array<{ pos: number; site: string; seq: number; thread: string; id: string }> = [];
  const writer = async (index: number) => {
    for (let turn = 0; turn < 8; turn += 1) {
      const { callers, room: name } = places[random.below(places.length)] as (typeof places)[number];
      const caller = callers[index % callers.length] as Caller;
      const { message, pos } = await post(await localReq(payload), caller, { room: name, content: `${index} ${turn}` });
      answers.push({ pos: pos ?? 0, site: caller.site.key, seq: message.seq, thread: message.thread, id: message.id });
      if (random.below(4) === 0) await edit(await localReq(payload), caller, message.id, `${index} ${turn} again`);
      if (random.below(6) === 0) await remove(await localReq(payload), caller, message.id);
    }
  };
  await Promise.all(Array.from({ length: 24 }, (_, index) => writer(index)));

  for (const key of ['north', 'south']) {
    const log = await logOf(payload, key);
    expect(log.map(({ pos }) => Number(pos))).toEqual(log.map((_, index) => index + 1));
    const threads = Map.groupBy(log, ({ thread }) => thread);
    for (const events of threads.values())
      expect(events.map(({ seq }) => Number(seq))).toEqual(events.map((_, index) => index + 1));
  }
  // What each reply said is what the log and the row say.
  const rows = await queryOf(payload)<{ id: string; seq: string; pos: string }>(
    `select m.id, m.seq, e.pos from messages m join chat.events e on e.entity = m.id and e.type = 'message.posted'`,
  );
  const stored = new Map(rows.map((row) => [row.id, row]));
  expect(answers).toHaveLength(192);
  for (const { id, seq, pos } of answers)
    expect({ seq: Number(stored.get(id)?.seq), pos: Number(stored.get(id)?.pos) }).toEqual({ seq, pos });
});

test('a transaction of many events in several threads is numbered whole, in order of insertion', async () => {
  const { payload } = app;
  const at = await site(payload, 'bulk');
  const caller = await memberCaller(payload, at, await account(payload, 'Eve'));
  const rooms = [await room(payload, 'bulk', 'a'), await room(payload, 'bulk', 'b')];
  await post(await localReq(payload), caller, { room: 'a', content: 'first' });
  const before = (await logOf(payload, 'bulk')).length;

  const req = await localReq(payload);
  req.transactionID = (await payload.db.beginTransaction()) as string;
  for (let index = 0; index < 40; index += 1) {
    await payload.create({
      collection: 'messages',
      data: { thread: rooms[index % 2], sender: caller.user.id, content: String(index) },
      req,
    });
  }
  await payload.db.commitTransaction(req.transactionID);

  const log = (await logOf(payload, 'bulk')).slice(before);
  expect(log.map(({ payload: { message } }) => message?.content)).toEqual(
    Array.from({ length: 40 }, (_, i) => String(i)),
  );
  for (const id of rooms) {
    const seqs = log.filter(({ thread }) => thread === id).map(({ seq }) => Number(seq));
    expect(seqs).toEqual(seqs.map((_, index) => (seqs[0] as number) + index));
    expect(log.find(({ thread }) => thread === id)?.topics).toEqual([`thread:${id}`]);
  }
});

test('a message edited in the transaction that posted it has its number in both events', async () => {
  const { payload } = app;
  const at = await site(payload, 'twice');
  const caller = await memberCaller(payload, at, await account(payload, 'Finn'));
  const thread = await room(payload, 'twice', 'a');
  await post(await localReq(payload), caller, { room: 'a', content: 'first' });
  const req = await localReq(payload);
  req.transactionID = (await payload.db.beginTransaction()) as string;
  const data = { thread, sender: caller.user.id, content: 'draft' };
  const { id } = await payload.create({ collection: 'messages', data, req });
  await payload.update({ collection: 'messages', id, data: { content: 'final' }, req });
  await payload.db.commitTransaction(req.transactionID);

  const hub = await (await import('../runtime.ts')).runtime(payload).hub('twice');
  expect(hub.window?.head).toBe((await logOf(payload, 'twice')).length);
  const [posted, edited] = (await logOf(payload, 'twice')).slice(-2);
  expect(posted).toMatchObject({ type: 'message.posted', payload: { message: { content: 'final' } } });
  expect(edited).toMatchObject({ type: 'message.edited', payload: { message: { seq: Number(posted?.seq) } } });
});

test('a message erased in the transaction that posted it has its number too', async () => {
  const { payload } = app;
  const at = await site(payload, 'brief');
  const caller = await memberCaller(payload, at, await account(payload, 'Hal'));
  const rooms = [await room(payload, 'brief', 'a'), await room(payload, 'brief', 'b')];
  await post(await localReq(payload), caller, { room: 'a', content: 'first' });
  for (const others of [1, 2]) {
    const before = (await logOf(payload, 'brief')).length;
    const req = await localReq(payload);
    req.transactionID = (await payload.db.beginTransaction()) as string;
    // In one thread, then in two, which are numbered otherwise.
    for (const thread of rooms.slice(0, others)) {
      const data = { thread, sender: caller.user.id, content: 'brief' };
      await payload.create({ collection: 'messages', data, req });
      const { id } = await payload.create({ collection: 'messages', data, req });
      await payload.delete({ collection: 'messages', id, req });
    }
    await payload.db.commitTransaction(req.transactionID);
    const log = (await logOf(payload, 'brief')).slice(before);
    const erased = log.filter(({ type }) => type === 'message.erased');
    expect(erased).toHaveLength(others);
    for (const { entity, payload: said } of erased) {
      const posted = log.find((event) => event.type === 'message.posted' && event.entity === entity);
      expect(said.message?.seq).toBe(Number(posted?.seq));
    }
  }
});

test('another isolation than read committed stores nothing', async () => {
  const { payload } = app;
  const at = await site(payload, 'strict');
  await room(payload, 'strict', 'a');
  const caller = await memberCaller(payload, at, await account(payload, 'Gus'));
  await post(await localReq(payload), caller, { room: 'a', content: 'first' });
  const req = await localReq(payload);
  req.transactionID = (await payload.db.beginTransaction({ isolationLevel: 'repeatable read' })) as string;
  await post(req, caller, { room: 'a', content: 'second' });
  await expect(payload.db.commitTransaction(req.transactionID)).rejects.toMatchObject({ code: 'not-stored' });
  expect((await payload.count({ collection: 'messages', where: { content: { equals: 'second' } } })).totalDocs).toBe(0);
});
