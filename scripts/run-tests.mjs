import { chromium } from './browser.mjs';
import { build, partNames } from './parts.mjs';
import { SetupError } from './setup-error.mjs';
import { onStopSignal } from './stop-signal.mjs';
import { runSuite, suiteNames } from './suites.mjs';
import { sweepTestStacks } from './test-stack.mjs';

/** What a test must not inherit from the shell of whoever runs it: the settings of his own running copy. */
const ours = ['SERVER_PORT', 'EDGE_PORT', 'DEMO_PORT', 'HOST_PORT', 'POSTGRES_PORT', 'DATABASE_URL', 'DATA_DIR'];

/**
 * Runs the named suites, or all; closes with a plain line `N passed, N failed` and the exit code that fits it.
 * @param {string[]} names
 * @throws {SetupError} for an unknown name
 */
export async function runTests(names) {
  const unknown = names.find((name) => !suiteNames.includes(name));
  if (unknown) throw new SetupError(`There is no suite "${unknown}". There are: ${suiteNames.join(', ')}`);
  const chosen = names.length > 0 ? suiteNames.filter((name) => names.includes(name)) : suiteNames;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.includes(name)));

  const abort = new AbortController();
  let current = Promise.resolve();
  onStopSignal(async () => {
    abort.abort();
    await current;
    await sweepTestStacks();
  }, 130);

  await sweepTestStacks();
  // The others run from the sources.
  if (chosen.includes('e2e') || chosen.includes('chaos'))
    await build(partNames, (line) => console.log(line), { signal: abort.signal });
  if (chosen.some((name) => ['scripts', 'elements', 'chaos', 'e2e'].includes(name))) await chromium();

  const results = [];
  for (const name of chosen) {
    console.log(`\n── ${name} ${'─'.repeat(Math.max(0, 76 - name.length))}`);
    const running = runSuite(name, env, abort.signal);
    current = running.then(
      () => {},
      () => {},
    );
    results.push(await running);
    if (abort.signal.aborted) return; // the stop signal ends the process
  }
  await sweepTestStacks();
  print(results);
  process.exit(results.some((one) => one.failed > 0) ? 1 : 0);
}

function print(results) {
  const sum = (/** @type {'passed' | 'failed'} */ what) => results.reduce((total, one) => total + one[what], 0);
  console.log('\nsuite       passed  failed  skipped  seconds');
  for (const { name, passed, failed, skipped, seconds } of results) {
    const figures = [passed, failed, skipped, seconds.toFixed(1)].map((one, i) =>
      String(one).padStart([6, 6, 7, 7][i] ?? 0),
    );
    console.log(`${name.padEnd(11)} ${figures.join('  ')}`);
  }
  for (const { name, failures } of results) {
    for (const failure of failures) console.log(`\nfailed in ${name}: ${failure}`);
  }
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`);
}
