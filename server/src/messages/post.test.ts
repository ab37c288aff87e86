import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type App,
  account,
  localReq,
  logOf,
  memberCaller,
  room,
  site,
  startApp,
  visitorCaller,
} from '../../test/app.ts';
import type { Site } from '../collections/sites/site.ts';
import type { Caller } from '../identity/caller.ts';
import { edit, remove } from './change.ts';
import { leave } from './leave.ts';
import { post } from './post.ts';

let app: App;
let at: Site;
let ana: Caller;
let ben: Caller;
let maya: Caller;

beforeAll(async () => {
  app = await startApp();
  const agent = await account(app.payload, 'Maya', 'agent');
  at = await site(app.payload, 'halden', { agents: [agent.id] });
  ana = await memberCaller(app.payload, at, await account(app.payload, 'Ana'));
  ben = await memberCaller(app.payload, at, await account(app.payload, 'Ben'));
  maya = await memberCaller(app.payload, at, agent);
  await room(app.payload, 'halden', 'lobby');
});
afterAll(() => app?.close());

const send = async (caller: Caller, request: Parameters<typeof post>[2]) =>
  post(await localReq(app.payload), caller, request);
const count = async (collection: 'messages' | 'threads' | 'participants' | 'chat-users', where = {}) =>
  (await app.payload.count({ collection, where })).totalDocs;

test('[I2] the same localId sent ten times at once is one message, and every answer is that one', async () => {
  const before = (await logOf(app.payload, 'halden')).length;
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => send(ana, { room: 'lobby', content: 'once', localId: 'once' })),
  );
  expect(new Set(answers.map(({ message }) => message.id)).size).toBe(1);
  expect(answers.filter(({ created }) => created)).toHaveLength(1);
  const [first] = answers;
  for (const answer of answers) expect(answer).toMatchObject({ message: first?.message, pos: first?.pos });
  const posted = (await logOf(app.payload, 'halden')).slice(before).filter(({ type }) => type === 'message.posted');
  expect(posted).toHaveLength(1);
});

test('[I2] a visitor whose first message arrives eight times at once is one person with one thread', async () => {
  const visitor = visitorCaller(at);
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => send(visitor, { content: 'Hello', localId: 'first' })),
  );
  expect(new Set(answers.map(({ message }) => message.id)).size).toBe(1);
  expect(await count('chat-users', { id: { equals: visitor.user.id } })).toBe(1);
  expect(await count('participants', { user: { equals: visitor.user.id } })).toBe(1);
});

test('two who write to one another for the first time at once share one direct thread', async () => {
  const [a, b] = await Promise.all([
    send(ana, { receiver: ben.user.id, content: 'Hi Ben' }),
    send(ben, { receiver: ana.user.id, content: 'Hi Ana' }),
  ]);
  expect(a.message.thread).toBe(b.message.thread);
  expect(await count('participants', { thread: { equals: a.message.thread } })).toBe(2);
});

test('a localId that was used for another content or another target is refused', async () => {
  await send(ana, { room: 'lobby', content: 'mine', localId: 'mine' });
  await expect(send(ana, { room: 'lobby', content: 'other', localId: 'mine' })).rejects.toMatchObject({
    code: 'conflict',
  });
  await expect(send(ana, { content: 'mine', localId: 'mine' })).rejects.toMatchObject({ code: 'conflict' });
  await expect(send(ana, { receiver: ben.user.id, content: 'mine', localId: 'mine' })).rejects.toMatchObject({
    code: 'conflict',
  });
  // Another sender's localIds are his own.
  expect((await send(ben, { room: 'lobby', content: 'other', localId: 'mine' })).created).toBe(true);
});

