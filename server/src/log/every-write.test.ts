/**
 * [I1] A 2xx means committed, whatever the write: with the backend killed inside COMMIT, with a deferred trigger that
 * raises there, and with a hook of the host's that hides an SQL error. Each time nothing is answered 2xx, nothing is
 * changed anywhere, and the same again, when the database is well, works.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { site, startApp } from '../../test/app.ts';
import { makeWorld, writesOf } from '../../test/writes/index.ts';
import { queryOf, transactionOf } from './database.ts';

const app = await startApp();
const world = await makeWorld(app);
/** What the hooks of the host's do while it is on. */
let hiding = false;

beforeAll(async () => {
  const { payload } = app;
  // Somebody's hooks, after ours, on every collection.
  for (const slug of ['messages', 'threads', 'participants', 'chat-users', 'sites', 'users'] as const) {
    const hooks = payload.collections[slug]?.config.hooks as Record<string, unknown[]>;
    const hide = async ({ req }: { req: Parameters<typeof transactionOf>[0] }) => {
      if (hiding) await (await transactionOf(req))('select 1 / 0').catch(() => undefined);
    };
    for (const name of ['afterChange', 'afterDelete', 'afterLogout']) hooks[name]?.push(hide);
  }
  // A trigger of the host's, deferred like the numbering: it runs inside COMMIT.
  await queryOf(payload)(`
    create table public.mishap (kind text);
    create function public.mishap() returns trigger language plpgsql as $$
    declare what text := (select kind from public.mishap);
    begin
      if what = 'kill' then perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(5);
      elsif what = 'raise' then raise exception 'a trigger of the host'; end if;
      return null;
    end $$;
    do $$ declare t record; begin
      for t in select format('%I.%I', schemaname, tablename) as name from pg_tables
        where schemaname = 'chat' or schemaname = 'public' and tablename not in ('mishap', 'payload_migrations')
      loop
        execute 'create constraint trigger mishap after insert or update or delete on ' || t.name ||
          ' deferrable initially deferred for each row execute function public.mishap()';
      end loop;
    end $$;
  `);
});
afterAll(() => app.close());

/** Everything that Postgres holds, as one word a table. */
async function state(): Promise<Record<string, unknown>> {
  const query = queryOf(app.payload);
  const tables = await query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
      where schemaname in ('public', 'chat') and tablename <> 'mishap'
        -- What the staff reads is noted beside the request, in its own time.
        and tablename not like '%access_log%'`,
  );
  const words: Record<string, unknown> = {};
  for (const { name } of tables) {
    const [row] = await query(`select md5(string_agg(t::text, ' ' order by t::text)) as word from ${name} t`);
    words[name] = row?.word;
  }
  return words;
}

describe.each(writesOf(world))('[I1] $door: $what', ({ door, ready, hooked }) => {
  test.each(['kill', 'raise', ...(hooked === false ? [] : ['hide'])])(
    'is not answered 2xx after: %s',
    async (mishap) => {
      const act = await ready();
      const before = await state();
      hiding = mishap === 'hide';
      if (!hiding) await queryOf(app.payload)('insert into public.mishap values ($1)', [mishap]);
      const refused = await act();
      hiding = false;
      await queryOf(app.payload)('delete from public.mishap');
      expect(refused.status).toBeGreaterThanOrEqual(500);
      // Killed or raised at COMMIT is known to have been stored nowhere: the same may be sent again.
      if (mishap !== 'hide') expect(refused).toMatchObject({ status: 503 });
      // A host's own code may know; whoever asks by HTTP may not.
      if (door.includes('/api/'))
        expect(JSON.stringify(refused.body)).not.toMatch(/a trigger of the host|select |terminating/);
      expect(await state()).toEqual(before);
      const again = await act();
      expect([200, 201]).toContain(again.status);
      expect(await state()).not.toEqual(before);
    },
  );
});

test('the mishap is one: what is written while it lasts is not there', async () => {
  await queryOf(app.payload)(`insert into public.mishap values ('raise')`);
  const at = await site(app.payload, 'never').catch((error) => error);
  await queryOf(app.payload)('delete from public.mishap');
  expect(at).toMatchObject({ code: 'not-stored' });
  const { totalDocs } = await app.payload.count({ collection: 'sites', where: { key: { equals: 'never' } } });
  expect(totalDocs).toBe(0);
});
