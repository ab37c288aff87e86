/**
 * [I16] What was edited away, deleted or erased is in no row of either schema, in no ring, no replay kept for sharing, no
 * snapshot and no list, at no process of the site, five seconds later.
 */
import type { Session } from '@payload-chat/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, account, edgeKey, localReq, room, site, startApp } from '../../test/app.ts';
import { until } from '../../test/until.ts';
import { answer, ask, type Listening, listen, logIn, page, readStream, tokenOf } from '../../test/wire.ts';
import { queryOf } from './database.ts';

let here: App;
let there: App;
const listening: Listening[] = [];
let ana: Session;
let maya: Session;
let admin: { Authorization: string };
let serial = 0;

beforeAll(async () => {
  here = await startApp();
  there = await startApp({ databaseUrl: here.databaseUrl });
  for (const app of [here, there]) listening.push(await listen(app));
  const agent = await account(here.payload, 'Maya', 'agent');
  await account(here.payload, 'Ana');
  await account(here.payload, 'Ben');
  await account(here.payload, 'Root', 'admin');
  await site(here.payload, 'halden', { agents: [agent.id] });
  await room(here.payload, 'halden', 'lobby');
  ana = await tokenOf(here, 'halden', 'ana@example.com');
  maya = await tokenOf(here, 'halden', 'maya@example.com');
  await tokenOf(here, 'halden', 'ben@example.com');
  admin = { Authorization: `JWT ${(await logIn(here, 'root@example.com')).jwt}` };
});
afterAll(async () => {
  for (const http of listening) await http.close();
  await there?.close();
  await here?.close();
});

interface Sent {
  id: string;
  thread: string;
}
async function send(body: Record<string, unknown>): Promise<Sent> {
  const said = await answer(ask(here, '/api/messages', { token: ana.token, body }));
  expect(said.status).toBe(201);
  return said.body.doc as Sent;
}

/** Tables with a row that says the word. */
async function tablesWith(word: string): Promise<string[]> {
  const query = queryOf(here.payload);
  const tables = await query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('public', 'chat')`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await query(`select 1 from ${name} t where t::text like '%' || $1 || '%' limit 1`, [word]);
    if (rows.length) found.push(name);
  }
  return found;
}

/** All that a stream says from a cursor up to `ready`. */
async function told(base: string, query: string, headers: Record<string, string>): Promise<string> {
  const stream = await readStream(fetch(`${base}/api/messages/sse?${query}`, { headers }));
  await stream.until('ready', ({ event }) => event === 'ready');
  stream.close();
  return JSON.stringify(stream.frames);
}

/** Everything that is answered to anybody, by name. */
async function answers(thread: string, cursor: string): Promise<Record<string, string>> {
  const said: Record<string, string> = {};
  const bearer = { Authorization: `Bearer ${ana.token}`, Origin: page };
  for (const [index, app] of [here, there].entries()) {
    const base = (listening[index] as Listening).url;
    const who = index === 0 ? 'here' : 'there';
    const read = async (path: string, options: Parameters<typeof ask>[2]) => (await ask(app, path, options)).text();
    said[`${who}: a replay`] = await told(base, `topic=thread:${thread}`, { ...bearer, 'Last-Event-ID': cursor });
    said[`${who}: a service stream`] = await told(base, 'topic=*&site=halden&tail=2000', { 'X-Chat-Edge': edgeKey });
    said[`${who}: a rewind`] = await told(base, `topic=thread:${thread}&rewind=100`, bearer);
    said[`${who}: the snapshot`] = await read(`/api/chat/threads/${thread}/snapshot?limit=100`, { token: ana.token });
    said[`${who}: the list`] = await read('/api/chat/threads', { token: ana.token });
    said[`${who}: REST`] = await read('/api/messages?limit=100&depth=2', { token: ana.token });
    for (const path of ['/api/messages?limit=100&depth=2', '/api/threads?limit=100&depth=2'])
      said[`${who}: the panel's ${path}`] = await read(path, { headers: admin, origin: null });
  }
  return said;
}

const rest = (method: string, token: string) => (id: string, body?: unknown) =>
  answer(ask(here, `/api/messages/${id}`, { method, token, ...(body ? { body } : {}) })).then(({ status }) =>
    expect(status).toBe(200),
  );
const host = () => here.payload;

test.each<[string, (sent: Sent, moderator: Session) => Promise<unknown>]>([
  ['edited by its author', ({ id }) => rest('PATCH', ana.token)(id, { content: 'better' })],
  ['deleted by its author', ({ id }) => rest('DELETE', ana.token)(id)],
  [
    'edited, then deleted by a moderator',
    async ({ id }, moderator) => {
      await rest('PATCH', ana.token)(id, { content: 'better' });
      await rest('DELETE', moderator.token)(id);
    },
  ],
  [
    'deleted in the panel',
    ({ id }) => ask(here, `/api/messages/${id}`, { method: 'DELETE', headers: admin, origin: null }),
  ],
  ['edited by the host', ({ id }) => host().update({ collection: 'messages', id, data: { content: 'better' } })],
  [
    'edited by the host among many',
    ({ id }) => host().update({ collection: 'messages', where: { id: { in: [id] } }, data: { content: 'better' } }),
  ],
  ['erased by the host', ({ id }) => host().delete({ collection: 'messages', id })],
  [
    'erased by the host among many',
    ({ id }) => host().delete({ collection: 'messages', where: { id: { equals: id } } }),
  ],
  [
    'edited and erased in one transaction',
    async ({ id }) => {
      const req = await localReq(host());
      req.transactionID = (await host().db.beginTransaction()) as string;
      await host().update({ collection: 'messages', id, data: { content: 'better' }, req });
      await host().delete({ collection: 'messages', id, req });
      await host().db.commitTransaction(req.transactionID);
    },
  ],
])('[I16] %s', async (_, take) => {
  for (const where of [{ room: 'lobby' }, { receiver: 'm_3' }]) {
    serial += 1;
    const word = `quixotic${serial}x`;
    const before = await send({ ...where, content: 'before' });
    const asked = await ask(here, `/api/chat/threads/${before.thread}/snapshot`, { token: ana.token });
    const { cursor } = (await asked.json()) as { cursor: string };
    const sent = await send({ ...where, content: `A ${word} secret`, localId: `of ${serial}` });
    await send({ ...where, content: 'an answer', replyTo: sent.id });

    // It is everywhere first: else this test could not fail.
    expect((await tablesWith(word)).toSorted()).toEqual(['chat.events', 'public.messages']);
    let silent: string[] = [];
    const isEverywhere = async () => {
      const shown = Object.entries(await answers(sent.thread, cursor));
      silent = shown
        .filter(([what, text]) => /: (?!the list|the panel)/.test(what) && !text.includes(word))
        .map(([what]) => what);
      return silent.length === 0;
    };
    // The other process hears of it a moment later.
    await until('everybody to say it', isEverywhere, 5000).catch(() => {});
    expect(silent).toEqual([]);

    // A direct thread has none but its two.
    await take(sent, 'room' in where ? maya : ana);
    expect(await tablesWith(word)).toEqual([]);
    await until(
      'nobody to say it any more',
      async () => !JSON.stringify(await answers(sent.thread, cursor)).includes(word),
      5000,
    );
  }
});
