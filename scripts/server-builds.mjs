/**
 * Builds of the server, a folder for each state of its sources. A running `next start` reads its build until it ends,
 * so a new build (by a test run beside it, say) must not write over the one in use.
 */
import fs from 'node:fs';
import path from 'node:path';
import { birth } from './process-birth.mjs';
import { cache, root } from './root.mjs';

/** What `next build` writes; the same depth as its final place, for the relative links inside. */
const fresh = path.join(root, 'server', '.next');
const folderOf = (key) => path.join(cache, `server-${key.slice(0, 16)}`);

/** Is there a whole build of these sources? */
export function currentServerBuild(key) {
  return fs.existsSync(path.join(folderOf(key), 'BUILD_ID'));
}

/** Puts what `next build` made where it stays, and deletes old builds that no process runs. */
export function keepServerBuild(key) {
  const target = folderOf(key);
  fs.rmSync(target, { recursive: true, force: true });
  fs.renameSync(fresh, target);
  for (const name of fs.readdirSync(cache)) {
    const folder = path.join(cache, name);
    if (/^server-[0-9a-f]{16}$/.test(name) && folder !== target && !inUse(folder))
      fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Notes that this process runs a build, and names it as Next wants it: seen from the server's folder. */
export function useServerBuild(key) {
  const folder = folderOf(key);
  if (!currentServerBuild(key)) return '.next';
  fs.mkdirSync(path.join(folder, 'used-by'), { recursive: true });
  fs.writeFileSync(path.join(folder, 'used-by', String(process.pid)), birth(process.pid) ?? '');
  return path.relative(path.join(root, 'server'), folder);
}

function inUse(folder) {
  const notes = path.join(folder, 'used-by');
  if (!fs.existsSync(notes)) return false;
  return fs.readdirSync(notes).some((pid) => birth(Number(pid)) === fs.readFileSync(path.join(notes, pid), 'utf8'));
}
