import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

/** What builds leave behind, and what no build reads. */
const skipped =
  /^(node_modules|dist|\.next.*|\.wrangler|\.cache|coverage|.*\.tsbuildinfo|.*\.log|.*\.md|.*\.test\.m?[jt]sx?|next-env\.d\.ts)$/;

/**
 * A hash of the names and contents of all sources below `places`. By content and not by time: a fresh clone, a change
 * of branch and a touched file all get the answer they deserve.
 * @param {string} root
 * @param {string[]} places files and folders, seen from `root`; one that is missing counts as empty
 * @param {string[]} except paths that are left out, seen from `root`
 */
export function sourceHash(root, places, except = []) {
  const hash = createHash('sha256');
  for (const place of places) addTo(hash, root, place, new Set(except));
  return hash.digest('hex');
}

function addTo(hash, root, place, except) {
  if (except.has(place)) return;
  const full = path.join(root, place);
  const stat = fs.statSync(full, { throwIfNoEntry: false });
  if (!stat) return;
  if (stat.isDirectory()) {
    const names = fs.readdirSync(full).filter((name) => !skipped.test(name));
    for (const name of names.sort()) addTo(hash, root, `${place}/${name}`, except);
  } else if (stat.isFile()) {
    const content = fs.readFileSync(full);
    hash.update(`${place}\0${content.length}\0`).update(content);
  }
}
