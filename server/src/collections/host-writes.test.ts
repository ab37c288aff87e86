/** What the host's own code does through Payload's local API is told to the readers like everything else. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, account, localReq, logOf, memberCaller, room, site, startApp } from '../../test/app.ts';
import type { Caller } from '../identity/caller.ts';
import { queryOf } from '../log/database.ts';
import { seatsMax } from '../log/numbering.ts';
import { edit, remove } from '../messages/change.ts';
import { post } from '../messages/post.ts';

let app: App;
let ana: Caller;
let thread: string;

beforeAll(async () => {
  app = await startApp();
  const at = await site(app.payload, 'halden');
  thread = await room(app.payload, 'halden', 'lobby');
  ana = await memberCaller(app.payload, at, await account(app.payload, 'Ana'));
  await post(await localReq(app.payload), ana, { room: 'lobby', content: 'first' });
});
afterAll(() => app?.close());

const create = (collection: 'messages' | 'threads' | 'participants', data: Record<string, unknown>) =>
  app.payload.create({ collection, data }) as Promise<unknown> as Promise<Record<string, unknown> & { id: string }>;
const newEvents = async (work: () => Promise<unknown>) => {
  const before = (await logOf(app.payload, 'halden')).length;
  await work();
  return (await logOf(app.payload, 'halden')).slice(before);
};

test('[I6] a write of many rows leaves one alone that came to match when the others were locked, and was deleted then', async () => {
  const [one, late] = [
    await create('messages', { thread, sender: ana.user.id, content: 'sweep one' }),
    await create('messages', { thread, sender: ana.user.id, content: 'not yet' }),
  ] as [{ id: string }, { id: string }];
  const hooks = app.payload.collections.messages?.config.hooks as Record<string, unknown[]>;
  let turn = 0;
  /** Of the host's: after the rows were locked, before they are read. */
  const match = async ({ args, operation }: { args: { where?: unknown }; operation: string }) => {
    if (operation !== 'update' || !args.where) return;
    await edit(await localReq(app.payload), ana, late.id, 'sweep late');
    turn = 1;
  };
  /** And after they were read. */
  const take = async ({ originalDoc }: { originalDoc?: { id: string } }) => {
    if (originalDoc?.id !== late.id || turn !== 1) return;
    turn = 2;
    await remove(await localReq(app.payload), ana, late.id);
  };
  hooks.beforeOperation?.push(match);
  hooks.beforeValidate?.push(take);
  const swept = (await app.payload.update({
    collection: 'messages',
    where: { content: { like: 'sweep' } },
    data: { content: 'swept' },
  })) as unknown as { docs: Array<{ id: string }>; errors: Array<{ id: string }> };
  hooks.beforeOperation?.pop();
  hooks.beforeValidate?.pop();
  expect(turn).toBe(2);
  expect(swept.docs.map(({ id }) => id)).toEqual([one.id]);
  expect(swept.errors.map(({ id }) => id)).toEqual([late.id]);
  const row = (await app.payload.findByID({ collection: 'messages', id: late.id, depth: 0 })) as unknown;
  expect(row).toMatchObject({ content: '', deletedAt: expect.any(String) });
  expect((await logOf(app.payload, 'halden')).findLast(({ entity }) => entity === late.id)?.type).toBe(
    'message.deleted',
  );
});

test('a message that the host writes is posted by its sender', async () => {
  const [event] = await newEvents(() => create('messages', { thread, sender: ana.user.id, content: 'from code' }));
  expect(event).toMatchObject({
    type: 'message.posted',
    thread,
    actor: ana.user.id,
    payload: { message: { content: 'from code' } },
  });
});

test.each([
  ['thread', { thread: 'nowhere', content: 'x' }],
  ['sender', { sender: 'nobody', content: 'x' }],
  ['replyTo', { replyTo: 'nothing', content: 'x' }],
])('a %s that is not there is said in words, and nothing is written', async (field, data) => {
  const events = await newEvents(() =>
    expect(create('messages', { thread, sender: ana.user.id, ...data })).rejects.toMatchObject({
      code: 'invalid',
      faults: [expect.objectContaining({ field })],
    }),
  );
  expect(events).toEqual([]);
});

