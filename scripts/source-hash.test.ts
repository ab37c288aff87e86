import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sourceHash } from './source-hash.mjs';
import { temporaryFolder } from './temporary-folder.mjs';

let place: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  place = temporaryFolder();
  write('part/src/a.ts', 'one');
});
afterEach(() => place.remove());

function write(name: string, text: string) {
  const file = path.join(place.folder, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
}
const hash = () => sourceHash(place.folder, ['lock.json', 'part'], ['part/public/made.js']);

test('a changed, an added and a renamed source make a part stale', () => {
  const seen = [hash()];
  write('part/src/a.ts', 'two');
  seen.push(hash());
  write('part/src/b.ts', '');
  seen.push(hash());
  fs.renameSync(path.join(place.folder, 'part/src/b.ts'), path.join(place.folder, 'part/src/c.ts'));
  seen.push(hash());
  expect(new Set(seen).size).toBe(4);
});

test('a touched file, a test, a text and what a build made do not', () => {
  const before = hash();
  write('part/src/a.ts', 'one');
  write('part/src/a.test.ts', 'x');
  write('part/README.md', 'x');
  write('part/dist/a.js', 'x');
  write('part/.next/BUILD_ID', 'x');
  write('part/node_modules/x/index.js', 'x');
  write('part/public/made.js', 'x');
  expect(hash()).toBe(before);
});

test('text does not slip from one file into the next unseen', () => {
  write('part/src/b.ts', 'xy');
  const before = hash();
  write('part/src/a.ts', 'onex');
  write('part/src/b.ts', 'y');
  expect(hash()).not.toBe(before);
});
