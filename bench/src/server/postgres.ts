/** A Postgres of the benchmark's own that counts its statements; it writes to disk as a real one does. */
import pg from 'pg';
import { startTestPostgres } from '../../../scripts/test-stack.mjs';

export interface CountingPostgres {
  url: string;
  /** Statements answered since the last call, this question left out. */
  statements(): Promise<number>;
  /** Another database beside the counted one; answers its address. */
  database(name: string): Promise<string>;
  stop(): Promise<void>;
}

export async function countingPostgres(): Promise<CountingPostgres> {
  const postgres = await startTestPostgres({ shared_preload_libraries: 'pg_stat_statements' });
  const url = `${postgres.url}/chat`;
  // The extension counts for the whole cluster; in a database of its own no schema push meets its views.
  const client = new pg.Client(`${postgres.url}/postgres`);
  await client.connect();
  await client.query('create database chat');
  await client.query('create extension pg_stat_statements');
  await client.query('select pg_stat_statements_reset()');
  return {
    url,
    async statements() {
      const { rows } = await client.query<{ calls: string }>(
        `select coalesce(sum(calls), 0) as calls from pg_stat_statements where toplevel and dbid = (select oid from pg_database where datname = 'chat')`,
      );
      await client.query('select pg_stat_statements_reset()');
      return Number(rows[0]?.calls);
    },
    async database(name) {
      await client.query(`create database ${name}`);
      return `${postgres.url}/${name}`;
    },
    async stop() {
      await client.end();
      await postgres.stop();
    },
  };
}
