/** A database that was put back hands out the same positions again: never under the same epoch. */
import { randomBytes } from 'node:crypto';
import { parseCursor } from '@payload-chat/protocol';
import pg from 'pg';
import { afterEach, expect, inject, test } from 'vitest';
import { startTestPostgres } from '../../../scripts/test-stack.mjs';
import { type App, account, logOf, newDatabase, room, site, startApp } from '../../test/app.ts';
import { type Cable, laidTo } from '../../test/cable.ts';
import { standbyOf } from '../../test/standby.ts';
import { until } from '../../test/until.ts';
import { answer, ask, type Listening, listen, page, readStream, type Stream, tokenOf } from '../../test/wire.ts';
import { runtime } from '../runtime.ts';
import { queryOf } from './database.ts';

/** Run backwards after each test. */
const open: Array<() => unknown> = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});
const closing = <T extends { close(): unknown }>(thing: T): T => {
  open.push(() => thing.close());
  return thing;
};

interface Place {
  app: App;
  /** Past the cable. */
  databaseUrl: string;
  cable: Cable;
  http: Listening;
  token: string;
  send(content: string): Promise<{ pos: number }>;
  cursor(): Promise<string>;
  stream(cursor?: string): Promise<Stream>;
  /** What a reload shows. */
  contents(): Promise<string[]>;
}

/** A server whose database stands at the end of a cable, with a room and somebody who writes there. */
async function served(databaseUrl: string): Promise<Place> {
  const cable = closing(await laidTo(databaseUrl));
  const app = closing(await startApp({ databaseUrl: cable.url }));
  const http = closing(await listen(app));
  await site(app.payload, 'halden');
  await room(app.payload, 'halden', 'lobby');
  await account(app.payload, 'Ana');
  const { token } = await tokenOf(app, 'halden', 'ana@example.com');
  const snapshot = async () => {
    const asked = await until('a snapshot', async () => {
      const { status, body } = await answer(ask(app, '/api/chat/threads/room:lobby/snapshot', { token }));
      return status === 200 && body;
    });
    return asked as { cursor: string; messages: Array<{ content: string }> };
  };
  return {
    app,
    databaseUrl,
    cable,
    http,
    token,
    async send(content) {
      const doc = await until(`${content} to be taken`, async () => {
        const body = { room: 'lobby', content, localId: content };
        const said = await answer(ask(app, '/api/messages', { token, body }));
        return said.status < 300 && said.body.doc;
      });
      return doc as { pos: number };
    },
    cursor: async () => (await snapshot()).cursor,
    contents: async () => (await snapshot()).messages.map(({ content }) => content),
    stream: async (cursor) =>
      closing(
        await readStream(
          fetch(`${http.url}/api/messages/sse?topic=room:lobby`, {
            headers: { Authorization: `Bearer ${token}`, Origin: page, ...(cursor ? { 'Last-Event-ID': cursor } : {}) },
          }),
        ),
      ),
  };
}

const isReset = ({ event }: { event: string }) => event === 'reset';
const is = (event: string) => (frame: { event: string }) => frame.event === event;

/** A reader who was there before, one who comes back with his cursor, and a snapshot: all are in the new epoch. */
async function expectNewEpoch(place: Place, live: Stream, before: string, lost: string[]): Promise<void> {
  expect((await live.until('reset of the open stream', isReset, 20_000)).data).toMatchObject({ reason: 'epoch' });
  await live.ended();
  const after = await place.cursor();
  expect(parseCursor(after)?.epoch).not.toBe(parseCursor(before)?.epoch);
  const returning = await place.stream(before);
  expect((await returning.until('reset', isReset)).data).toMatchObject({ reason: 'epoch' });

  // The number that the lost event had is given again, and a reader of the new epoch gets it.
  const fresh = await place.stream(after);
  await fresh.until('ready', is('ready'));
  const { pos } = await place.send('said again');
  const frame = await fresh.until('the new event', is('message'));
  expect(frame.id).toBe(`${parseCursor(after)?.epoch}.${pos}`);
  expect(pos).toBeLessThanOrEqual(parseCursor(before)?.pos ?? 0);
  for (const content of lost) expect(await place.contents()).not.toContain(content);
}

