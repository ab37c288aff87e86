import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDataFolder } from './data-folder.mjs';
import { takeFolder } from './folder-owner.mjs';
import { freePorts } from './ports.mjs';
import { databaseUrl, postgresSpec } from './postgres.mjs';
import { postgresHome, removeDataFolder } from './postgres-home.mjs';
import { birth, commandLine } from './process-birth.mjs';
import { createService } from './service.mjs';
import { temporaryFolder } from './temporary-folder.mjs';

let place: ReturnType<typeof temporaryFolder>;
let dataDir: string;
const services: ReturnType<typeof createService>[] = [];
beforeEach(() => {
  place = temporaryFolder();
  dataDir = path.join(place.folder, 'data');
});
afterEach(async () => {
  await Promise.all(services.splice(0).map((one) => one.stop()));
  removeDataFolder(dataDir);
  place.remove();
});

const password = 'not-a-secret';

async function start(port: number) {
  const folder = openDataFolder(dataDir);
  const spec = await postgresSpec({ dataDir, port, password, log: folder.log('postgres'), run: folder.run });
  const service = createService(spec);
  services.push(service);
  await service.start();
  return { service, spec, folder };
}

async function query(port: number, sql: string) {
  const client = new pg.Client({ connectionString: databaseUrl(port, password) });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

test('the server’s role owns its database, is no superuser, and has UTF-8 in one order everywhere', async () => {
  const [port = 0] = await freePorts(1);
  await start(port);
  const [row] = await query(
    port,
    `select rolsuper, current_database() as database, pg_encoding_to_char(encoding) as encoding,
    datlocale from pg_roles, pg_database where rolname = current_user and datname = current_database()`,
  );
  expect(row).toEqual({ rolsuper: false, database: 'payload', encoding: 'UTF8', datlocale: 'C.UTF-8' });
  await query(port, 'create schema chat; create table chat.x (id int); create table y (id int)');
});

test('the password stands on no command line', async () => {
  const [port = 0] = await freePorts(1);
  const { service } = await start(port);
  expect(commandLine(service.pid ?? 0)).toContain('postgres');
  expect(commandLine(service.pid ?? 0)).not.toContain(password);
});

test('what was written is there after kill -9 of Postgres and a stop', async () => {
  const [port = 0] = await freePorts(1);
  const { service } = await start(port);
  await query(port, `create table kept (word text); insert into kept values ('one')`);
  await service.kill('SIGKILL');
  await service.ready();
  await query(port, `insert into kept values ('two')`);
  await service.restart();
  expect(await query(port, 'select word from kept order by word')).toEqual([{ word: 'one' }, { word: 'two' }]);
});

test('an orphan of a killed owner is ended, with or without its run file, and its data is there', async () => {
  const [port = 0] = await freePorts(1);
  for (const losesRunFile of [false, true]) {
    const script = `
      import { openDataFolder } from '${import.meta.dirname}/data-folder.mjs';
      import { createService } from '${import.meta.dirname}/service.mjs';
      import { postgresSpec } from '${import.meta.dirname}/postgres.mjs';
      const folder = openDataFolder(process.argv[1]);
      const service = createService(await postgresSpec({ dataDir: folder.dataDir, port: ${port}, password: '${password}', log: folder.log('postgres'), run: folder.run }));
      await service.start();
      console.log(service.pid);`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script, dataDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(owner.stdout, 'data');
    const orphan = Number(String(line));
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    await query(port, 'create table if not exists kept (word text)');
    expect(birth(orphan)).not.toBeNull();

    const folder = openDataFolder(dataDir);
    if (losesRunFile) fs.rmSync(path.join(folder.run, 'postgres.json'));
    else (await takeFolder(folder))();
    const { service } = await start(port);
    expect(birth(orphan)).toBeNull();
    expect(await query(port, 'select * from kept')).toEqual([]);
    await service.stop();
  }
});

test('a postmaster.pid whose number another program got by chance does not keep Postgres from starting', async () => {
  const [port = 0] = await freePorts(1);
  const { service, spec } = await start(port);
  await service.stop();
  fs.writeFileSync(path.join(spec.cwd, 'postmaster.pid'), `${process.pid}\n${spec.cwd}\n1\n${port}\n\n127.0.0.1\n`);
  await start(port);
  expect(birth(process.pid)).not.toBeNull();
});

test('a database folder whose making was cut short is made anew', async () => {
  const [port = 0] = await freePorts(1);
  const folder = openDataFolder(dataDir);
  const half = path.join(dataDir, 'postgres');
  fs.mkdirSync(path.join(half, 'base'), { recursive: true });
  await start(port);
  expect(await query(port, 'select 1 as one')).toEqual([{ one: 1 }]);
  expect(folder.dataDir).toBe(dataDir);
});

test.runIf(process.getuid?.() === 0)(
  'under root, below a folder of mode 0700, the database lives where its user may go',
  async () => {
    fs.chmodSync(place.folder, 0o700);
    const [port = 0] = await freePorts(1);
    const { service, spec } = await start(port);
    expect(spec.cwd).toMatch(/^\/var\/lib\/payload-chat\/data-[0-9a-f]{12}$/);
    await query(port, 'create table kept (word text)');
    await service.stop();
    await start(port);
    expect(await query(port, 'select * from kept')).toEqual([]);
    await Promise.all(services.splice(0).map((one) => one.stop()));
    removeDataFolder(dataDir);
    expect(fs.existsSync(spec.cwd)).toBe(false);
  },
);

test.runIf(process.getuid?.() === 0)(
  'a damaged pointer to the database is refused, and no other folder is touched',
  () => {
    openDataFolder(dataDir);
    fs.writeFileSync(path.join(dataDir, 'postgres.path'), '/var/lib/payload-chat/../../etc');
    expect(() => postgresHome({ programs: '/nowhere', version: '0', dataDir })).toThrow(/does not name a folder/);
  },
);
