/** `npm run chaos`: the fault machine of chaos/, under our own Node; what follows `--` is its own. */
import { spawn } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { underOwnNode } from './own-node.mjs';
import { root } from './root.mjs';

await underOwnNode(import.meta.url, async (args) => {
  const options = ['--disable-warning=ExperimentalWarning', path.join(root, 'chaos', 'src', 'main.ts'), ...args];
  const child = spawn(process.execPath, options, { stdio: 'inherit' });
  // Ctrl+C reaches it from the terminal; a second one would end it at once.
  process.on('SIGINT', () => {});
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP'])) process.on(signal, () => child.kill(signal));
  child.once('exit', (code, signal) => process.exit(code ?? 128 + os.constants.signals[signal ?? 'SIGTERM']));
});
