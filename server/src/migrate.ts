/** Runs this app's migrations at start. Two processes that start together must not both run them. */
import type { MigrateDownArgs, MigrateUpArgs, PostgresAdapter, postgresAdapter } from '@payloadcms/db-postgres';

type Database = ReturnType<typeof postgresAdapter>;

export interface Migration {
  name: string;
  up(args: MigrateUpArgs): Promise<void>;
  down(args: MigrateDownArgs): Promise<void>;
}

/** Any number that nobody else locks. */
const migrationLock = 7_231_934_510;

/** A database that brings itself up to date when it connects; not while the command line migrates it by hand. */
export function migrated(database: Database, migrations: Migration[]): Database {
  return {
    ...database,
    init: (args) => {
      const adapter = database.init(args) as unknown as PostgresAdapter;
      const connect = adapter.connect?.bind(adapter);
      adapter.connect = async (options) => {
        await connect?.(options);
        if (process.env.PAYLOAD_MIGRATING !== 'true' && !options?.hotReload) await run(adapter, migrations);
      };
      return adapter as never;
    },
  };
}

async function run(adapter: PostgresAdapter, migrations: Migration[]): Promise<void> {
  const client = await adapter.pool.connect();
  let failed: Error | undefined;
  try {
    await client.query('select pg_advisory_lock($1)', [migrationLock]);
    await adapter.migrate({ migrations: migrations as never });
    await client.query('select pg_advisory_unlock($1)', [migrationLock]);
  } catch (error) {
    failed = error as Error;
    throw error;
  } finally {
    // Destroyed on failure, and the lock with it.
    client.release(failed);
  }
}
