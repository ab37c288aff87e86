/** Builds the parts that have a build, and only those whose sources changed since. */
import fs from 'node:fs';
import path from 'node:path';
import { withLock } from './lock-file.mjs';
import { readJson, writePrivate } from './private-file.mjs';
import { cache, root } from './root.mjs';
import { runProgram } from './run-program.mjs';
import { currentServerBuild, keepServerBuild, useServerBuild } from './server-builds.mjs';
import { SetupError } from './setup-error.mjs';
import { sourceHash } from './source-hash.mjs';
import { label } from './supervisor.mjs';

const shared = ['package-lock.json', 'tsconfig.base.json', 'protocol'];

/** In the order in which they are built. `made`: without this file it is stale whatever the stamp says. */
const parts = {
  components: { sources: ['components'], made: 'components/dist/chat.js' },
  demo: { sources: ['demo', 'components'], made: 'demo/dist' },
  server: { sources: ['server'], except: ['server/public/chat.js', 'server/public/chat-more.js'], made: null },
};

/** @typedef {keyof typeof parts} PartName */

export const partNames = /** @type {PartName[]} */ (Object.keys(parts));

/**
 * Builds what is stale of the named parts. One build at a time runs in a checkout: a second start waits for it.
 * @param {PartName[]} names
 * @param {(line: string) => void} report
 * @param {{ force?: boolean, signal?: AbortSignal }} [how]
 * @returns {Promise<{ nextDist: string }>} which build of the server to start, seen from its folder
 */
export function build(names, report, { force = false, signal } = {}) {
  const wanted = partNames.filter((name) => names.includes(name));
  return withLock(
    path.join(cache, 'build.lock'),
    async () => {
      let nextDist = '.next';
      for (const name of wanted) {
        const key = sourceHash(root, [...shared, ...parts[name].sources], parts[name].except);
        await buildPart(name, key, report, { force, signal });
        if (name === 'server') nextDist = useServerBuild(key);
      }
      return { nextDist };
    },
    { onWait: (holder) => report(`Build      waiting for process ${holder.pid}, which builds in this checkout`) },
  );
}

async function buildPart(name, key, report, { force, signal }) {
  signal?.throwIfAborted();
  if (!force && isBuilt(name, key)) {
    if (name === 'components') copyChatJs();
    return;
  }
  if (!hasBuild(name)) return;
  report(`${label(name)} building ...`);
  const began = performance.now();
  const ticker = setInterval(
    () => report(`${label(name)} still building (${Math.round((performance.now() - began) / 1000)} s)`),
    20_000,
  );
  const { code, output } = await npmRunBuild(name, signal).finally(() => clearInterval(ticker));
  signal?.throwIfAborted();
  if (code !== 0)
    throw new SetupError(
      `The build of ${name} failed (npm run build -w ${name}):\n${output.trim().split('\n').slice(-40).join('\n')}`,
    );
  if (name === 'server') keepServerBuild(key);
  else writePrivate(stamp(name), JSON.stringify({ key }));
  if (name === 'components') copyChatJs();
  report(`${label(name)} built (${((performance.now() - began) / 1000).toFixed(1)} s)`);
}

function isBuilt(name, key) {
  if (name === 'server') return currentServerBuild(key);
  return fs.existsSync(path.join(root, parts[name].made)) && readStamp(name) === key;
}

function readStamp(name) {
  try {
    return readJson(stamp(name))?.key;
  } catch {
    return null; // cut short: build again
  }
}

function stamp(name) {
  fs.mkdirSync(path.join(cache, 'built'), { recursive: true });
  return path.join(cache, 'built', `${name}.json`);
}

function hasBuild(name) {
  return Boolean(readJson(path.join(root, name, 'package.json'))?.scripts?.build);
}

/** The server gives `GET /chat.js` and `/chat-more.js` from its own folder of public files. */
function copyChatJs() {
  for (const name of ['chat-more.js', 'chat.js']) {
    const target = path.join(root, 'server', 'public', name);
    const source = fs.readFileSync(path.join(root, 'components', 'dist', name));
    if (fs.existsSync(target) && fs.readFileSync(target).equals(source)) continue;
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.writeFileSync(`${target}.tmp`, source);
    fs.renameSync(`${target}.tmp`, target);
  }
}

function npmRunBuild(name, signal) {
  // Each tool sets its own NODE_ENV for a build.
  const env = { ...process.env, NODE_ENV: undefined, NEXT_TELEMETRY_DISABLED: '1' };
  return runProgram('npm', ['run', 'build', '--workspace', name], { cwd: root, env, signal });
}
