import fs from 'node:fs';
import { birth, groupMembers } from './process-birth.mjs';
import { waitFor } from './wait-for.mjs';

/** Sends a signal to a whole process group; false when nobody is left in it. */
export function signalGroup(pgid, signal) {
  try {
    process.kill(-pgid, signal);
    return true;
  } catch (error) {
    if (error.code === 'ESRCH') return false;
    // macOS answers EPERM for a group of zombies only.
    if (error.code === 'EPERM' && groupMembers(pgid).length === 0) return false;
    throw error;
  }
}

/**
 * Ends a process group: the signal first, SIGKILL after the grace, and comes back when nobody is left.
 * workerd waits for its open streams without a limit, so the grace is the rule there and not the exception.
 * Postgres wants the signal at its leader alone.
 * @param {number} pgid
 * @param {import('./launched.mjs').Stop} stop
 */
export async function endGroup(pgid, { signal, graceMs, leaderOnly = false }) {
  const gone = () => groupMembers(pgid).length === 0;
  if (gone()) return;
  if (leaderOnly && birth(pgid) !== null) process.kill(pgid, signal);
  else signalGroup(pgid, signal);
  signalGroup(pgid, 'SIGCONT'); // a stopped process takes a signal only after it is woken
  if (await waitFor(gone, { withinMs: graceMs, everyMs: 25 })) return;
  signalGroup(pgid, 'SIGKILL');
  if (!(await waitFor(gone, { withinMs: 10_000, everyMs: 25 }))) {
    throw new Error(`process group ${pgid} is still there 10 s after SIGKILL`);
  }
}

/**
 * Is the group that a run file names still ours? Its leader lives and is the same; or it has ended and left children,
 * which (where the system lets us look) carry the mark of our folder in their environment.
 */
export function isOurGroup({ pid, birth: since }, mark) {
  const now = birth(pid);
  return now === null ? groupMembers(pid).some((member) => hasMark(member, mark)) : now === since;
}

function hasMark(pid, mark) {
  if (process.platform !== 'linux') return true;
  try {
    return fs.readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(mark);
  } catch {
    return false; // ended, or another user's and so not ours
  }
}
