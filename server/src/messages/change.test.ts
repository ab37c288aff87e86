import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, account, localReq, logOf, memberCaller, room, site, startApp } from '../../test/app.ts';
import type { Caller } from '../identity/caller.ts';
import { queryOf } from '../log/database.ts';
import { edit, remove } from './change.ts';
import { leave } from './leave.ts';
import { markRead } from './mark-read.ts';
import { post } from './post.ts';

/** Rounds of each race; `ROUNDS` asks for more. */
const rounds = Number(process.env.ROUNDS ?? 10);

let app: App;
let ana: Caller;
let ben: Caller;
let maya: Caller;

beforeAll(async () => {
  app = await startApp();
  const agent = await account(app.payload, 'Maya', 'agent');
  const at = await site(app.payload, 'halden', { agents: [agent.id] });
  ana = await memberCaller(app.payload, at, await account(app.payload, 'Ana'));
  ben = await memberCaller(app.payload, at, await account(app.payload, 'Ben'));
  maya = await memberCaller(app.payload, at, agent);
  await room(app.payload, 'halden', 'lobby');
});
afterAll(() => app?.close());

const req = () => localReq(app.payload);
const send = async (content: string, caller = ana) =>
  (await post(await req(), caller, { room: 'lobby', content })).message;
const rowOf = async (id: string) =>
  (await app.payload.findByID({ collection: 'messages', id, depth: 0 })) as unknown as Record<string, unknown>;

test('[I6] edits and a delete at once: the tombstone stays, versions only rise', async () => {
  for (let round = 0; round < rounds; round += 1) {
    const { id } = await send(`round ${round}`);
    const changes = [
      ...Array.from({ length: 4 }, async (_, index) => edit(await req(), ana, id, `edit ${index}`)),
      (async () => remove(await req(), maya, id))(),
      // The host's own code, which knows nothing of our operations.
      app.payload.update({ collection: 'messages', id, data: { content: 'by the host' } }),
    ];
    for (const result of await Promise.allSettled(changes))
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'window-closed' });

    const row = await rowOf(id);
    expect(row).toMatchObject({ content: '' });
    expect(row.deletedAt).toBeTruthy();
    const events = (await logOf(app.payload, 'halden')).filter(({ entity }) => entity === id);
    expect(events.at(-1)?.type).toBe('message.deleted');
    expect(Number(row.changed)).toBe(Number(events.at(-1)?.seq));
    expect(events.filter(({ type }) => type === 'message.deleted')).toHaveLength(1);
    // [I16] Nothing in the log says it any more.
    for (const { payload } of events) expect(payload.message?.content).toBe('');
  }
});

test('[I6] [I16] edits, deletes and an erasure at once: nothing of it is left, and nothing comes back', async () => {
  for (let round = 0; round < rounds; round += 1) {
    const { id } = await send(`secret ${round}`);
    const changes = [
      ...Array.from({ length: 3 }, async (_, index) => edit(await req(), ana, id, `secret edit ${index}`)),
      (async () => remove(await req(), maya, id))(),
      app.payload.delete({ collection: 'messages', id }),
      app.payload.update({ collection: 'messages', id, data: { content: 'secret by the host' } }),
    ];
    // Who came after the erasure finds nothing: in the chat's words, or in Payload's.
    for (const result of await Promise.allSettled(changes))
      if (result.status === 'rejected') expect([403, 404]).toContain(result.reason.status);
    const { totalDocs } = await app.payload.count({ collection: 'messages', where: { id: { equals: id } } });
    expect(totalDocs).toBe(0);
    const events = (await logOf(app.payload, 'halden')).filter(({ entity }) => entity === id);
    expect(events.filter(({ type }) => type === 'message.erased')).toHaveLength(1);
    expect(events.at(-1)?.type).toBe('message.erased');
    for (const { payload } of events) expect(payload.message?.content).toBe('');
    const seqs = events.map(({ seq }) => Number(seq));
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
  }
});

test('[I6] [I16] an erasure among changes of its replies, and new ones: no event brings a text back', async () => {
  for (let round = 0; round < rounds; round += 1) {
    const { id } = await send(`question ${round}`);
    const reply = async (content: string) =>
      (await post(await req(), ben, { room: 'lobby', content, replyTo: id })).message;
    const [edited, deleted] = [await reply('before'), await reply('before')];
    const late: string[] = [];
    const changes = [
      app.payload.delete({ collection: 'messages', id }),
      (async () => edit(await req(), ben, edited.id, 'after'))(),
      (async () => remove(await req(), ben, deleted.id))(),
      ...[1, 2].map(async (n) => {
        late.push((await reply(`late ${n}`)).id);
      }),
    ];
    for (const result of await Promise.allSettled(changes))
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'invalid' });
    const log = await logOf(app.payload, 'halden');
    const last = (entity: string) => log.findLast((event) => event.entity === entity)?.payload.message;
    expect(last(edited.id)).toMatchObject({ content: 'after' });
    expect(last(deleted.id)).toMatchObject({ content: '', deletedAt: expect.any(String) });
    // Whatever still refers to it in the log is told otherwise behind it.
    for (const message of [edited.id, deleted.id, ...late]) expect(last(message)).not.toHaveProperty('replyTo');
    expect(JSON.stringify(log.filter(({ entity }) => entity === deleted.id))).not.toContain('before');
  }
});

