import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDataFolder } from './data-folder.mjs';
import { leaveFolder, takeFolder } from './folder-owner.mjs';
import { birth, groupMembers } from './process-birth.mjs';
import { temporaryFolder } from './temporary-folder.mjs';

let place: ReturnType<typeof temporaryFolder>;
let folder: ReturnType<typeof openDataFolder>;
beforeEach(() => {
  place = temporaryFolder();
  folder = openDataFolder(path.join(place.folder, 'data'));
});
afterEach(() => place.remove());

/** Another copy: takes the folder, launches a service in it, says the service's pid, and stays. */
async function anotherCopy(env: Record<string, string | undefined> = {}) {
  const script = `
    import { openDataFolder } from '${import.meta.dirname}/data-folder.mjs';
    import { takeFolder } from '${import.meta.dirname}/folder-owner.mjs';
    import { launch } from '${import.meta.dirname}/launched.mjs';
    const folder = openDataFolder(process.argv[1]);
    await takeFolder(folder);
    const sleeper = "require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' }); setInterval(() => {}, 1000)";
    const { pid } = await launch({ name: 'edge', command: process.execPath, args: ['-e', sleeper], env: process.env, cwd: '/',
      log: folder.log('edge'), run: folder.run, healthy: async () => true, healthyWithinMs: 1, stop: { signal: 'SIGTERM', graceMs: 500 } });
    console.log(pid);
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, folder.dataDir], {
    env: { ...process.env, npm_lifecycle_event: undefined, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout, 'data');
  const service = Number(String(line));
  await expect.poll(() => groupMembers(service).length).toBe(2);
  return { child, service };
}

test('what a killed copy left running has ended when the next one has the folder', async () => {
  const { child, service } = await anotherCopy();
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(groupMembers(service)).toHaveLength(2);
  const release = await takeFolder(folder);
  expect(groupMembers(service)).toEqual([]);
  release();
});

test('so has what outlived its own killed leader', async () => {
  const { child, service } = await anotherCopy();
  child.kill('SIGKILL');
  await once(child, 'exit');
  process.kill(service, 'SIGKILL');
  await expect.poll(() => groupMembers(service).length).toBe(1);
  const release = await takeFolder(folder);
  expect(groupMembers(service)).toEqual([]);
  release();
});

test('a process that got the pid of a dead service by chance is left alone', async () => {
  const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
  const note = { pid: bystander.pid, birth: 'another', stop: { signal: 'SIGTERM', graceMs: 100 } };
  fs.writeFileSync(path.join(folder.run, 'server.json'), JSON.stringify(note));
  (await takeFolder(folder))();
  expect(birth(bystander.pid ?? 0)).not.toBeNull();
  bystander.kill('SIGKILL');
});

test('a folder in use is refused with the pid of its user', async () => {
  const { child, service } = await anotherCopy();
  await expect(takeFolder(folder)).rejects.toThrow(new RegExp(`in use by process ${child.pid}`));
  child.kill('SIGKILL');
  await once(child, 'exit');
  (await takeFolder(folder))();
  expect(groupMembers(service)).toEqual([]);
});

test('a copy that is leaving is waited for', async () => {
  const { child } = await anotherCopy();
  fs.writeFileSync(path.join(folder.run, 'leaving'), String(child.pid));
  const taking = takeFolder(folder);
  child.kill('SIGKILL');
  (await taking)();
});

test('leaving is said under our own pid', () => {
  leaveFolder(folder);
  expect(fs.readFileSync(path.join(folder.run, 'leaving'), 'utf8')).toBe(String(process.pid));
});

test('a folder that cannot be written is refused in one line that names it and the variable', () => {
  const file = path.join(place.folder, 'file');
  fs.writeFileSync(file, '');
  expect(() => openDataFolder(path.join(file, 'data'))).toThrow(
    /^The data folder .*file\/data can't be written \(ENOTDIR\).*DATA_DIR$/,
  );
});
