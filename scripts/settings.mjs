/** What `npm start` may be told by environment, and what holds otherwise. */
import path from 'node:path';
import { root } from './root.mjs';
import { SetupError } from './setup-error.mjs';

/** The variable of each port, and the port without it. */
export const portVariables = /** @type {Record<keyof import('./stack.mjs').Ports, [string, number]>} */ ({
  server: ['SERVER_PORT', 3000],
  edge: ['EDGE_PORT', 8787],
  demo: ['DEMO_PORT', 8080],
  host: ['HOST_PORT', 8081],
  postgres: ['POSTGRES_PORT', 54329],
});

/**
 * Reads the settings from an environment; an empty value is none.
 * @throws {SetupError} that names the variable, what it holds and what was wanted
 */
export function readSettings(env) {
  const databaseUrl = env.DATABASE_URL || null;
  const ports = { server: 0, edge: 0, demo: 0, host: 0, postgres: 0 };
  /** @type {Map<number, string>} */
  const takenBy = new Map();
  for (const [name, [variable, fallback]] of Object.entries(portVariables)) {
    if (name === 'postgres' && databaseUrl) continue;
    const port = readPort(variable, env[variable], fallback);
    if (takenBy.has(port)) {
      throw new SetupError(`${takenBy.get(port)} and ${variable} are both ${port}: give each its own`);
    }
    takenBy.set(port, variable);
    ports[name] = port;
  }
  return { ports, databaseUrl, dataDir: path.resolve(root, env.DATA_DIR || '.data'), edge: readEdge(env.EDGE_RUNTIME) };
}

function readPort(variable, text, fallback) {
  if (!text) return fallback;
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (port >= 1 && port <= 65_535) return port;
  throw new SetupError(`${variable} is "${text}": a port is a number from 1 to 65535`);
}

/** @returns {'worker' | 'node'} */
function readEdge(text) {
  if (!text || text === 'worker') return 'worker';
  if (text === 'node') return 'node';
  throw new SetupError(`EDGE_RUNTIME is "${text}": "worker" (the default) or "node"`);
}
