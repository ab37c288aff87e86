/** A stack for tests: free ports, a data folder of its own, gone without a trace at the end. */
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { openDataFolder } from './data-folder.mjs';
import { endLeftovers, ownerOf, takeFolder } from './folder-owner.mjs';
import { freePorts } from './ports.mjs';
import { postgresSpec } from './postgres.mjs';
import { removeDataFolder } from './postgres-home.mjs';
import { cache } from './root.mjs';
import { createService } from './service.mjs';
import { startStack } from './stack.mjs';

const stacks = path.join(cache, 'stacks');

/** A new folder under `.cache/stacks`, where the sweep finds it should the test be killed. */
export function testDataFolder() {
  return path.join(stacks, `${process.pid}-${randomUUID().slice(0, 8)}`);
}

/**
 * As `startStack`, on free ports and in a folder of its own. `stop()` deletes the folder too.
 * @param {Omit<Partial<import('./stack.mjs').StackOptions>, 'ports'> & { ports?: Partial<import('./stack.mjs').Ports> }} [options]
 */
export async function startTestStack(options = {}) {
  const dataDir = options.dataDir ?? testDataFolder();
  const [server, edge, demo, host, postgres] = await freePorts(5);
  const ports = /** @type {import('./stack.mjs').Ports} */ ({ server, edge, demo, host, postgres, ...options.ports });
  const stack = await startStack({ ...options, dataDir, ports }).catch((error) => {
    removeDataFolder(dataDir);
    throw error;
  });
  return {
    ...stack,
    stop: async () => {
      await stack.stop();
      removeDataFolder(dataDir);
    },
  };
}

/**
 * A Postgres alone, in a folder of its own, for tests of a part.
 * @param {Record<string, string>} [settings] of Postgres, such as `max_connections`
 * @returns `url` without a database: the superuser, who may make databases
 */
export async function startTestPostgres(settings = {}) {
  const folder = openDataFolder(testDataFolder());
  const release = await takeFolder(folder);
  const [port = 0] = await freePorts(1);
  const password = 'test';
  const { dataDir, run } = folder;
  const spec = await postgresSpec({ dataDir, port, password, log: folder.log('postgres'), run, settings });
  const service = createService(spec);
  await service.start();
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}`,
    kill: service.kill,
    ready: service.ready,
    stop: async () => {
      await service.stop();
      release();
      removeDataFolder(dataDir);
    },
  };
}

/** Ends and deletes what tests left that were killed. */
export async function sweepTestStacks() {
  if (!fs.existsSync(stacks)) return;
  for (const name of fs.readdirSync(stacks)) {
    const dataDir = path.join(stacks, name);
    const run = path.join(dataDir, 'run');
    if (fs.existsSync(run)) {
      if (ownerOf(run)) continue; // another test run
      await endLeftovers(run);
    }
    removeDataFolder(dataDir);
  }
}