test('a retry after an edit answers the message of now, after a delete its tombstone', async () => {
  const { message } = await send(ana, { room: 'lobby', content: 'draft', localId: 'draft' });
  await edit(await localReq(app.payload), ana, message.id, 'final');
  const edited = await send(ana, { room: 'lobby', content: 'draft', localId: 'draft' });
  expect(edited).toMatchObject({ created: false, message: { id: message.id, content: 'final' } });
  await remove(await localReq(app.payload), ana, message.id);
  const deleted = await send(ana, { room: 'lobby', content: 'draft', localId: 'draft' });
  expect(deleted).toMatchObject({ created: false, message: { id: message.id, content: '' } });
  expect(deleted.message.deletedAt).toBeDefined();
});

test('the receiver may be a bare account id, whose row is made then', async () => {
  const cleo = await account(app.payload, 'Cleo');
  const { message } = await send(ana, { receiver: String(cleo.id), content: 'Welcome' });
  expect(await count('chat-users', { id: { equals: `m_${cleo.id}` } })).toBe(1);
  expect((await send(ana, { receiver: `m_${cleo.id}`, content: 'again' })).message.thread).toBe(message.thread);
});

test.each(['999999', 'm_999999', 'nobody', "1' or '1", '1e3', 'v_nobody', 'x_nobody', '00', '9'.repeat(40)])(
  'a receiver who is nobody here is not found: %s',
  async (receiver) => {
    await expect(send(ana, { receiver, content: 'Hello?' })).rejects.toMatchObject({ code: 'not-found' });
  },
);

test('one who is not of the site is not found', async () => {
  const closed = await site(app.payload, 'closed', { members: [Number(ana.user.id.slice(2))] });
  const caller = { ...ana, site: closed };
  await expect(send(caller, { receiver: ben.user.id, content: 'Hello?' })).rejects.toMatchObject({ code: 'not-found' });
});

test('a visitor of another site is not found', async () => {
  const other = await site(app.payload, 'elsewhere');
  const stranger = visitorCaller(other);
  await send(stranger, { content: 'I am here' });
  await expect(send(ana, { receiver: stranger.user.id, content: 'Hello?' })).rejects.toMatchObject({
    code: 'not-found',
  });
});

test('writing to oneself, or to two places, is refused', async () => {
  await expect(send(ana, { receiver: ana.user.id, content: 'me' })).rejects.toMatchObject({ code: 'invalid' });
  await expect(send(ana, { receiver: ben.user.id, room: 'lobby', content: 'me' })).rejects.toMatchObject({
    code: 'invalid',
    faults: [expect.objectContaining({ field: 'receiver' })],
  });
});

test('a thread of others, of another site, or none is not found, alike', async () => {
  const { message } = await send(ana, { receiver: ben.user.id, content: 'private' });
  const other = await site(app.payload, 'foreign');
  for (const [caller, thread] of [
    [visitorCaller(at), message.thread],
    [maya, message.thread],
    [{ ...ana, site: other }, message.thread],
    [ana, '01900000-0000-7000-8000-000000000000'],
    [ana, 'no such thing'],
  ] as const)
    await expect(send(caller, { thread, content: 'let me in' })).rejects.toMatchObject({ code: 'not-found' });
});

test('a reply is to a message of the same thread', async () => {
  const { message } = await send(ana, { room: 'lobby', content: 'question' });
  const reply = await send(ben, { room: 'lobby', content: 'answer', replyTo: message.id });
  expect(reply.message.replyTo).toBe(message.id);
  for (const replyTo of [message.id, 'nothing'])
    await expect(send(ana, { receiver: ben.user.id, content: 'answer', replyTo })).rejects.toMatchObject({
      code: 'invalid',
      faults: [expect.objectContaining({ field: 'replyTo' })],
    });
});