test('what a row is can’t be changed afterwards', async () => {
  const { id } = await create('messages', { thread, sender: ana.user.id, content: 'mine', localId: 'fixed' });
  const other = await room(app.payload, 'halden', 'other');
  const data = {
    thread: other,
    sender: 'nobody',
    timestamp: '2001-01-01T00:00:00.000Z',
    seq: 1,
    changed: 1,
    localId: 'x',
    content: 'still mine',
  };
  const [event] = await newEvents(() => app.payload.update({ collection: 'messages', id, data }));
  expect(event).toMatchObject({
    type: 'message.edited',
    thread,
    payload: { message: { content: 'still mine', localId: 'fixed', sender: { id: ana.user.id } } },
  });
});

test('writes of many: each is told, tombstones stay', async () => {
  const ids = await Promise.all(
    ['a', 'b', 'c'].map(async (content) => (await create('messages', { thread, sender: ana.user.id, content })).id),
  );
  await app.payload.update({
    collection: 'messages',
    id: ids[0] as string,
    data: { deletedAt: new Date().toISOString() },
  });
  const where = { id: { in: ids } };
  const edits = await newEvents(() =>
    app.payload.update({ collection: 'messages', where, data: { content: 'all the same' } }),
  );
  expect(edits.map(({ type, entity }) => [type, entity]).sort()).toEqual(
    ids
      .slice(1)
      .map((id) => ['message.edited', id])
      .sort(),
  );
  const erased = await newEvents(() => app.payload.delete({ collection: 'messages', where }));
  expect(erased.map(({ type }) => type)).toEqual(['message.erased', 'message.erased', 'message.erased']);
  const left = await queryOf(app.payload)(`select 1 from chat.events where payload::text like '%all the same%'`);
  expect(left).toEqual([]);
});

test('a thread says what changed of it, and can’t be erased', async () => {
  const [event, ...rest] = await newEvents(() =>
    app.payload.update({ collection: 'threads', id: thread, data: { title: 'Lobby', status: 'closed' } }),
  );
  expect(event).toMatchObject({
    type: 'thread.updated',
    payload: { threadState: { title: 'Lobby', status: 'closed' } },
  });
  expect(rest).toEqual([]);
  expect(
    await newEvents(() => app.payload.update({ collection: 'threads', id: thread, data: { title: 'Lobby' } })),
  ).toEqual([]);
  await expect(app.payload.delete({ collection: 'threads', id: thread })).rejects.toMatchObject({ code: 'forbidden' });
  await app.payload.update({ collection: 'threads', id: thread, data: { status: 'open' } });
});

test('a seat is told when it is taken and when it is given up, once per person', async () => {
  const den = await room(app.payload, 'halden', 'den', { public: false });
  let seat = '';
  const [joined] = await newEvents(async () => {
    seat = (await create('participants', { thread: den, user: ana.user.id })).id;
  });
  expect(joined).toMatchObject({ type: 'participant.joined', topics: [`thread:${den}`, `user:${ana.user.id}`] });
  await expect(create('participants', { thread: den, user: ana.user.id })).rejects.toThrow();
  const [left] = await newEvents(() => app.payload.delete({ collection: 'participants', id: seat }));
  expect(left).toMatchObject({
    type: 'participant.left',
    entity: seat,
    topics: [`thread:${den}`, `user:${ana.user.id}`],
  });
});

test('a conversation takes as many seats as an event can name', async () => {
  const { message } = await post(await localReq(app.payload), ana, { content: 'Help' });
  await queryOf(app.payload)(
    `insert into chat_users (id, name, kind, site_id) select 'v_' || n, 'Visitor', 'visitor', 'halden' from generate_series(1, $1) n`,
    [seatsMax],
  );
  for (let n = 1; n < seatsMax; n += 1) await create('participants', { thread: message.thread, user: `v_${n}` });
  await expect(create('participants', { thread: message.thread, user: `v_${seatsMax}` })).rejects.toMatchObject({
    code: 'invalid',
  });
  const event = (await logOf(app.payload, 'halden')).at(-1);
  expect(event?.topics).toHaveLength(seatsMax + 2);
});

test('GraphQL, where a host has it open, writes nothing past the chat', async () => {
  const req = await localReq(app.payload);
  req.payloadAPI = 'GraphQL';
  const { id } = await create('messages', { thread, sender: ana.user.id, content: 'stays' });
  await expect(app.payload.delete({ collection: 'messages', id, req })).rejects.toMatchObject({ code: 'forbidden' });
});
