/** One process at a time: a file that names its holder. A holder that has died holds nothing. */
import fs from 'node:fs';
import path from 'node:path';
import { readJson } from './private-file.mjs';
import { birth } from './process-birth.mjs';
import { waitFor } from './wait-for.mjs';

/** Who holds the lock now: what he wrote about himself, or null. */
export function lockHolder(file) {
  let held;
  try {
    held = readJson(file);
  } catch {
    return null; // a machine that lost its power leaves an empty file
  }
  return held && birth(held.pid) !== null && birth(held.pid) === held.birth ? held : null;
}

/** Takes the lock if nobody holds it; answers `release`, or null. `about` is kept beside the holder's pid. */
export function tryLock(file, about = {}) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.tmp`;
  fs.writeFileSync(draft, JSON.stringify({ pid: process.pid, birth: birth(process.pid), ...about }), { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      try {
        fs.linkSync(draft, file); // fails when it stands there already, and shows it whole or not at all
        return () => releaseLock(file);
      } catch (error) {
        if (error.code !== 'EEXIST') throw error;
      }
      if (lockHolder(file) || !clearStale(file)) return null;
    }
    return null;
  } finally {
    fs.rmSync(draft, { force: true });
  }
}

/** Waits for the lock, does the work, gives it back. `onWait` is told once who is waited for. */
export async function withLock(file, work, { withinMs = 600_000, onWait = (_holder) => {} } = {}) {
  let told = false;
  const release = await waitFor(
    () => {
      const taken = tryLock(file);
      const holder = taken || told ? null : lockHolder(file);
      if (holder) {
        told = true;
        onWait(holder);
      }
      return taken;
    },
    { withinMs, everyMs: 200 },
  );
  if (!release)
    throw new Error(`${file} is held by process ${lockHolder(file)?.pid ?? 'unknown'} for ${withinMs / 1000} s`);
  try {
    return await work();
  } finally {
    release();
  }
}

/** Takes a dead holder's file away; false when, between the look and the grasp, somebody alive had taken the lock. */
function clearStale(file) {
  const aside = `${file}.${process.pid}.stale`;
  try {
    fs.renameSync(file, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return true; // another contender cleared it
    throw error;
  }
  if (lockHolder(aside)) {
    fs.renameSync(aside, file);
    return false;
  }
  fs.rmSync(aside, { force: true });
  return true;
}

function releaseLock(file) {
  if (lockHolder(file)?.pid === process.pid) fs.rmSync(file, { force: true });
}
