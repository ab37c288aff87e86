import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSecrets } from './secrets.mjs';
import { temporaryFolder } from './temporary-folder.mjs';

let place: ReturnType<typeof temporaryFolder>;
let file: string;
beforeEach(() => {
  place = temporaryFolder();
  file = path.join(place.folder, 'secrets.json');
});
afterEach(() => place.remove());

const mode = () => (fs.statSync(file).mode & 0o777).toString(8);

test('the first start makes secrets that only their owner may read, the next one finds the same', () => {
  const made = openSecrets(file);
  expect(mode()).toBe('600');
  expect(made.PAYLOAD_SECRET.length).toBeGreaterThanOrEqual(32);
  expect(new Set(Object.values(made)).size).toBe(3);
  expect(openSecrets(file)).toEqual(made);
});

test('a file that a copy made readable for all is closed again', () => {
  openSecrets(file);
  fs.chmodSync(file, 0o644);
  openSecrets(file);
  expect(mode()).toBe('600');
});

test('a secret that an older version did not know is added, the others stay', () => {
  const { PAYLOAD_SECRET } = openSecrets(file);
  fs.writeFileSync(file, JSON.stringify({ PAYLOAD_SECRET }));
  const now = openSecrets(file);
  expect(now.PAYLOAD_SECRET).toBe(PAYLOAD_SECRET);
  expect(now.CHAT_EDGE_KEY).toBeTypeOf('string');
});

test('a damaged file is refused, not replaced: it may seal what the database holds', () => {
  fs.writeFileSync(file, '{"PAYLOAD_SEC');
  expect(() => openSecrets(file)).toThrow(/secrets\.json is damaged/);
  expect(fs.readFileSync(file, 'utf8')).toBe('{"PAYLOAD_SEC');
});
