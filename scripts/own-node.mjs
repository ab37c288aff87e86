/**
 * A script that begins under whatever Node the machine has (20 at least) goes on under the Node 24 of the lock file:
 * the first process becomes a relay, which hands on signals and the exit code.
 */
import { spawn } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled, ownNode } from './install.mjs';
import { root } from './root.mjs';
import { SetupError } from './setup-error.mjs';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs `main` under our own Node, after an install if one is needed. `script` is the caller's `import.meta.url`.
 * A SetupError is printed as its message alone and ends the process with 1.
 */
export async function underOwnNode(script, main) {
  try {
    await ensureInstalled((line) => console.log(line));
    endWithNpm();
    if (Number.parseInt(process.versions.node, 10) < 24) return relay(fileURLToPath(script));
    // Programs of node_modules/.bin begin with "env node".
    process.env.PATH = `${path.join(root, 'node_modules', '.bin')}${path.delimiter}${process.env.PATH ?? ''}`;
    endWithRelay();
    await main(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof SetupError ? `\n${error.message}` : error);
    process.exit(1);
  }
}

function relay(script) {
  const child = spawn(ownNode, [script, ...process.argv.slice(2)], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  for (const signal of signals) process.on(signal, () => child.kill(/** @type {NodeJS.Signals} */ (signal)));
  child.on('error', (error) => {
    console.error(`Node 24 of node_modules does not start: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + os.constants.signals[signal ?? 'SIGTERM']));
}

/** The relay was killed and can't say so: its end of the channel closes. */
function endWithRelay() {
  if (!process.channel) return;
  process.channel.unref();
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
}

/** npm was killed and can't say so: whoever is a child of nobody now would go on without an owner. */
function endWithNpm() {
  if (!process.env.npm_lifecycle_event) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, 500);
  timer.unref();
}
