import path from 'node:path';
import { expect, test } from 'vitest';
import { readJson } from './private-file.mjs';
import { root } from './root.mjs';

interface Entry {
  optionalDependencies?: Record<string, string>;
}

test('the lock file names every optional dependency, also those of other platforms: npm ci refuses it otherwise', () => {
  const { packages } = readJson(path.join(root, 'package-lock.json')) as { packages: Record<string, Entry> };
  const missing = Object.entries(packages).flatMap(([place, entry]) =>
    Object.keys(entry.optionalDependencies ?? {}).filter((name) => !isNamed(packages, place, name)),
  );
  expect(missing).toEqual([]);
});

/** As Node looks for a package: in the nearest `node_modules`, then further out. */
function isNamed(packages: Record<string, Entry>, place: string, name: string): boolean {
  if (packages[`${place && `${place}/`}node_modules/${name}`]) return true;
  if (place === '') return false;
  const outer = place.lastIndexOf('/node_modules/');
  return isNamed(packages, outer < 0 ? '' : place.slice(0, outer), name);
}
