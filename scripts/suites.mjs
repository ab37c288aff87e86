/** The suites of `npm test`, in the order in which they run: what is quick to fail comes first. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { readJson } from './private-file.mjs';
import { cache, root } from './root.mjs';
import { countVitest } from './test-count.mjs';

/** `elements` are the components in a browser, by web-test-runner; the others are projects of vitest.config.ts. */
export const suiteNames = ['protocol', 'components', 'scripts', 'edge', 'server', 'demo', 'elements', 'chaos', 'e2e'];

/**
 * Runs one suite with its output on our terminal.
 * @param {string} name
 * @param {Record<string, string | undefined>} env
 * @param {AbortSignal} [signal] ends it: SIGTERM first, SIGKILL 5 s later
 * @returns {Promise<import('./test-count.mjs').Count & { name: string, seconds: number }>}
 */
export async function runSuite(name, env, signal) {
  const report = path.join(cache, 'test', `${name}.json`);
  fs.mkdirSync(path.dirname(report), { recursive: true });
  fs.rmSync(report, { force: true });
  const began = performance.now();
  const code = await run(name === 'elements' ? elements(report) : vitest(name, report), env, signal);
  const seconds = (performance.now() - began) / 1000;
  const found = readReport(report);
  const count = !found ? null : name === 'elements' ? found : countVitest(found);
  return { name, seconds, ...judge(count, code) };
}

/**
 * A suite that ran no test, or whose runner failed for a reason that no test carries, has failed.
 * @param {import('./test-count.mjs').Count | null} count
 * @param {number} code
 * @returns {import('./test-count.mjs').Count}
 */
export function judge(count, code) {
  const { passed, failed, skipped, failures } = count ?? { passed: 0, failed: 0, skipped: 0, failures: [] };
  if (failed > 0 || (code === 0 && passed > 0)) return { passed, failed, skipped, failures };
  const why = passed === 0 ? 'ran no test' : `its runner ended with ${code} though no test failed`;
  return { passed, failed: 1, skipped, failures: [why] };
}

function vitest(name, report) {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  return [path.join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', '--project', name, ...reporters];
}

function elements(report) {
  return [path.join(root, 'scripts', 'run-elements.mjs'), report];
}

function run(args, env, signal) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
    const end = () => {
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), 5000).unref();
    };
    signal?.addEventListener('abort', end, { once: true });
    child.once('error', reject);
    child.once('exit', (code) => {
      signal?.removeEventListener('abort', end);
      resolve(code ?? 1);
    });
  });
}

function readReport(file) {
  try {
    return readJson(file);
  } catch {
    return null; // the runner died while it wrote
  }
}
