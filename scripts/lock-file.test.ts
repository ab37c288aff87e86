import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockHolder, tryLock, withLock } from './lock-file.mjs';
import { birth } from './process-birth.mjs';
import { temporaryFolder } from './temporary-folder.mjs';

let place: ReturnType<typeof temporaryFolder>;
let file: string;
beforeEach(() => {
  place = temporaryFolder();
  file = path.join(place.folder, 'x.lock');
});
afterEach(() => place.remove());

test('a lock is held once, and free again after its release', () => {
  const release = tryLock(file);
  expect(release).not.toBeNull();
  expect(lockHolder(file)?.pid).toBe(process.pid);
  expect(tryLock(file)).toBeNull();
  release?.();
  expect(tryLock(file)).not.toBeNull();
});

test('a dead holder holds nothing', async () => {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  fs.writeFileSync(file, JSON.stringify({ pid: child.pid, birth: 'then' }));
  expect(tryLock(file)).not.toBeNull();
});

test('a holder whose pid was given to another process holds nothing', () => {
  fs.writeFileSync(file, JSON.stringify({ pid: process.pid, birth: `not ${birth(process.pid)}` }));
  expect(tryLock(file)).not.toBeNull();
});

test('a lock file that a loss of power left empty holds nothing', () => {
  fs.writeFileSync(file, '');
  expect(tryLock(file)).not.toBeNull();
});

test('who waits is told once for whom, and works when it is his turn', async () => {
  const told: number[] = [];
  const release = tryLock(file);
  const second = withLock(file, async () => 'done', { onWait: (holder: { pid: number }) => told.push(holder.pid) });
  await expect.poll(() => told).toEqual([process.pid]);
  release?.();
  expect(await second).toBe('done');
  expect(lockHolder(file)).toBeNull();
});