test('[S4] a standby is promoted, and what it had not received is lost: a new epoch, seen by every stream', async () => {
  const primary = await startTestPostgres({ fsync: 'off', max_connections: '200' });
  open.push(primary.stop);
  const root = new pg.Client(`${primary.url}/postgres`);
  await root.connect();
  await root.query('create database halden');
  await root.end();
  const place = await served(`${primary.url}/halden`);
  await place.send('before the standby');
  const line = closing(await laidTo(primary.url));
  const standby = await standbyOf(primary.url, line.url);
  open.push(standby.stop);
  const { pos } = await place.send('copied');
  await until('the standby to have it', async () => {
    const there = new pg.Client(`${standby.url}/halden`);
    await there.connect();
    const { rows } = await there.query<{ pos: string }>('select pos from chat.sites');
    await there.end();
    return Number(rows[0]?.pos) === pos;
  });
  await line.cut();
  await place.send('never copied');
  await place.send('nor this');
  const live = await place.stream();
  await live.until('ready', is('ready'));
  const before = await place.cursor();

  await place.cable.cut();
  await primary.kill();
  await standby.promote();
  place.cable.leadTo(standby.url);
  await place.cable.mend();
  await expectNewEpoch(place, live, before, ['never copied', 'nor this']);
  expect(await place.contents()).toEqual(['before the standby', 'copied', 'said again']);
});

/** Puts `copy` in the place of the database, as one does after a restore: the same name, another database. */
async function swap(cable: Cable, databaseUrl: string, copy: string): Promise<void> {
  const name = new URL(databaseUrl).pathname.slice(1);
  const client = new pg.Client(`${inject('postgresUrl')}/postgres`);
  await client.connect();
  await until('the database to be left alone', async () => {
    // Payload leaves its pool open when it is destroyed.
    const { rows } = await client.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname in ($1, $2)',
      [name, copy],
    );
    return rows.length === 0;
  });
  await client.query(`alter database ${name} rename to ${name}_old`);
  await client.query(`alter database ${copy} rename to ${name}`);
  await client.end();
  await cable.mend();
}

test('[S4] a dump restored into a new database begins a new epoch', async () => {
  const databaseUrl = await newDatabase();
  const place = await served(databaseUrl);
  await place.send('in the dump');
  // What pg_dump and pg_restore do, as far as rows go: both schemas, every table, whole.
  const copyUrl = await newDatabase();
  const target = await startApp({ databaseUrl: copyUrl });
  await copyRows(databaseUrl, copyUrl);
  await target.close();
  await place.send('after the dump');
  const live = await place.stream();
  await live.until('ready', is('ready'));
  const before = await place.cursor();
  await place.cable.cut();
  await swap(place.cable, databaseUrl, new URL(copyUrl).pathname.slice(1));
  await expectNewEpoch(place, live, before, ['after the dump']);
});

test('[S4] a database that is a file copy of the one before begins a new epoch', async () => {
  const databaseUrl = await newDatabase();
  const place = await served(databaseUrl);
  await place.send('in the copy');
  const copy = `chat_${randomBytes(6).toString('hex')}`;
  const client = new pg.Client(`${inject('postgresUrl')}/postgres`);
  await client.connect();
  await place.cable.cut();
  await until('the template to be left alone', () =>
    client.query(`create database ${copy} template ${new URL(databaseUrl).pathname.slice(1)}`).catch(() => undefined),
  );
  await client.end();
  await place.cable.mend();
  await place.send('after the copy');
  const live = await place.stream();
  await live.until('ready', is('ready'));
  const before = await place.cursor();
  await place.cable.cut();
  await swap(place.cable, databaseUrl, copy);
  await expectNewEpoch(place, live, before, ['after the copy']);
});

test('[S4] a data folder put back as it was: who had read further begins a new epoch, for every process', async () => {
  const databaseUrl = await newDatabase();
  const place = await served(databaseUrl);
  const other = closing(await startApp({ databaseUrl }));
  await place.send('kept');
  const { pos } = await place.send('undone');
  const live = await place.stream();
  await live.until('ready', is('ready'));
  const before = await place.cursor();
  // This one knows nothing of positions: it has no hub, and is told.
  const known = await runtime(other.payload).epoch();
  await place.cable.cut();
  // Nothing in Postgres tells that this is another history.
  await queryOf(other.payload)(`delete from chat.events where pos = $1`, [pos]);
  await queryOf(other.payload)(`delete from messages where content = 'undone'`);
  await queryOf(other.payload)(`update chat.sites set pos = pos - 1`);
  await queryOf(other.payload)(`update chat.threads set seq = seq - 1`);
  await place.cable.mend();
  await expectNewEpoch(place, live, before, ['undone']);
  const here = await runtime(place.app.payload).epoch();
  expect(here).not.toBe(known);
  await until('the other process to know', async () => (await runtime(other.payload).epoch()) === here);
  expect(await logOf(other.payload, 'halden')).toHaveLength(3);
});

