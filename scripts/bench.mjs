/** `npm run bench`: the measurements of bench/, under our own Node; what follows `--` is theirs. */
import { spawn } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { underOwnNode } from './own-node.mjs';
import { root } from './root.mjs';

await underOwnNode(import.meta.url, async (args) => {
  const child = spawn(process.execPath, [path.join(root, 'bench', 'src', 'main.ts'), ...args], { stdio: 'inherit' });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
    process.on(signal, () => child.kill(signal));
  child.once('exit', (code, signal) => process.exit(code ?? 128 + os.constants.signals[signal ?? 'SIGTERM']));
});
