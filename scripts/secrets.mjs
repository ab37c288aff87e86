import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { readJson, writePrivate } from './private-file.mjs';
import { SetupError } from './setup-error.mjs';

/** Named as the variables that carry them. */
const names = /** @type {const} */ (['PAYLOAD_SECRET', 'CHAT_EDGE_KEY', 'POSTGRES_PASSWORD']);

/**
 * The secrets of a data folder, made at the first start and the same ever after. They go to the processes by
 * environment or by a private file, never on a command line, where every user of the machine can read them.
 * @throws {SetupError} for a damaged file: a new secret would shut the owner out of what the old one sealed
 */
export function openSecrets(file) {
  let kept;
  try {
    kept = readJson(file) ?? {};
  } catch (error) {
    throw new SetupError(`${error.message}. Put the right file back, or delete the whole data folder to begin anew`);
  }
  const made = names.map((name) => [name, kept[name] ?? randomBytes(32).toString('base64url')]);
  const secrets = /** @type {Record<typeof names[number], string>} */ (Object.fromEntries(made));
  if (names.some((name) => kept[name] !== secrets[name])) {
    writePrivate(file, `${JSON.stringify(secrets, null, 2)}\n`);
  }
  fs.chmodSync(file, 0o600); // a copied folder may have lost it
  return secrets;
}
