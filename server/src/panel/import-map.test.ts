import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { postgresAdapter } from '@payloadcms/db-postgres';
import { buildConfig, generateImportMap } from 'payload';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chat } from '../index.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'chat-import-map-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What `npx payload generate:importmap` writes for this config. */
async function mapOf(name: string): Promise<string> {
  const importMapFile = path.join(folder, `${name}.js`);
  const config = await buildConfig({
    secret: 'a host of the tests',
    collections: [{ slug: 'users', auth: true, fields: [] }],
    db: postgresAdapter({ pool: {} }),
    plugins: [chat()],
    admin: { importMap: { baseDir: folder, importMapFile } },
    typescript: { autoGenerate: false },
  });
  await generateImportMap(config, { force: true, log: false });
  return readFile(importMapFile, 'utf8');
}

test('a host finds the panel’s pieces by a path of this package, which leads to a file that has them', async () => {
  const map = await mapOf('host');
  const named = [...map.matchAll(/^ {2}"@payload-chat\/server\/panel#(\w+)"/gm)].map(([, name]) => name);
  expect(named.sort()).toEqual(['PersonRights', 'SiteEmbed']);
  const file = fileURLToPath(import.meta.resolve('@payload-chat/server/panel'));
  const code = await readFile(file, 'utf8');
  for (const name of named) expect(code).toContain(`export { ${name} }`);
});

test('the ready app’s own import map is the one that is generated', async () => {
  const own = await readFile(new URL('../app/(payload)/admin/importMap.js', import.meta.url), 'utf8');
  expect(own.trim()).toBe((await mapOf('app')).trim());
});