test('an edit says when, rewrites what the log said, and keeps its place', async () => {
  const posted = await send('frist');
  const { message, pos } = await edit(await req(), ana, posted.id, 'first');
  expect(message).toMatchObject({ id: posted.id, content: 'first', seq: posted.seq });
  expect(message.changed).toBeGreaterThan(posted.changed);
  expect(message.editedAt).toBeDefined();
  const events = (await logOf(app.payload, 'halden')).filter(({ entity }) => entity === posted.id);
  expect(events.map(({ type, payload }) => [type, payload.message?.content])).toEqual([
    ['message.posted', 'first'],
    ['message.edited', 'first'],
  ]);
  expect(events[0]?.payload.message).not.toHaveProperty('editedAt');
  expect(Number(events.at(-1)?.pos)).toBe(pos);
});

test('an edit to the same text changes nothing', async () => {
  const { id, changed } = await send('same');
  expect(await edit(await req(), ana, id, 'same')).toMatchObject({ message: { changed }, pos: undefined });
});

test('only the author edits; he or a moderator deletes; a stranger sees nothing', async () => {
  const { id } = await send('mine');
  await expect(edit(await req(), ben, id, 'yours')).rejects.toMatchObject({ code: 'forbidden' });
  await expect(edit(await req(), maya, id, 'ours')).rejects.toMatchObject({ code: 'forbidden' });
  await expect(remove(await req(), ben, id)).rejects.toMatchObject({ code: 'forbidden' });
  const direct = (await post(await req(), ana, { receiver: ben.user.id, content: 'secret' })).message;
  await expect(remove(await req(), maya, direct.id)).rejects.toMatchObject({ code: 'not-found' });
  await expect(edit(await req(), maya, direct.id, 'x')).rejects.toMatchObject({ code: 'not-found' });
  await expect(edit(await req(), ana, 'nothing', 'x')).rejects.toMatchObject({ code: 'not-found' });
  expect((await remove(await req(), maya, id)).message).toMatchObject({ content: '' });
});

test('a delete repeated answers the same tombstone; an edit of it comes too late', async () => {
  const { id } = await send('gone');
  const { message } = await remove(await req(), ana, id);
  expect(await remove(await req(), ana, id)).toEqual({ message, pos: undefined });
  await expect(edit(await req(), ana, id, 'back')).rejects.toMatchObject({ code: 'window-closed' });
});

test('after the window the author can neither edit nor delete; a moderator can', async () => {
  const { id } = await send('old');
  await queryOf(app.payload)(`update messages set timestamp = now() - interval '25 hours' where id = $1`, [id]);
  await expect(edit(await req(), ana, id, 'new')).rejects.toMatchObject({ code: 'window-closed', status: 403 });
  await expect(remove(await req(), ana, id)).rejects.toMatchObject({ code: 'window-closed' });
  expect((await remove(await req(), maya, id)).message.deletedAt).toBeDefined();
});

test('erased by the host: no row, and no text in the log', async () => {
  const { id, thread } = await send('forget me');
  await edit(await req(), ana, id, 'forget me please');
  await app.payload.delete({ collection: 'messages', id });
  const events = (await logOf(app.payload, 'halden')).filter(({ entity }) => entity === id);
  expect(events.map(({ type }) => type)).toEqual(['message.posted', 'message.edited', 'message.erased']);
  for (const event of events) expect(event.payload.message?.content).toBe('');
  expect(events.at(-1)).toMatchObject({ thread, topics: [`thread:${thread}`] });
});

test('a receipt moves forward only, and no further than the head', async () => {
  const { thread, seq } = (await post(await req(), ana, { receiver: ben.user.id, content: 'read me' })).message;
  expect(await markRead(await req(), ben, thread, seq - 1)).toEqual({ readSeq: seq - 1, moved: true });
  expect(await markRead(await req(), ben, thread, 1)).toEqual({ readSeq: seq - 1, moved: false });
  expect(await markRead(await req(), ben, thread, 1_000_000)).toEqual({ readSeq: seq, moved: true });
  await Promise.all([3, 5, 4, 2].map(async (to) => markRead(await req(), ana, thread, to)));
  expect((await markRead(await req(), ana, thread, 0)).readSeq).toBe(seq);
  await expect(markRead(await req(), maya, thread, 1)).rejects.toMatchObject({ code: 'not-found' });
});

test("an agent's receipt in a support thread is no seat, and makes no event", async () => {
  const { thread, seq } = (await post(await req(), ben, { content: 'Help' })).message;
  const before = (await logOf(app.payload, 'halden')).length;
  const [a, b] = await Promise.all([1, 2].map(async () => markRead(await req(), maya, thread, seq)));
  expect(Math.max(a?.readSeq ?? 0, b?.readSeq ?? 0)).toBe(seq);
  expect(await logOf(app.payload, 'halden')).toHaveLength(before);
  await post(await req(), maya, { thread, content: 'Here' });
  const events = (await logOf(app.payload, 'halden')).slice(before);
  expect(events.map(({ type }) => type)).toEqual(['participant.joined', 'message.posted']);
});

test('one leaves; a moderator sends out; a stranger can do neither; twice is not found', async () => {
  const { thread } = (await post(await req(), ana, { content: 'Help' })).message;
  await post(await req(), maya, { thread, content: 'Here' });
  await expect(leave(await req(), ben, { thread, user: ana.user.id })).rejects.toMatchObject({ code: 'not-found' });
  await expect(leave(await req(), ana, { thread, user: maya.user.id })).rejects.toMatchObject({ code: 'forbidden' });
  const results = await Promise.allSettled(
    [1, 2, 3].map(async () => leave(await req(), maya, { thread, user: ana.user.id })),
  );
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  const left = (await logOf(app.payload, 'halden')).filter((event) => event.thread === thread).at(-1);
  expect(left).toMatchObject({ type: 'participant.left', actor: maya.user.id });
  expect(left?.topics).toContain(`user:${ana.user.id}`);
  await expect(post(await req(), ana, { thread, content: 'again' })).rejects.toMatchObject({ code: 'not-found' });
});
