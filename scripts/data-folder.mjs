/** The folder that holds all that a running copy keeps: database, secrets, logs, and who runs on it. */
import fs from 'node:fs';
import path from 'node:path';
import { SetupError } from './setup-error.mjs';

/**
 * Makes the folder and what stands in it, and tries whether it can be written.
 * @throws {SetupError} one line that names the folder and the variable
 */
export function openDataFolder(dataDir) {
  try {
    // 0755, whatever the umask: under root, Postgres runs as another user and must be able to pass through. What is
    // secret is 0600 by file.
    if (fs.mkdirSync(dataDir, { recursive: true })) fs.chmodSync(dataDir, 0o755);
    for (const name of ['run', 'logs']) fs.mkdirSync(path.join(dataDir, name), { recursive: true, mode: 0o700 });
    const probe = path.join(dataDir, 'run', `probe.${process.pid}`);
    fs.writeFileSync(probe, '');
    fs.rmSync(probe);
  } catch (error) {
    throw new SetupError(
      `The data folder ${dataDir} can't be written (${error.code}): choose another one with DATA_DIR`,
    );
  }
  return {
    dataDir,
    run: path.join(dataDir, 'run'),
    log: (name) => path.join(dataDir, 'logs', `${name}.log`),
    secrets: path.join(dataDir, 'secrets.json'),
    seed: path.join(dataDir, 'seed.json'),
    demo: path.join(dataDir, 'demo.json'),
    edgeEnv: path.join(dataDir, 'edge.env'),
  };
}
