import { randomUUID } from 'node:crypto';
import fs from 'node:fs';

/** Writes a file that only its owner may read (0600), whole or not at all: a reader never sees half of it. */
export function writePrivate(file, text) {
  const draft = `${file}.${randomUUID()}.tmp`;
  try {
    fs.writeFileSync(draft, text, { mode: 0o600, flag: 'wx' });
    fs.renameSync(draft, file);
  } catch (error) {
    fs.rmSync(draft, { force: true });
    throw error;
  }
}

/**
 * The file's content as JSON, or null when there is no such file.
 * @throws when it stands there and isn't JSON: a damaged file is not the same as none.
 */
export function readJson(file) {
  let text;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${file} is damaged: it is not JSON`);
  }
}
