import { spawn } from 'node:child_process';
import { SetupError } from './setup-error.mjs';

/**
 * Runs a program to its end and keeps the end of what it printed (100,000 characters). It ends with us: by the signal,
 * or when our process exits while it runs.
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions & { signal?: AbortSignal }} [options]
 * @returns {Promise<{ code: number | string, output: string }>} the exit code, or the name of the signal that ended it
 * @throws {SetupError} when there is no such program
 */
export function runProgram(command, args, options = {}) {
  const { signal, ...rest } = options;
  return new Promise((resolve, reject) => {
    // A group of its own: npm passes no signal on to the programs below it.
    const child = spawn(command, args, { ...rest, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const kill = () => {
      try {
        if (child.pid) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // it has ended
      }
    };
    process.once('exit', kill);
    signal?.addEventListener('abort', kill, { once: true });
    if (signal?.aborted) kill();
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output = (output + text).slice(-100_000);
      });
    }
    const settle = (work) => {
      process.off('exit', kill);
      signal?.removeEventListener('abort', kill);
      work();
    };
    child.once('error', (error) =>
      settle(() => reject(new SetupError(`${command} could not be started: ${error.message}`))),
    );
    child.once('close', (code, by) => settle(() => resolve({ code: code ?? by ?? 'unknown', output })));
  });
}
