/** A streaming standby of a real Postgres, made with nothing but the server's own program. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, cpSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { freePorts } from '../../scripts/ports.mjs';
import { until } from './until.ts';

export interface Standby {
  /** Of the server; reads only before `promote`. */
  url: string;
  /** Ends its being a standby: the next timeline begins. */
  promote(): Promise<void>;
  stop(): Promise<void>;
}

/** `primaryUrl` is a superuser's, `through` the address at which the standby asks the primary for what happens. */
export async function standbyOf(primaryUrl: string, through = primaryUrl): Promise<Standby> {
  const client = new pg.Client(`${primaryUrl}/postgres`);
  await client.connect();
  const ask = async (text: string) => Object.values((await client.query(text)).rows[0] as object)[0] as string;
  const data = await ask('show data_directory');
  const bin = await ask(`select setting from pg_config where name = 'BINDIR'`);
  const folder = `${data}-standby`;
  await client.query(`select pg_backup_start('standby', true)`);
  cpSync(data, folder, { recursive: true, filter: (file) => !file.endsWith('postmaster.pid') });
  const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)');
  await client.end();
  const { uid, gid } = statSync(data);
  writeFileSync(path.join(folder, 'backup_label'), rows[0]?.labelfile ?? '');
  writeFileSync(path.join(folder, 'standby.signal'), '');
  for (const file of everything(folder)) chownSync(file, uid, gid);

  const { hostname, port: primaryPort, username, password } = new URL(through);
  const [port = 0] = await freePorts(1);
  const settings = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: 'off',
    primary_conninfo: `host=${hostname} port=${primaryPort} user=${username} password=${password}`,
    wal_retrieve_retry_interval: '100ms',
    // As many as the primary's, or it does not start.
    max_connections: '200',
  };
  const program = spawn(
    path.join(bin, 'postgres'),
    ['-D', folder, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { uid, gid, env: { NODE_ENV: 'test', LC_ALL: 'C', TZ: 'UTC' } },
  );
  let said = '';
  program.stdout.resume();
  program.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk).slice(-4000);
  });
  const ended = once(program, 'exit');
  const url = `postgres://${username}:${password}@127.0.0.1:${port}`;

  async function query<T>(text: string): Promise<T | undefined> {
    const there = new pg.Client(`${url}/postgres`);
    there.on('error', () => undefined);
    try {
      await there.connect();
      return (await there.query(text)).rows[0] as T;
    } catch {
      return undefined; // It is starting.
    } finally {
      await there.end().catch(() => undefined);
    }
  }
  const withItsWords = (error: Error) => {
    throw new Error(`${error.message}\n${said}`);
  };
  await until('the standby to answer', () => query('select 1'), 30_000).catch(withItsWords);
  return {
    url,
    async promote() {
      await query('select pg_promote()');
      await until('the standby to be promoted', async () => {
        const row = await query<{ waiting: boolean }>('select pg_is_in_recovery() as waiting');
        return row?.waiting === false;
      }).catch(withItsWords);
    },
    async stop() {
      program.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function* everything(folder: string): Generator<string> {
  yield folder;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    yield path.join(entry.parentPath, entry.name);
}