test('an epoch that can’t be read at once is read again: no hub stays in the history before', async () => {
  const databaseUrl = await newDatabase();
  const place = await served(databaseUrl);
  await place.send('one');
  const live = await place.stream();
  await live.until('ready', is('ready'));
  const { payload } = place.app;
  const before = await runtime(payload).epoch();
  // The first looks after the reconnect fail.
  const query = queryOf(payload);
  await query('alter table chat.facts rename to facts_away');
  await query(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'payload-chat listen'`,
  );
  await until('the epoch not to be readable', () =>
    runtime(payload)
      .epoch()
      .then(
        () => false,
        () => true,
      ),
  );
  await query('alter table chat.facts_away rename to facts');
  await query(`update chat.facts set value = 'another install' where name = 'installed'`);
  expect((await live.until('reset', isReset, 15_000)).data).toMatchObject({ reason: 'epoch' });
  await until('the hub to be of the epoch of now', async () => {
    const epoch = await runtime(payload).epoch();
    return epoch !== before && (await runtime(payload).hub('halden')).window?.epoch === epoch;
  });
});

test('[S4] [I3] nothing of another history is told under the epoch before, though the LISTEN session has noticed nothing', async () => {
  const place = await served(await newDatabase());
  await place.send('of this history');
  const live = await place.stream();
  await live.until('ready', is('ready'));
  // As after a restore, when the pool has found the new database and the session is still on its way.
  await queryOf(place.app.payload)(`update chat.facts set value = 'another install' where name = 'installed'`);
  await place.send('of another history');
  expect((await live.until('reset', isReset, 15_000)).data).toMatchObject({ reason: 'epoch' });
  await live.ended();
  expect(live.frames.filter(is('message'))).toEqual([]);
  // And it is told under its own.
  const fresh = await place.stream(await place.cursor());
  await fresh.until('ready', is('ready'));
  await place.send('one more');
  expect((await fresh.until('the event', is('message'))).data).toMatchObject({ message: { content: 'one more' } });
});

test('[S4] [I3] a log that was put back and has overtaken what was read of it is told by nobody under its epoch', async () => {
  const place = await served(await newDatabase());
  await place.send('kept');
  const { pos } = await place.send('undone');
  const live = await place.stream();
  await live.until('ready', is('ready'));
  const before = await place.cursor();
  const { payload } = place.app;
  // Put back and written on, in one moment: no number tells it.
  const client = new pg.Client(place.databaseUrl);
  await client.connect();
  await client.query('begin');
  await client.query('delete from chat.events where pos = $1', [pos]);
  await client.query(`delete from messages where content = 'undone'`);
  for (const at of [pos, pos + 1])
    await client.query(
      `insert into chat.events (id, site, pos, thread, seq, type, entity, topics, payload)
        select gen_random_uuid(), site, $1, thread, $1, 'thread.updated', entity, topics, payload
          from chat.events where type = 'thread.created' limit 1`,
      [at],
    );
  await client.query('update chat.sites set pos = pos + 1');
  await client.query('commit');
  await client.end();
  runtime(payload).tail.wake();
  expect((await live.until('reset', isReset, 15_000)).data).toMatchObject({ reason: 'epoch' });
  await live.ended();
  expect(live.frames.filter(is('message'))).toEqual([]);
  expect(parseCursor(await place.cursor())?.epoch).not.toBe(parseCursor(before)?.epoch);
  await until('the tail to have all of the new one', () => runtime(payload).tail.lastRead('halden')?.pos === pos + 1);
});

/** Every row of both schemas, as one dump after the other would bring them. */
async function copyRows(fromUrl: string, toUrl: string): Promise<void> {
  const [from, to] = [new pg.Client(fromUrl), new pg.Client(toUrl)];
  await from.connect();
  await to.connect();
  // As pg_restore does it: constraints and triggers are put in place after the rows.
  await to.query(`set session_replication_role = replica`);
  const { rows: tables } = await from.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('public', 'chat')`,
  );
  for (const { name } of tables) {
    await to.query(`delete from ${name}`);
    const { rows } = await from.query<{ row: string }>(`select to_jsonb(t)::text as row from ${name} t`);
    for (const { row } of rows)
      await to.query(`insert into ${name} select * from jsonb_populate_record(null::${name}, $1::jsonb)`, [row]);
  }
  await from.end();
  await to.end();
}
