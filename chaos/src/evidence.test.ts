/** What the machine believes of Postgres must be what stands there, also when it was put back. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestPostgres } from '../../scripts/test-stack.mjs';
import { keepLog, type LogKeeper } from './evidence.ts';
import { type Database, openDatabase } from './house/database.ts';

const epoch = 'abcdefabcdef';
let postgres: Awaited<ReturnType<typeof startTestPostgres>>;
let database: Database;

beforeAll(async () => {
  postgres = await startTestPostgres();
  database = await openDatabase(`${postgres.url}/postgres`);
  await database.query(`create schema chat`);
  await database.query('create table chat.sites (site text primary key, pos bigint)');
  await database.query(
    'create table chat.events (site text, pos bigint, thread text, seq bigint, type text, entity text, topics text[], payload jsonb)',
  );
});
afterAll(async () => {
  await database?.close();
  await postgres?.stop();
});
beforeEach(async () => {
  await database.query('truncate chat.sites, chat.events');
  await database.query(`insert into chat.sites values ('halden', 0)`);
});

async function write(pos: number, text: string) {
  await database.query(
    `insert into chat.events values ('halden', $1::int, 't1', $1::int, 'message.posted', 'm' || $1::int, '{thread:t1}', $2)`,
    [pos, JSON.stringify({ message: { id: `m${pos}`, content: text } })],
  );
  await database.query('update chat.sites set pos = $1', [pos]);
}
const rewrite = (pos: number, text: string) =>
  database.query(
    `update chat.events set payload = jsonb_set(payload, '{message,content}', to_jsonb($2::text)) where pos = $1`,
    [pos, text],
  );
const textsOf = (rows: Array<{ pos: number; payload: string }>) =>
  rows.map(({ pos, payload }) => [pos, (JSON.parse(payload) as { message: { content: string } }).message.content]);

test('[I16] what was rewritten after a data folder was put back is read anew, though it stood there before', async () => {
  const log = await keepLog(database);
  await write(1, 'one');
  await write(2, 'two');
  await log.keep(epoch);
  expect(await log.putBack(epoch)).toBe(false);
  await rewrite(1, '');
  await write(3, 'three');
  await log.refresh(epoch);
  expect(textsOf(log.rows)).toEqual([
    [1, ''],
    [2, 'two'],
    [3, 'three'],
  ]);
});

/** Writes two, which are kept, and puts the database back to where the second was not there yet. */
async function loseTheSecond(log: LogKeeper): Promise<void> {
  await write(1, 'one');
  await write(2, 'lost');
  await log.keep(epoch);
  await database.query('delete from chat.events where pos = 2');
  await database.query('update chat.sites set pos = 1');
}

test('what was lost before anybody had read it leaves its place to another event of the same epoch', async () => {
  const log = await keepLog(database);
  await loseTheSecond(log);
  expect(await log.putBack(epoch)).toBe(true);
  await write(2, 'two');
  await log.refresh(epoch);
  expect(textsOf(log.rows)).toEqual([
    [1, 'one'],
    [2, 'two'],
  ]);
});

test('[I3] under a new epoch the log is known from the run’s start on, and what the old one had is not forgotten', async () => {
  const log = await keepLog(database);
  await loseTheSecond(log);
  await log.putBack(epoch);
  const next = '000000000000';
  await write(2, 'two');
  await rewrite(1, '');
  await log.keep(next);
  await log.refresh(next);
  expect(textsOf(log.rows.filter((row) => row.epoch === next))).toEqual([
    [1, ''],
    [2, 'two'],
  ]);
  expect(textsOf(log.rows.filter((row) => row.epoch === epoch))).toEqual([
    [1, 'one'],
    [2, 'lost'],
  ]);
});
