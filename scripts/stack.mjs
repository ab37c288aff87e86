/** The whole house, running: Postgres, server, edge and demo; for `npm start`, for the tests, for the bench. */
import fs from 'node:fs';
import { openDataFolder } from './data-folder.mjs';
import { forgetDemoFile, writeDemoFile } from './demo-file.mjs';
import { leaveFolder, takeFolder } from './folder-owner.mjs';
import { build } from './parts.mjs';
import { whyNotFree } from './ports.mjs';
import { databaseUrl as embeddedUrl, postgresSpec } from './postgres.mjs';
import { writePrivate } from './private-file.mjs';
import { openSecrets } from './secrets.mjs';
import {
  demoSpec,
  edgeBindings,
  edgeReachesServer,
  nodeEdgeSpec,
  serverSpec,
  urlsOf,
  workerEdgeSpec,
} from './services.mjs';
import { portVariables } from './settings.mjs';
import { SetupError } from './setup-error.mjs';
import { createSupervisor } from './supervisor.mjs';
import { waitFor } from './wait-for.mjs';

/**
 * @typedef {'postgres' | 'server' | 'edge' | 'demo'} ServiceName
 * @typedef {Record<'server' | 'edge' | 'demo' | 'host' | 'postgres', number>} Ports
 * @typedef {Awaited<ReturnType<typeof startStack>>} Stack
 *
 * @typedef {object} StackOptions
 * @property {string} dataDir absolute
 * @property {Ports} ports
 * @property {string | null} [databaseUrl] an own Postgres instead of the embedded one
 * @property {'worker' | 'node'} [edge] the Worker in workerd unless said otherwise
 * @property {ServiceName[]} [only] leaves out the others (the bench needs no demo)
 * @property {boolean} [watch] run sources and follow their changes, as `npm run dev` does
 * @property {Record<string, string>} [serverEnv] further variables for the server
 * @property {AbortSignal} [signal] ends the start, in order; afterwards it means nothing
 * @property {(line: string) => void} [report] hears of progress and of deaths, a line each
 * @property {(name: string, how: string) => void} [onLost] a service died too often and is given up
 */

/**
 * Builds what is stale, cleans up after a copy that was killed, starts everything and waits until all is healthy.
 * Whoever calls it calls `stop()`; should the process exit without it, the children are killed on the way out.
 * @param {StackOptions} options
 * @throws {SetupError} busy port, folder that can't be written, folder in use, a service that does not come up
 */
export async function startStack(options) {
  const { dataDir, ports, databaseUrl = null, edge = 'worker', signal, watch = false } = options;
  const { report = () => {}, onLost = () => {} } = options;
  const wants = (/** @type {ServiceName} */ name) =>
    (options.only?.includes(name) ?? true) && !(name === 'postgres' && databaseUrl);
  const folder = openDataFolder(dataDir);
  const release = await takeFolder(folder);
  const supervisor = createSupervisor({ report, onLost, signal });

  /** @type {Promise<void> | null} */
  let stopped = null;
  const stop = () => {
    stopped ??= (async () => {
      leaveFolder(folder);
      await supervisor.end();
      release();
    })();
    return stopped;
  };
  const abandon = () => void stop();
  signal?.addEventListener('abort', abandon, { once: true });

  try {
    forgetDemoFile(folder);
    await refuseBusyPorts(ports, wants);
    const secrets = openSecrets(folder.secrets);
    for (const name of ['postgres', 'server', 'edge', 'demo']) fs.rmSync(folder.log(name), { force: true });
    const parts = /** @type {const} */ (['components', 'server', 'demo']);
    const { nextDist } = await build(
      parts.filter((part) => part === 'components' || (wants(part) && !(watch && part === 'server'))),
      report,
      { signal },
    );

    const password = secrets.POSTGRES_PASSWORD;
    const database = databaseUrl ?? embeddedUrl(ports.postgres, password);
    if (wants('postgres')) {
      const place = { dataDir, port: ports.postgres, password, log: folder.log('postgres'), run: folder.run };
      const spec = await postgresSpec(place);
      // Under root it may have to live elsewhere: see postgres-home.mjs.
      const away = spec.cwd.startsWith(dataDir) ? '' : `, its data in ${spec.cwd}`;
      await supervisor.launch(spec, `on port ${ports.postgres}${away}`);
    }

    const urls = urlsOf(ports);
    const wiring = {
      folder,
      ports,
      secrets,
      nextDist,
      databaseUrl: database,
      watch,
      serverEnv: options.serverEnv ?? {},
    };
    writePrivate(folder.edgeEnv, envFile(edgeBindings(wiring)));
    const edgeSpec = edge === 'node' ? nodeEdgeSpec(wiring) : workerEdgeSpec(wiring);
    await Promise.all([
      wants('server') && supervisor.launch(serverSpec(wiring), `at ${urls.server}`),
      wants('edge') && supervisor.launch(edgeSpec, `at ${urls.edge} (${edge === 'node' ? 'Node' : 'workerd'})`),
    ]);
    if (wants('server') && wants('edge')) await untilEdgeReachesServer(wiring, signal);
    const demo = wants('server') ? await writeDemoFile(folder, urls, secrets.CHAT_EDGE_KEY) : null;
    if (wants('demo')) await supervisor.launch(demoSpec(wiring), `at ${urls.demo} and ${urls.host}`);
    signal?.throwIfAborted();
    signal?.removeEventListener('abort', abandon);
    return { dataDir, ports, urls, demo, databaseUrl: database, log: folder.log, ...controls(supervisor), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What tests do to single services. */
function controls(supervisor) {
  return {
    /** @type {(name: ServiceName) => number | null} */
    pid: (name) => supervisor.get(name).pid,
    /**
     * Kills one process as a mishap would (SIGKILL) and comes back when it is dead; it is started again by itself.
     * @type {(name: ServiceName, signal?: NodeJS.Signals) => Promise<void>}
     */
    kill: (name, signal) => supervisor.get(name).kill(signal),
    /**
     * Comes back when it is healthy (again).
     * @type {(name: ServiceName) => Promise<void>}
     */
    ready: (name) => supervisor.get(name).ready(),
    /**
     * Ends one service and keeps it down until `restart`.
     * @type {(name: ServiceName) => Promise<void>}
     */
    halt: (name) => supervisor.get(name).stop(),
    /** @type {(name: ServiceName) => Promise<void>} */
    restart: (name) => supervisor.get(name).restart(),
  };
}

async function untilEdgeReachesServer(wiring, signal = new AbortController().signal) {
  const ask = edgeReachesServer(wiring);
  if (await waitFor(() => ask(signal).catch(() => false), { withinMs: 30_000, signal })) return;
  throw new SetupError(`The edge is up and doesn't reach the server: see ${wiring.folder.log('edge')}`);
}

async function refuseBusyPorts(ports, wants) {
  for (const name of Object.keys(ports)) {
    const fault = wants(name === 'host' ? 'demo' : name) ? await whyNotFree(ports[name]) : null;
    if (fault) {
      throw new SetupError(`Port ${ports[name]} (${name}) ${fault}: choose another with ${portVariables[name][0]}`);
    }
  }
}

const envFile = (values) =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
