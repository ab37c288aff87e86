/** What the seed made, for whoever shows or tests it: passwords included, so for the owner's eyes alone (0600). */
import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { list, object, read, text } from '@payload-chat/protocol';

const person = object({ name: text(1), email: text(1), password: text(1), kind: text(1), id: text(1) });
const seedFile = object({
  site: object({ key: text(1), secret: object({ kid: text(1), value: text(1) }) }),
  people: list(person),
  threads: object({ direct: text(1), support: text(1), room: text(1) }),
});

export interface SeedFile {
  site: { key: string; secret: { kid: string; value: string } };
  people: Array<{ name: string; email: string; password: string; kind: string; id: string }>;
  /** Ids. */
  threads: { direct: string; support: string; room: string };
}

/** `undefined` where there is none, or something else lies there. */
export async function readSeedFile(file: string): Promise<SeedFile | undefined> {
  try {
    return read(seedFile, JSON.parse(await readFile(file, 'utf8')));
  } catch {
    // Not there, or cut off by a crash of an earlier release: it is made again.
    return undefined;
  }
}

/** Whole or not at all: a reader never sees half of it. */
export async function writeSeedFile(file: string, content: SeedFile): Promise<void> {
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    await writeFile(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw new Error(`The seed could not write ${file} (CHAT_SEED_FILE): ${(error as Error).message}`, { cause: error });
  }
}
