import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestPostgres } from '../../../scripts/test-stack.mjs';
import { type Line, openLine } from './line.ts';
import { createPostgresTap, type Moment, type PostgresTap } from './postgres-tap.ts';

let postgres: Awaited<ReturnType<typeof startTestPostgres>>;
let direct: pg.Client;
let tap: PostgresTap;
let line: Line;
let client: pg.Client;

const through = (url: string) => {
  const at = new URL(`${url}/postgres`);
  at.port = String(line.port);
  return at.toString();
};

beforeAll(async () => {
  postgres = await startTestPostgres();
  direct = new pg.Client({ connectionString: `${postgres.url}/postgres` });
  await direct.connect();
  await direct.query('create table messages (content text)');
});
afterAll(async () => {
  await direct.end();
  await postgres.stop();
});
beforeEach(async () => {
  await direct.query('truncate messages');
  tap = createPostgresTap();
  line = await openLine('to Postgres', () => [Number(new URL(postgres.url).port)], tap.tap);
  client = new pg.Client({ connectionString: through(postgres.url) });
  client.on('error', () => {});
  await client.connect();
});
afterEach(async () => {
  await client.end().catch(() => {});
  await line.close();
});

/** Posts as the server does, and says how it ended. */
async function post(content: string): Promise<'committed' | 'rolled back' | 'broken'> {
  try {
    await client.query('begin');
    await client.query('insert into "messages" ("content") values ($1)', [content]);
    return (await client.query('commit')).command === 'COMMIT' ? 'committed' : 'rolled back';
  } catch {
    return 'broken';
  }
}
const stored = async () => (await direct.query('select content from messages')).rows.map(({ content }) => content);

test('without an ambush nothing changes, and statements are counted', async () => {
  expect(await post('one')).toBe('committed');
  expect(await stored()).toEqual(['one']);
  expect(tap.queries).toBe(3);
});

const moments: Array<[Moment, string[]]> = [
  ['before insert', []],
  ['before commit', []],
  ['after commit', ['one']],
];

test.each(moments)(
  'a connection that is cut %s leaves what that moment leaves, and nobody is told',
  async (at, left) => {
    tap.lay({ at, spring: (backend) => backend.cut() });
    expect(await post('one')).toBe('broken');
    await expect
      .poll(
        async () =>
          (
            await direct.query(
              `select 1 from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`,
            )
          ).rowCount,
        { message: 'the backend’s end' },
      )
      .toBe(0);
    expect(await stored()).toEqual(left);
  },
);

test('the backend that is named is the one that walked into it', async () => {
  const { rows } = await client.query('select pg_backend_pid() as pid');
  let met = 0;
  tap.lay({
    at: 'before commit',
    async spring({ pid }) {
      met = pid;
      await direct.query('select pg_terminate_backend($1)', [pid]);
    },
  });
  expect(await post('one')).toBe('broken');
  expect(met).toBe(rows[0].pid);
  expect(await stored()).toEqual([]);
});

test('an ambush springs once, for a transaction that writes a message, and not when it was taken away', async () => {
  let sprung = 0;
  const spring = () => {
    sprung += 1;
  };
  const takeAway = tap.lay({ at: 'before commit', spring });
  await client.query('begin');
  await client.query('select 1');
  await client.query('commit');
  expect(sprung).toBe(0);
  await post('one');
  await post('two');
  expect(sprung).toBe(1);
  takeAway();
  tap.lay({ at: 'after commit', spring })();
  await post('three');
  expect(sprung).toBe(1);
  expect(await stored()).toEqual(['one', 'two', 'three']);
});

test('dropped notifications are not heard, those before and after are', async () => {
  const met: string[] = [];
  client.on('notification', ({ payload }) => met.push(payload ?? ''));
  await client.query('listen chat_log');
  const tell = async (word: string) => {
    await direct.query(`select pg_notify('chat_log', $1)`, [word]);
    await client.query('select 1'); // What was sent before has arrived.
  };
  await tell('one');
  await expect.poll(() => met, { message: 'the first' }).toEqual(['one']);
  tap.dropsNotifies = true;
  await tell('two');
  tap.dropsNotifies = false;
  await tell('three');
  await expect.poll(() => met, { message: 'the third' }).toEqual(['one', 'three']);
});
