import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, newDatabase, startApp } from '../../test/app.ts';
import { readSite } from '../collections/sites/site.ts';
import type { SeedFile } from './seed-file.ts';

let folder: string;
let file: string;
const apps: App[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'seed-'));
  file = path.join(folder, 'seed.json');
});
afterAll(async () => {
  for (const app of apps) await app.close();
  await rm(folder, { recursive: true });
});

async function start(databaseUrl: string, origin: string): Promise<App> {
  const app = await startApp({ databaseUrl, seedFile: file, seedOrigins: [origin] });
  apps.push(app);
  return app;
}
const readFileNow = async () => JSON.parse(await readFile(file, 'utf8')) as SeedFile;
const logsIn = async (app: App, { email, password }: SeedFile['people'][number]) =>
  (await app.payload.login({ collection: 'users', data: { email, password } }).catch(() => undefined)) !== undefined;
const messages = async (app: App) => (await app.payload.count({ collection: 'messages' })).totalDocs;

test('an empty database gets a site, people and words; the file is for its owner alone', async () => {
  const app = await start(await newDatabase(), 'http://localhost:1');
  const seeded = await readFileNow();
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(seeded.people.map(({ name, email, kind }) => [name, email, kind])).toEqual([
    ['Ana Ferreira', 'ana@example.com', 'member'],
    ['Ben Okoro', 'ben@example.com', 'member'],
    ['Maya Lindqvist', 'agent@example.com', 'agent'],
    ['Admin', 'admin@example.com', 'admin'],
  ]);
  for (const person of seeded.people) expect(await logsIn(app, person)).toBe(true);
  const site = await readSite(app.payload, 'halden');
  expect(site).toMatchObject({
    key: 'halden',
    visitors: true,
    origins: ['http://localhost:1'],
    secrets: [seeded.site.secret],
  });
  for (const id of Object.values(seeded.threads))
    expect(await app.payload.findByID({ collection: 'threads', id })).toBeTruthy();
  expect(await messages(app)).toBe(4);
});

test('a second start changes the origins and nothing else', async () => {
  const before = await readFileNow();
  const app = await start((apps[0] as App).databaseUrl, 'http://localhost:2');
  expect(await readFileNow()).toEqual(before);
  expect((await readSite(app.payload, 'halden'))?.origins).toEqual(['http://localhost:2']);
  expect(await messages(app)).toBe(4);
  expect(await logsIn(app, before.people[0] as SeedFile['people'][number])).toBe(true);
});

test('another database gets the same passwords and secret', async () => {
  const before = await readFileNow();
  const app = await start(await newDatabase(), 'http://localhost:1');
  const after = await readFileNow();
  expect(after.site).toEqual(before.site);
  expect(after.people.map(({ password }) => password)).toEqual(before.people.map(({ password }) => password));
  for (const person of after.people) expect(await logsIn(app, person)).toBe(true);
});

test('a lost or broken file is made anew, and its passwords hold', async () => {
  for (const content of [undefined, '{"people": [', '{"people": 3}']) {
    if (content === undefined) await rm(file);
    else await writeFile(file, content);
    const app = await start((apps[0] as App).databaseUrl, 'http://localhost:1');
    const seeded = await readFileNow();
    for (const person of seeded.people) expect(await logsIn(app, person)).toBe(true);
    expect((await readSite(app.payload, 'halden'))?.secrets).toEqual([seeded.site.secret]);
  }
});

test('two processes that start at once on an empty database seed once', async () => {
  const databaseUrl = await newDatabase();
  const [app] = await Promise.all([start(databaseUrl, 'http://localhost:1'), start(databaseUrl, 'http://localhost:1')]);
  expect(await messages(app)).toBe(4);
  expect((await app.payload.count({ collection: 'users' })).totalDocs).toBe(4);
});

test('a file that can’t be written stops the start and is named', async () => {
  await expect(
    startApp({ seedFile: path.join(folder, 'no such folder', 'seed.json'), seedOrigins: [] }),
  ).rejects.toThrow(/no such folder.*CHAT_SEED_FILE/);
});

test('without a seed, the first admin comes from the environment, once', async () => {
  const admin = { email: 'first@example.com', password: 'first password' };
  const app = await startApp({ admin });
  apps.push(app);
  const again = await startApp({ databaseUrl: app.databaseUrl, admin: { email: 'second@example.com', password: 'x' } });
  apps.push(again);
  const { docs } = await app.payload.find({ collection: 'users' });
  expect(docs.map((doc) => (doc as unknown as { email: string }).email)).toEqual(['first@example.com']);
});
