/** Are the dependencies there, as the lock file says? Runs under Node 20, before anything is installed. */
import fs from 'node:fs';
import path from 'node:path';
import { withLock } from './lock-file.mjs';
import { readJson } from './private-file.mjs';
import { cache, root } from './root.mjs';
import { runProgram } from './run-program.mjs';
import { SetupError } from './setup-error.mjs';

/** The Node that the lock file brings. */
export const ownNode = path.join(
  root,
  'node_modules',
  'node',
  'bin',
  process.platform === 'win32' ? 'node.exe' : 'node',
);

/**
 * Why an install is needed, or null. Compares the lock file with the one npm leaves in `node_modules` at the end of an
 * install, so it sees an install that was cut short and one that a person made by hand.
 */
export function whyInstall(wanted, found) {
  if (!found) return 'no dependencies yet';
  for (const [place, entry] of Object.entries(wanted.packages)) {
    if (!place.includes('node_modules/') || entry.link) continue;
    const there = found.packages[place];
    if (there ? there.version !== entry.version : !(entry.optional || entry.devOptional)) {
      return `${place.slice(place.lastIndexOf('node_modules/') + 13)} ${entry.version} is missing`;
    }
  }
  return null;
}

/** Installs what the lock file names, if it isn't there. Tells `report` what it does and how long it takes. */
export async function ensureInstalled(report) {
  if (!installReason()) return;
  await withLock(
    path.join(cache, 'install.lock'),
    async () => {
      const reason = installReason(); // whoever held the lock has probably done it
      if (reason) await install(reason, report);
    },
    { onWait: (holder) => report(`Dependencies: process ${holder.pid} is installing them, waiting for it`) },
  );
}

function installReason() {
  const wanted = readJson(path.join(root, 'package-lock.json'));
  if (!wanted) throw new SetupError(`${root} has no package-lock.json: this is not a whole checkout`);
  const found = readHiddenLock();
  return whyInstall(wanted, found) ?? (fs.existsSync(ownNode) ? null : 'Node 24 is missing');
}

function readHiddenLock() {
  try {
    return readJson(path.join(root, 'node_modules', '.package-lock.json'));
  } catch {
    return null;
  }
}

async function install(reason, report) {
  report(`Dependencies: ${reason}. Installing (npm ci), about a minute the first time ...`);
  const began = Date.now();
  const ticker = setInterval(() => report(`Dependencies: still installing (${seconds(began)} s)`), 15_000);
  const leave = () => process.exit(130); // takes npm along
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, leave);
  try {
    const { code, output } = await runNpmCi();
    if (code !== 0) {
      throw new SetupError(
        `npm ci failed (exit ${code}). It said:\n${output.trim().split('\n').slice(-30).join('\n')}`,
      );
    }
    if (!fs.existsSync(ownNode)) {
      throw new SetupError(
        'npm ci left out Node 24: it runs the install script of the package "node". Is ignore-scripts set in an .npmrc?',
      );
    }
  } finally {
    clearInterval(ticker);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, leave);
  }
  report(`Dependencies: installed (${seconds(began)} s)`);
}

function runNpmCi() {
  // The lists of what to leave out come from the user's own settings (NODE_ENV=production leaves out Node 24 itself).
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.env.npm_execpath;
  const [command, first] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
  return runProgram(command, [...first, ...args], { cwd: root });
}

function seconds(began) {
  return Math.round((Date.now() - began) / 1000);
}
