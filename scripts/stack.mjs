/** The whole house, running: Postgres, server, edge and demo, in that order; for `npm start`, for the tests, for the bench. */
import fs from 'node:fs';
import path from 'node:path';
import { build } from './parts.mjs';
import { openDataFolder } from './data-folder.mjs';
import { leaveFolder, takeFolder } from './folder-owner.mjs';
import { isFree } from './ports.mjs';
import { databaseUrl as embeddedUrl, postgresSpec } from './postgres.mjs';
import { readJson, writePrivate } from './private-file.mjs';
import { openSecrets } from './secrets.mjs';
import { createService } from './service.mjs';
import { demoSpec, edgeBindings, nodeEdgeSpec, serverSpec, urlsOf, workerEdgeSpec } from './services.mjs';
import { portVariables } from './settings.mjs';
import { SetupError } from './setup-error.mjs';
import { waitFor } from './wait-for.mjs';

/**
 * @typedef {'postgres' | 'server' | 'edge' | 'demo'} ServiceName
 * @typedef {Awaited<ReturnType<typeof startStack>>} Stack
 *
 * @typedef {object} StackOptions
 * @property {string} dataDir absolute
 * @property {Record<'server' | 'edge' | 'demo' | 'host' | 'postgres', number>} ports
 * @property {string | null} [databaseUrl] an own Postgres instead of the embedded one
 * @property {'worker' | 'node'} [edge] the Worker in workerd unless said otherwise
 * @property {ServiceName[]} [only] leaves out the others (the bench needs no demo)
 * @property {AbortSignal} [signal] ends the start, in order; afterwards it means nothing
 * @property {(line: string) => void} [report] hears of progress and of deaths, a line each
 * @property {(name: string, how: string) => void} [onLost] a service died too often and is given up
 */

/**
 * Builds what is stale, cleans up after a copy that was killed, starts everything and waits until all is healthy.
 * Whoever calls it calls `stop()`; should the process end without it, the children are killed on the way out.
 * @param {StackOptions} options
 * @throws {SetupError} busy port, folder that can't be written, folder in use, a service that does not come up
 */
export async function startStack({ dataDir, ports, databaseUrl = null, edge = 'worker', only, signal, report = () => {}, onLost = () => {} }) {
  const wants = (name) => !only || only.includes(name);
  const folder = openDataFolder(dataDir);
  const release = await takeFolder(folder);
  /** @type {Map<ServiceName, ReturnType<typeof createService>>} */
  const services = new Map();
  const killNow = () => services.forEach((service) => service.killNow());
  process.once('exit', killNow);

  let stopping = null;
  function stop() {
    stopping ??= (async () => {
      leaveFolder(folder);
      // They take leave of their readers while Postgres is still there.
      const last = services.get('postgres');
      await Promise.all([...services.values()].filter((one) => one !== last).map((one) => one.stop()));
      await last?.stop();
      process.off('exit', killNow);
      release();
    })();
    return stopping;
  }

  const abandon = () => void stop();
  signal?.addEventListener('abort', abandon, { once: true });

  async function launch(name, spec, where) {
    const began = performance.now();
    signal?.throwIfAborted();
    const service = createService(spec, (event) => {
      if (event.what === 'died') report(`${name} ${event.how}: starting it again in ${event.inMs / 1000} s (log: ${spec.log})`);
      else if (event.what === 'back') report(`${name} is back`);
      else onLost(name, event.how);
    });
    services.set(name, service);
    await service.start();
    report(`${label(name)} ready ${where} (${seconds(began)} s)`);
  }

  try {
    await refuseBusyPorts(ports, wants, databaseUrl);
    const secrets = openSecrets(folder.secrets);
    for (const name of ['postgres', 'server', 'edge', 'demo']) fs.rmSync(folder.log(name), { force: true });
    const { nextDist } = await build(['components', 'server', 'demo'].filter((part) => part === 'components' || wants(part)), report, { signal });
    const wiring = { folder, ports, secrets, nextDist, databaseUrl: databaseUrl ?? embeddedUrl(ports.postgres, secrets.POSTGRES_PASSWORD) };

    if (!databaseUrl && wants('postgres')) {
      const spec = await postgresSpec({ dataDir, port: ports.postgres, password: secrets.POSTGRES_PASSWORD, log: folder.log('postgres'), run: folder.run });
      await launch('postgres', spec, `on port ${ports.postgres}`);
    }
    const urls = urlsOf(ports);
    const bindings = Object.entries(edgeBindings(wiring)).map(([name, value]) => `${name}=${value}\n`);
    writePrivate(folder.edgeEnv, bindings.join(''));
    fs.rmSync(folder.demo, { force: true }); // an earlier run's addresses
    await Promise.all([
      wants('server') && launch('server', serverSpec(wiring), `at ${urls.server}`),
      wants('edge') && launch('edge', edge === 'node' ? nodeEdgeSpec(wiring) : workerEdgeSpec(wiring), `at ${urls.edge} (${edge === 'node' ? 'Node' : 'workerd'})`),
    ]);
    const demo = wants('server') ? await writeDemoFile(folder, urls, secrets) : null;
    if (wants('demo')) await launch('demo', demoSpec(wiring), `at ${urls.demo} and ${urls.host}`);

    signal?.throwIfAborted();
    signal?.removeEventListener('abort', abandon);

    const named = (name) => services.get(name) ?? unknown(name);
    return {
      dataDir,
      urls,
      /** As `<DATA_DIR>/demo.json` holds it. */
      demo,
      databaseUrl: wiring.databaseUrl,
      ports,
      log: folder.log,
      pid: (/** @type {ServiceName} */ name) => named(name).pid,
      /** Kills one process as a mishap would and comes back when it is dead; it is started again by itself. */
      kill: (/** @type {ServiceName} */ name, /** @type {NodeJS.Signals} */ signal = 'SIGKILL') => named(name).kill(signal),
      /** Comes back when it is healthy (again). */
      ready: (/** @type {ServiceName} */ name) => named(name).ready(),
      /** Ends one service and keeps it down until `restart`. */
      halt: (/** @type {ServiceName} */ name) => named(name).stop(),
      restart: (/** @type {ServiceName} */ name) => named(name).restart(),
      /** Ends everything, Postgres last; leaves no process behind. Callable twice. */
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function refuseBusyPorts(ports, wants, databaseUrl) {
  const needed = Object.keys(ports).filter((name) => (name === 'host' ? wants('demo') : name === 'postgres' ? !databaseUrl && wants(name) : wants(name)));
  for (const name of needed) {
    if (await isFree(ports[name])) continue;
    const variable = portVariables[name][0];
    throw new SetupError(`Port ${ports[name]} (${name}) is in use by another program: stop it, or choose another one, for example ${variable}=${ports[name] + 10} npm start`);
  }
}

/** What the server's seed made, and where everything is, in one private file. */
async function writeDemoFile(folder, urls, secrets) {
  const seed = await waitFor(() => readJson(folder.seed), { withinMs: 30_000 });
  if (!seed) throw new SetupError(`The server is up and has written no ${path.basename(folder.seed)}: see ${folder.log('server')}`);
  const demo = { urls, ...seed, edgeKey: secrets.CHAT_EDGE_KEY };
  writePrivate(folder.demo, `${JSON.stringify(demo, null, 2)}\n`);
  return demo;
}

const label = (name) => `${name[0].toUpperCase()}${name.slice(1)}`.padEnd(10);
const seconds = (began) => ((performance.now() - began) / 1000).toFixed(1);
function unknown(name) {
  throw new Error(`no service "${name}" runs in this stack`);
}
