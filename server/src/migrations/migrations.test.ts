import { postgresAdapter } from '@payloadcms/db-postgres';
import { buildConfig, getPayload } from 'payload';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, newDatabase, startApp } from '../../test/app.ts';
import { chat } from '../index.ts';
import { queryOf } from '../log/database.ts';
import { users } from '../users.ts';

let app: App;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app?.close());

test('the migrations make the tables, columns and indexes that the collections ask for, and no others', async () => {
  const connectionString = await newDatabase();
  const config = await buildConfig({
    secret: 'a host that pushes',
    collections: [users],
    db: postgresAdapter({ pool: { connectionString } }),
    plugins: [chat({})],
    telemetry: false,
    typescript: { autoGenerate: false },
  });
  const pushed = await getPayload({ config, key: 'pushed' });
  pushed.logger.level = 'silent';
  const asked = await schemaOf(pushed);
  expect(await schemaOf(app.payload)).toEqual(asked);
  expect(asked.columns.length).toBeGreaterThan(80);
  await pushed.destroy();
});

async function schemaOf(payload: App['payload']) {
  const query = queryOf(payload);
  const columns = await query<{ line: string }>(
    `select table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '') as line
      from information_schema.columns where table_schema = 'public' and table_name <> 'payload_migrations' order by line`,
  );
  const indexes = await query<{ line: string }>(
    `select indexdef as line from pg_indexes where schemaname = 'public' and tablename <> 'payload_migrations' order by line`,
  );
  return { columns: columns.map(({ line }) => line), indexes: indexes.map(({ line }) => line) };
}