test('a public room takes whom the site lets write, a private one its participants, a closed one nobody', async () => {
  const quiet = await site(app.payload, 'quiet', { roomWriters: ['member'] });
  await room(app.payload, 'quiet', 'hall');
  await expect(send(visitorCaller(quiet), { room: 'hall', content: 'me too' })).rejects.toMatchObject({
    code: 'forbidden',
  });
  expect((await send({ ...ana, site: quiet }, { room: 'hall', content: 'hello' })).created).toBe(true);

  const den = await room(app.payload, 'halden', 'den', { public: false });
  await expect(send(ana, { room: 'den', content: 'hello' })).rejects.toMatchObject({ code: 'not-found' });
  await expect(send(maya, { room: 'den', content: 'hello' })).rejects.toMatchObject({ code: 'forbidden' });
  await app.payload.create({ collection: 'participants', data: { thread: den, user: ana.user.id } });
  expect((await send(ana, { room: 'den', content: 'hello' })).created).toBe(true);

  const attic = await room(app.payload, 'halden', 'attic');
  await app.payload.update({ collection: 'threads', id: attic, data: { status: 'closed' } });
  await expect(send(ana, { room: 'attic', content: 'hello' })).rejects.toMatchObject({ code: 'forbidden' });
  await expect(send(ana, { room: 'nowhere', content: 'hello' })).rejects.toMatchObject({ code: 'not-found' });
});

test("a room's writer has a seat without an event, which gives no right once the room is private", async () => {
  const cellar = await room(app.payload, 'halden', 'cellar');
  await send(ana, { room: 'cellar', content: 'hello' });
  expect(await count('participants', { thread: { equals: cellar } })).toBe(1);
  const events = (await logOf(app.payload, 'halden')).filter(({ thread }) => thread === cellar);
  expect(events.map(({ type }) => type)).toEqual(['thread.created', 'message.posted']);
  await app.payload.update({ collection: 'threads', id: cellar, data: { public: false } });
  await expect(send(ana, { room: 'cellar', content: 'still here' })).rejects.toMatchObject({ code: 'not-found' });
});

test('an agent who answers takes a seat; a closed conversation opens when its customer writes, not by the agent', async () => {
  const { message } = await send(ben, { content: 'Help' });
  const { thread } = message;
  await send(maya, { thread, content: 'Here I am' });
  await send(maya, { thread, content: 'Done?' });
  await app.payload.update({ collection: 'threads', id: thread, data: { status: 'closed' } });
  await send(maya, { thread, content: 'Bye' });
  await send(ben, { thread, content: 'One more thing' });
  const events = (await logOf(app.payload, 'halden')).filter((event) => event.thread === thread);
  expect(events.map(({ type }) => type)).toEqual([
    'thread.created',
    'participant.joined',
    'message.posted',
    'participant.joined',
    'message.posted',
    'message.posted',
    'thread.updated',
    'message.posted',
    'thread.updated',
    'message.posted',
  ]);
  expect(events.at(-2)).toMatchObject({ payload: { threadState: { status: 'open' } }, actor: ben.user.id });
});

test('who left a direct thread is back when one writes to the other by name', async () => {
  const dan = await memberCaller(app.payload, at, await account(app.payload, 'Dan'));
  const { message } = await send(ana, { receiver: dan.user.id, content: 'Hi' });
  const { thread } = message;
  await leave(await localReq(app.payload), dan, { thread, user: dan.user.id });
  await expect(send(dan, { thread, content: 'gone' })).rejects.toMatchObject({ code: 'not-found' });
  await send(ana, { receiver: dan.user.id, content: 'Still there?' });
  expect((await send(dan, { thread, content: 'Yes' })).created).toBe(true);
});

test('content is text of 1 to 4,000 UTF-16 units; what came is what is kept', async () => {
  await expect(send(ana, { room: 'lobby', content: ' \n\t ' })).rejects.toMatchObject({ code: 'invalid' });
  await expect(send(ana, { room: 'lobby', content: 'x'.repeat(4001) })).rejects.toMatchObject({ code: 'too-large' });
  for (const content of [
    'x'.repeat(4000),
    '😀'.repeat(2000),
    '  <b>tags</b> & "quotes" \\ \n',
    '\u202eabc',
    '$1 %s {}',
  ])
    expect((await send(ana, { room: 'lobby', content })).message.content).toBe(content);
});
