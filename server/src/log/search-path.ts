/**
 * Postgres looks for an unqualified name in the schema of the role's own name first. A role `chat`, a likely name for the
 * database of a chat, would find the log's tables (`chat.threads`) before Payload's: its connections pass that schema by.
 */
import type { PostgresAdapter } from '@payloadcms/db-postgres';
import type { Payload } from 'payload';
import { adapterOf, queryOf } from './database.ts';

const withoutOwnSchema = `select set_config('search_path',
    regexp_replace(current_setting('search_path'), '"\\$user"\\s*,?\\s*', ''), false)
  where current_user = 'chat' and current_setting('search_path') like '%"$user"%'`;

type Client = { query(text: string): Promise<unknown> };
/** Of the driver's pool: called with each new connection, before anybody gets it. */
type Verify = (client: Client, done: (error?: Error) => void) => void;

/** Called on the adapter that `init` has just made, before it connects. */
export function passOwnSchema(adapter: PostgresAdapter): void {
  const { verify } = adapter.poolOptions as { verify?: Verify };
  const pass: Verify = (client, done) => {
    client.query(withoutOwnSchema).then(() => (verify ? verify(client, done) : done()), done);
  };
  adapter.poolOptions = { ...adapter.poolOptions, verify: pass } as PostgresAdapter['poolOptions'];
}

/** @throws Error where the host's own search_path puts the log before Payload's tables. */
export async function checkNames(payload: Payload): Promise<void> {
  const { schemaName, tableNameMap } = adapterOf(payload);
  if (schemaName) return; // Then every name is qualified.
  const names = ['threads', 'sites'].map((slug) => tableNameMap.get(slug) ?? slug);
  const rows = await queryOf(payload)<{ name: string; role: string }>(
    `select name, current_user as role from unnest($1::text[]) name
      where to_regclass(quote_ident(name)) is distinct from to_regclass('public.' || quote_ident(name))`,
    [names],
  );
  const [found] = rows;
  if (found)
    throw new Error(
      `The search_path of the role "${found.role}" finds another table "${found.name}" before Payload's in "public": ` +
        `take the schema "chat" out of it, or put it last: alter role "${found.role}" set search_path = public`,
    );
}
