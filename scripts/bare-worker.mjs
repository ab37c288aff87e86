/**
 * The Worker in workerd alone, as it deploys: without the Workers that `wrangler dev` puts around it, in whose isolates
 * every request leaves more than the edge ever holds. What this process needs is what the edge needs.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { openInspector } from './inspector.mjs';
import { root } from './root.mjs';
import { runProgram } from './run-program.mjs';

const require = createRequire(import.meta.url);
/** Between two requests that keep it awake. */
const pokeMs = 20;
/** The release that wrangler brings. */
const workerd = () => createRequire(require.resolve('wrangler'))('workerd').default;

/**
 * @typedef {object} BareWorker
 * @property {string} url
 * @property {number} pid
 * @property {() => Promise<number>} liveBytes what its JavaScript holds once garbage was collected: of the one isolate
 *   that the Worker and all its objects share
 * @property {() => Promise<void>} close callable twice
 */

/**
 * Bundles the Worker and runs it on a free port. It has no assets and its objects keep nothing on disk.
 * @param {Record<string, string>} variables its settings, secrets too: they stand in no file
 * @returns {Promise<BareWorker>} once it listens; it ends with this process
 */
export async function startBareWorker(variables) {
  const { unstable_readConfig: readConfig } = require('wrangler');
  const config = readConfig({ config: path.join(root, 'wrangler.toml') });
  const folder = mkdtempSync(path.join(os.tmpdir(), 'chat-worker-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const { code, output } = await runProgram(
      process.execPath,
      [path.join(root, 'node_modules', 'wrangler', 'bin', 'wrangler.js'), 'deploy', '--dry-run', '--outdir', folder],
      { cwd: root, env: { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_WRITE_LOGS: 'false' } },
    );
    if (code !== 0) throw new Error(`The Worker was not bundled:\n${output}`);
    const file = path.join(folder, 'config.capnp');
    writeFileSync(file, configText(config, Object.keys(variables)));
    const args = ['serve', '--control-fd=3', '--inspector-addr=127.0.0.1:0', file];
    const child = spawn(workerd(), args, { env: { ...variables }, stdio: ['ignore', 'inherit', 'inherit', 'pipe'] });
    const kill = () => child.kill('SIGKILL'); // workerd would wait for open streams.
    process.once('exit', kill);
    const ended = new Promise((resolve) => child.once('close', resolve));
    const close = async () => {
      process.off('exit', kill);
      kill();
      await ended;
      remove();
    };
    try {
      const { http, inspector } = await portsOf(child);
      const { collect, heapBytes } = await openInspector(`ws://127.0.0.1:${inspector}/main`);
      const url = `http://127.0.0.1:${http}`;
      return {
        url,
        pid: child.pid ?? 0,
        liveBytes: () =>
          // An isolate hears its inspector while it runs, and nobody may be asking anything.
          awake(url, async () => {
            await collect();
            return heapBytes();
          }),
        close,
      };
    } catch (error) {
      await close();
      throw error;
    }
  } catch (error) {
    remove();
    throw error;
  }
}

/** By what wrangler.toml says of dates, flags and objects. */
function configText({ compatibility_date: date, compatibility_flags: flags, durable_objects: objects }, variables) {
  const text = JSON.stringify;
  const list = (items) => `[${items.join(', ')}]`;
  const bindings = [
    ...objects.bindings.map((one) => `(name = ${text(one.name)}, durableObjectNamespace = ${text(one.class_name)})`),
    ...variables.map((name) => `(name = ${text(name)}, fromEnvironment = ${text(name)})`),
  ];
  const namespaces = objects.bindings.map(
    (one) => `(className = ${text(one.class_name)}, uniqueKey = ${text(one.class_name)}, enableSql = true)`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "network", network = (allow = ["public", "private", "local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = ${text(date)},
  compatibilityFlags = ${list(flags.map(text))},
  bindings = ${list(bindings)},
  durableObjectNamespaces = ${list(namespaces)},
  durableObjectStorage = (inMemory = void),
  globalOutbound = "network",
);
`;
}

/** Runs `work` while the Worker is asked for something that it refuses. */
async function awake(url, work) {
  const working = work();
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  working.then(over, over);
  while (!isOver) {
    const refused = await fetch(`${url}/nothing`);
    await refused.body?.cancel();
    await new Promise((resolve) => setTimeout(resolve, pokeMs));
  }
  return working;
}

/** It says on its control descriptor where it listens, one JSON a line. */
function portsOf(child) {
  return new Promise((resolve, reject) => {
    const ports = new Map();
    let rest = '';
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`workerd ended with ${code} before it listened`)));
    child.stdio[3].setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const { event, port } of lines.map((line) => JSON.parse(line))) ports.set(event, port);
      if (ports.has('listen') && ports.has('listen-inspector'))
        resolve({ http: ports.get('listen'), inspector: ports.get('listen-inspector') });
    });
  });
}
