import fs from 'node:fs';
import { readJson, writePrivate } from './private-file.mjs';
import { SetupError } from './setup-error.mjs';
import { waitFor } from './wait-for.mjs';

/**
 * What the server's seed made: the site, its people with their passwords, its threads.
 * @typedef {object} Seed
 * @property {{ key: string, secret: { kid: string, value: string } }} site
 * @property {{ name: string, email: string, password: string, kind: string, id: string }[]} people
 * @property {{ direct: string, support: string, room: string }} threads
 *
 * @typedef {Record<'server' | 'edge' | 'demo' | 'host' | 'admin', string>} Urls
 * @typedef {Seed & { urls: Urls, edgeKey: string }} Demo
 */

/**
 * Puts what the seed made and where everything is into `<DATA_DIR>/demo.json`, for the demo page, scripts and tests.
 * @param {{ seed: string, demo: string, log: (name: string) => string }} folder
 * @param {Urls} urls
 * @param {string} edgeKey
 * @returns {Promise<Demo>}
 */
export async function writeDemoFile(folder, urls, edgeKey) {
  const seed = await waitFor(() => readJson(folder.seed), { withinMs: 30_000 });
  if (!seed) throw new SetupError(`The server is up and has not written ${folder.seed}: see ${folder.log('server')}`);
  const demo = { urls, ...seed, edgeKey };
  writePrivate(folder.demo, `${JSON.stringify(demo, null, 2)}\n`);
  return demo;
}

/** An earlier run's addresses must not be taken for this one's. */
export function forgetDemoFile(folder) {
  fs.rmSync(folder.demo, { force: true });
}
