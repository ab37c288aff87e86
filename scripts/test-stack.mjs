/** A stack for tests: free ports, a data folder of its own, gone without a trace at the end. */
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { endLeftovers, ownerOf } from './folder-owner.mjs';
import { freePorts } from './ports.mjs';
import { removeDataFolder } from './postgres-home.mjs';
import { cache } from './root.mjs';
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
