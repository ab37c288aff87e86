/** One copy at a time works on a data folder, and the next one cleans up after one that was killed. */
import fs from 'node:fs';
import path from 'node:path';
import { runVariable } from './launched.mjs';
import { lockHolder, tryLock } from './lock-file.mjs';
import { readJson } from './private-file.mjs';
import { birth } from './process-birth.mjs';
import { endGroup, isOurGroup } from './process-group.mjs';
import { SetupError } from './setup-error.mjs';
import { waitFor } from './wait-for.mjs';

const lockName = 'owner.lock';

/** As long as a copy may take to stop by itself. */
const stoppingMs = 30_000;

/**
 * Makes us the owner of a data folder: nobody else runs on it, and what a killed owner left running has ended.
 * @param {{ dataDir: string, run: string }} folder
 * @returns {Promise<() => void>} gives it back
 * @throws {SetupError} when another copy runs on it
 */
export async function takeFolder({ dataDir, run }) {
  const lock = path.join(run, lockName);
  let release = tryLock(lock, { launcher: launcher() });
  if (!release) {
    const holder = lockHolder(lock);
    if (holder && (await isLeaving(holder, lock))) {
      await waitFor(() => lockHolder(lock)?.pid !== holder.pid, { withinMs: stoppingMs });
      if (lockHolder(lock)?.pid === holder.pid) process.kill(holder.pid, 'SIGKILL');
    }
    release = await waitFor(() => tryLock(lock, { launcher: launcher() }), { withinMs: 2000 });
    if (!release) {
      throw new SetupError(
        `${dataDir} is in use by process ${lockHolder(lock)?.pid}: stop that one, or choose another DATA_DIR (and other ports)`,
      );
    }
  }
  await endLeftovers(run);
  return release;
}

/** Says to whoever waits for the folder that we are about to leave it. */
export function leaveFolder({ run }) {
  fs.writeFileSync(path.join(run, 'leaving'), String(process.pid));
}

/** Is it stopping already, or will it because whoever began it was killed? It gets two seconds to notice. */
async function isLeaving(holder, lock) {
  const note = path.join(path.dirname(lock), 'leaving');
  return waitFor(
    () =>
      lockHolder(lock)?.pid !== holder.pid ||
      (holder.launcher && birth(holder.launcher.pid) !== holder.launcher.birth) ||
      (fs.existsSync(note) && fs.readFileSync(note, 'utf8') === String(holder.pid)),
    { withinMs: 2000 },
  );
}

/** The living process that owns a folder of run files, or null. */
export function ownerOf(run) {
  return lockHolder(path.join(run, lockName));
}

/** Ends the process groups that the run files name, Postgres last. */
export async function endLeftovers(run) {
  fs.rmSync(path.join(run, 'leaving'), { force: true });
  const left = [];
  for (const name of fs.readdirSync(run).filter((one) => one.endsWith('.json'))) {
    const file = path.join(run, name);
    let noted = null;
    try {
      noted = readJson(file);
    } catch {
      // cut short by a loss of power: that process ended with the machine
    }
    if (noted && isOurGroup(noted, `${runVariable}=${run}`)) left.push({ ...noted, isLast: name === 'postgres.json' });
    fs.rmSync(file, { force: true });
  }
  for (const turn of [false, true]) {
    await Promise.all(left.filter((one) => one.isLast === turn).map((one) => endGroup(one.pid, one.stop)));
  }
}

/** Whoever began us, when we end with him (see own-node.mjs). */
function launcher() {
  if (!process.env.npm_lifecycle_event && !process.channel) return null;
  return { pid: process.ppid, birth: birth(process.ppid) };
}
