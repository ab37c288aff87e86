/**
 * One launched process with a process group of its own: Ctrl+C at the terminal reaches us alone, and we choose the
 * order. Who it is stands in `<run>/<name>.json`, so that the next start finds it should we be killed.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { writePrivate } from './private-file.mjs';
import { birth } from './process-birth.mjs';
import { endGroup, signalGroup } from './process-group.mjs';

/**
 * @typedef {object} ServiceSpec
 * @property {string} name
 * @property {string} command
 * @property {string[]} args seen by every user of the machine: no secret in them
 * @property {Record<string, string | undefined>} env
 * @property {string} cwd
 * @property {{ uid: number, gid: number } | null} [user] null for "as we are"
 * @property {string} log the file that takes what it prints
 * @property {string} run the folder of run files
 * @property {(signal: AbortSignal) => Promise<boolean>} healthy asked until it answers true
 * @property {number} healthyWithinMs
 * @property {Stop} stop
 *
 * @typedef {{ signal: NodeJS.Signals, graceMs: number, leaderOnly?: boolean }} Stop how to end it; SIGKILL after the grace
 * @typedef {Awaited<ReturnType<typeof launch>>} Launched
 */

/** The mark in the environment of every process that runs on a data folder. */
export const runVariable = 'CHAT_RUN_FOLDER';

/** @param {ServiceSpec} spec */
export async function launch(spec) {
  const out = fs.openSync(spec.log, 'a', 0o600);
  const child = spawn(spec.command, spec.args, {
    cwd: spec.cwd,
    env: { ...spec.env, [runVariable]: spec.run },
    detached: true,
    stdio: ['ignore', out, out],
    ...(spec.user ? { uid: spec.user.uid, gid: spec.user.gid } : {}),
  });
  fs.closeSync(out);
  /** @type {string | null} */
  let how = null;
  const gone = new AbortController();
  const over = new Promise((resolve) => {
    const note = (text) => {
      how ??= text;
      gone.abort();
      resolve(how);
    };
    child.once('error', (error) => note(`could not be started (${error.message})`));
    child.once('exit', (code, signal) => note(signal ? `was ended by ${signal}` : `ended with exit code ${code}`));
  });
  const runFile = path.join(spec.run, `${spec.name}.json`);
  if (child.pid) writePrivate(runFile, JSON.stringify({ pid: child.pid, birth: birth(child.pid), stop: spec.stop }));
  return {
    pid: child.pid ?? 0,
    log: spec.log,
    /** Aborted when the leader is dead. */
    gone: gone.signal,
    /** How it ended, or null while it lives. */
    how: () => how,
    /** How it ended; null if the signal came first. */
    exited: (signal) => Promise.race([over, aborted(signal)]),
    /** Ends the whole group and waits until nobody is left. */
    async end() {
      if (!child.pid) return;
      await endGroup(child.pid, spec.stop);
      await over;
      fs.rmSync(runFile, { force: true });
    },
    killNow() {
      if (child.pid) signalGroup(child.pid, 'SIGKILL');
    },
    lastWords: () => lastLines(spec.log, 15),
  };
}

function aborted(signal) {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve(null);
    signal?.addEventListener('abort', () => resolve(null), { once: true });
  });
}

/** The end of a file that may be long: its last 8 KiB at the most. */
function lastLines(file, count) {
  const size = fs.statSync(file).size;
  const length = Math.min(size, 8192);
  const buffer = Buffer.alloc(length);
  const descriptor = fs.openSync(file, 'r');
  fs.readSync(descriptor, buffer, 0, length, size - length);
  fs.closeSync(descriptor);
  return buffer.toString('utf8').trim().split('\n').slice(-count).join('\n').trim();
}
