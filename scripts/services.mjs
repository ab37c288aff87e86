/** How each process of the stack is run: its program, what it is told by environment, and what counts as healthy. */
import path from 'node:path';
import { root } from './root.mjs';

/** Everything listens on this address alone: the demo's passwords stand on its page. */
export const listens = '127.0.0.1';

/**
 * @typedef {import('./launched.mjs').ServiceSpec} ServiceSpec
 * @typedef {object} Wiring
 * @property {ReturnType<import('./data-folder.mjs').openDataFolder>} folder
 * @property {Record<'server' | 'edge' | 'demo' | 'host' | 'postgres', number>} ports
 * @property {{ PAYLOAD_SECRET: string, CHAT_EDGE_KEY: string }} secrets
 * @property {string} databaseUrl
 * @property {Record<string, string>} serverEnv
 * @property {boolean} watch run sources and follow their changes
 * @property {string} nextDist the build that the server runs, seen from its folder
 */

/** @param {Wiring} wiring @returns {ServiceSpec} */
export function serverSpec({ folder, ports, secrets, databaseUrl, nextDist, serverEnv, watch }) {
  return {
    ...node(folder, 'server', [
      bin('next/dist/bin/next'),
      watch ? 'dev' : 'start',
      '-H',
      listens,
      '-p',
      String(ports.server),
    ]),
    cwd: path.join(root, 'server'),
    env: {
      ...inherited(),
      NODE_ENV: watch ? 'development' : 'production',
      NEXT_TELEMETRY_DISABLED: '1',
      CHAT_NEXT_DIST: nextDist,
      DATABASE_URL: databaseUrl,
      PAYLOAD_SECRET: secrets.PAYLOAD_SECRET,
      CHAT_EDGE_KEYS: secrets.CHAT_EDGE_KEY,
      SERVER_URL: urlsOf(ports).server,
      CHAT_EDGE_URL: urlsOf(ports).edge,
      CHAT_SEED_FILE: folder.seed,
      CHAT_SEED_ORIGINS: [ports.demo, ports.host]
        .flatMap((port) => [`http://localhost:${port}`, `http://127.0.0.1:${port}`])
        .join(','),
      ...serverEnv,
    },
    healthy: answers(`http://${listens}:${ports.server}/api/chat/health`),
    healthyWithinMs: 90_000,
    stop: { signal: 'SIGTERM', graceMs: 10_000 },
  };
}

/** The Worker in workerd, by the wrangler.toml that deploys. @param {Wiring} wiring @returns {ServiceSpec} */
export function workerEdgeSpec({ folder, ports }) {
  const { dataDir } = folder;
  const args = [
    'dev',
    '--ip',
    listens,
    '--port',
    String(ports.edge),
    '--inspector-port',
    '0',
    '--env-file',
    folder.edgeEnv,
  ];
  args.push('--persist-to', path.join(dataDir, 'wrangler'), '--show-interactive-dev-session=false');
  return {
    ...node(folder, 'edge', [bin('wrangler/bin/wrangler.js'), ...args]),
    env: {
      ...inherited(),
      CLOUDFLARE_CF_FETCH_ENABLED: 'false', // else it asks the network at every start
      // It would keep a trace of each request in a database on disk, with its URL, in which a ticket may stand.
      X_LOCAL_OBSERVABILITY: 'false',
      WRANGLER_SEND_METRICS: 'false',
      WRANGLER_HIDE_BANNER: 'true',
      WRANGLER_WRITE_LOGS: 'false',
      // Two copies of the Worker on one machine must not find each other.
      WRANGLER_REGISTRY_PATH: path.join(dataDir, 'wrangler', 'registry'),
      XDG_CONFIG_HOME: path.join(dataDir, 'wrangler', 'config'), // else it writes into the user's home
    },
    healthy: answers(edgeHealth(ports), edgeIsUp),
    healthyWithinMs: 90_000,
    stop: { signal: 'SIGTERM', graceMs: 4000 },
  };
}

/** What workerd gets as bindings, by a file that only we can read. @param {Wiring} wiring */
export function edgeBindings({ ports, secrets }) {
  return {
    CHAT_SERVER_URL: `http://${listens}:${ports.server}`,
    CHAT_EDGE_KEY: secrets.CHAT_EDGE_KEY,
    CHAT_REPLICAS: '1',
  };
}

/** @param {Wiring} wiring @returns {ServiceSpec} */
export function nodeEdgeSpec(wiring) {
  const { folder, ports, watch } = wiring;
  return {
    ...node(folder, 'edge', [...(watch ? ['--watch'] : []), 'edge/src/node.ts']),
    env: {
      // Whoever stops what runs on his own machine does not want to wait for its pages.
      CHAT_DRAIN_MS: '1000',
      ...inherited(),
      NODE_ENV: 'production',
      ...edgeBindings(wiring),
      PORT: String(ports.edge),
      HOST: listens,
    },
    healthy: answers(edgeHealth(ports), edgeIsUp),
    healthyWithinMs: 60_000,
    stop: { signal: 'SIGTERM', graceMs: 10_000 },
  };
}

/** Both demo pages. @param {Wiring} wiring @returns {ServiceSpec} */
export function demoSpec({ folder, ports, watch }) {
  const pages = [ports.demo, ports.host].map((port) => answers(`http://${listens}:${port}/`));
  return {
    ...node(folder, 'demo', [...(watch ? ['--watch'] : []), 'demo/serve.ts']),
    env: {
      ...inherited(),
      NODE_ENV: 'production',
      DEMO_PORT: String(ports.demo),
      HOST_PORT: String(ports.host),
      DEMO_FILE: folder.demo,
    },
    healthy: async (signal) => (await Promise.all(pages.map((page) => page(signal)))).every(Boolean),
    healthyWithinMs: 60_000,
    stop: { signal: 'SIGTERM', graceMs: 4000 },
  };
}

/** What a person types into the browser. */
export function urlsOf(ports) {
  const at = (port) => `http://localhost:${port}`;
  return {
    server: at(ports.server),
    edge: at(ports.edge),
    demo: at(ports.demo),
    host: at(ports.host),
    admin: `${at(ports.server)}/admin`,
  };
}

function node(folder, name, args) {
  return {
    name,
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', ...args],
    cwd: root,
    log: folder.log(name),
    run: folder.run,
  };
}

const bin = (place) => path.join(root, 'node_modules', place);

/** The user's environment without what npm and the test runner say about us. */
function inherited() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|VITEST|NODE_ENV$)/.test(name)));
}

/** The edge says 503 as long as the server is away: it is up itself, and starting it again would cut its readers. */
const edgeIsUp = [200, 503];
const edgeHealth = (ports) => `http://${listens}:${ports.edge}/api/chat/health`;

/** Asks whether the edge reaches the server. @param {Wiring} wiring */
export const edgeReachesServer = ({ ports }) => answers(edgeHealth(ports));

/** Asks a URL; true for one of the statuses within 5 s. */
function answers(url, statuses = [200]) {
  return async (signal) => {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(5000)]) });
    await response.body?.cancel();
    return statuses.includes(response.status);
  };
}
