import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ServiceSpec } from './launched.mjs';
import { groupMembers } from './process-birth.mjs';
import { createService } from './service.mjs';
import { temporaryFolder } from './temporary-folder.mjs';

let place: ReturnType<typeof temporaryFolder>;
let ready: string;
const services: ReturnType<typeof createService>[] = [];
beforeEach(() => {
  place = temporaryFolder();
  ready = path.join(place.folder, 'ready');
});
afterEach(async () => {
  await Promise.all(services.splice(0).map((one) => one.stop()));
  place.remove();
});

/** A process that says that it is healthy by a file, and lives on. */
const lives = `require('node:fs').writeFileSync(process.env.READY, String(process.pid)); setInterval(() => {}, 1000);`;

function service(
  script: string,
  tell?: Parameters<typeof createService>[1],
  patience?: Parameters<typeof createService>[2],
) {
  const spec: ServiceSpec = {
    name: 'sample',
    command: process.execPath,
    args: ['-e', script],
    env: { ...process.env, READY: ready },
    cwd: place.folder,
    log: path.join(place.folder, 'sample.log'),
    run: place.folder,
    healthy: async () => fs.existsSync(ready),
    healthyWithinMs: 20_000,
    stop: { signal: 'SIGTERM', graceMs: 300 },
  };
  const made = createService(spec, tell, patience);
  services.push(made);
  return made;
}

test('a service is started once, however often it is asked for, and leaves nothing when it is stopped', async () => {
  const one = service(lives);
  await Promise.all([one.start(), one.start()]);
  const pid = one.pid ?? 0;
  expect(groupMembers(pid)).toEqual([pid]);
  expect(fs.existsSync(path.join(place.folder, 'sample.json'))).toBe(true);
  await one.stop();
  await one.stop();
  expect(groupMembers(pid)).toEqual([]);
  expect(one.pid).toBeNull();
  expect(fs.existsSync(path.join(place.folder, 'sample.json'))).toBe(false);
});

test('one that dies is started again, and whoever waits for it hears when it is back', async () => {
  const heard: string[] = [];
  const one = service(lives, (event) => heard.push(event.what));
  await one.start();
  const first = one.pid;
  fs.rmSync(ready);
  await one.kill('SIGKILL');
  await one.ready();
  expect(one.pid).not.toBe(first);
  expect(heard).toEqual(['died', 'back']);
});

test('a stop ends the children too, and what ignores the signal after its grace', async () => {
  const stubborn = `process.on('SIGTERM', () => {}); require('node:child_process').spawn(process.execPath,
    ['-e', "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)"]); ${lives}`;
  const one = service(stubborn);
  await one.start();
  const pid = one.pid ?? 0;
  await expect.poll(() => groupMembers(pid).length).toBe(2);
  await one.stop();
  expect(groupMembers(pid)).toEqual([]);
});

test('the children of a killed leader are gone before it is started again', async () => {
  const one = service(
    `require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']); ${lives}`,
  );
  await one.start();
  const pid = one.pid ?? 0;
  await expect.poll(() => groupMembers(pid).length).toBe(2);
  fs.rmSync(ready);
  await one.kill();
  await one.ready();
  expect(groupMembers(pid)).toEqual([]);
});

test('one that never came up says how it ended and what it said last', async () => {
  await expect(service(`console.error('no disk'); process.exit(3)`).start()).rejects.toThrow(
    /sample ended with exit code 3[\s\S]*no disk/,
  );
});

test('a program that is not there says so', async () => {
  const one = createService({
    name: 'nothing',
    command: '/nowhere/at-all',
    args: [],
    env: {},
    cwd: place.folder,
    log: path.join(place.folder, 'nothing.log'),
    run: place.folder,
    healthy: async () => false,
    healthyWithinMs: 10_000,
    stop: { signal: 'SIGTERM', graceMs: 100 },
  });
  await expect(one.start()).rejects.toThrow(/could not be started.*ENOENT/);
});

test('one that dies again and again is given up', async () => {
  const heard: string[] = [];
  const patience = { deaths: 2, firstWaitMs: 1, longestWaitMs: 1 };
  const dies = `const fs = require('node:fs'); if (fs.existsSync('once')) process.exit(1); fs.writeFileSync('once', ''); ${lives}`;
  const one = service(dies, (event) => heard.push(event.what), patience);
  await one.start();
  fs.rmSync(ready);
  await one.kill();
  await expect(one.ready()).rejects.toThrow(/sample died 3 times in a row and is given up/);
  expect(heard).toEqual(['died', 'died', 'lost']);
  await one.stop();
});

test('a stop during the start ends it', async () => {
  const one = service('setInterval(() => {}, 1000)');
  const starting = one.start();
  await expect.poll(() => one.pid).not.toBeNull();
  const pid = one.pid ?? 0;
  await one.stop();
  await expect(starting).rejects.toThrow(/stopped/);
  expect(groupMembers(pid)).toEqual([]);
});
