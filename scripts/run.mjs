import path from 'node:path';
import { rebuildOnChange } from './rebuild.mjs';
import { root } from './root.mjs';
import { readSettings } from './settings.mjs';
import { SetupError } from './setup-error.mjs';
import { startStack } from './stack.mjs';
import { onStopSignal } from './stop-signal.mjs';

/**
 * Starts the stack as the environment says, tells where it is, and ends it at the first signal.
 * @param {{ watch?: boolean }} [how] `watch`: run sources and follow their changes
 */
export async function run({ watch = false } = {}) {
  const settings = readSettings(process.env);
  console.log(`Payload Chat   data: ${shown(settings.dataDir)}\n`);
  const abort = new AbortController();
  const starting = startStack({
    ...settings,
    watch,
    signal: abort.signal,
    report: (line) => console.log(`  ${line}`),
    onLost: (name, how) => {
      console.error(`\n${name} dies again and again and is given up. It ${how}\nEnding everything.`);
      stop(1);
    },
  });
  const stop = onStopSignal(async () => {
    console.log('\nStopping ...');
    abort.abort(new SetupError('Stopped while starting.'));
    await starting.then(
      (stack) => stack.stop(),
      () => {},
    );
    console.log('Stopped.');
  }); // exit code 0: a stop that was asked for is no failure, and npm prints no error
  // The terminal may be gone (SIGHUP) when we say that we stop: that must not end us before our children.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const stack = await starting.catch((error) => {
    if (abort.signal.aborted) return null; // the stop signal ends the process
    throw error;
  });
  if (!stack) return;
  console.log(welcome(stack));
  if (watch) rebuildOnChange((line) => console.log(`  ${line}`), abort.signal);
}

function welcome({ urls, demo, dataDir }) {
  const people = demo.people.map(
    (one) => `    ${one.name.padEnd(18)} ${one.email.padEnd(28)} ${one.password.padEnd(26)} ${one.kind}`,
  );
  return `
  Two people in one thread   ${urls.demo}
  A page on another origin   ${urls.host}
  Payload's admin panel      ${urls.admin}
  Edge                       ${urls.edge}
  Server                     ${urls.server}

  Demo logins
${people.join('\n')}

  All of this is in ${shown(path.join(dataDir, 'demo.json'))}. Ctrl+C ends everything.
`;
}

/** A path as a person would type it here. */
function shown(place) {
  const near = path.relative(root, place);
  return near.startsWith('..') ? place : near;
}
