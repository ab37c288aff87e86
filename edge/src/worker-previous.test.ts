/** The Worker edge in a workerd of some months ago: what a stream's end looks like has changed between releases. */
import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { hopOver } from '../test/fake-hop.ts';
import { startFakeServer } from '../test/fake-server.ts';
import { hubContract } from '../test/hub-contract.ts';
import { vanishingContract } from '../test/vanishing-contract.ts';
import { startWorkerEdge } from '../test/worker-edge.ts';

const require = createRequire(import.meta.url);
const { default: path, compatibilityDate } = require('workerd-previous') as {
  default: string;
  compatibilityDate: string;
};
const previous = { path, compatibilityDate };

it('it is another release', () => {
  const wranglers = createRequire(require.resolve('wrangler'))('workerd') as { compatibilityDate: string };
  expect(compatibilityDate < wranglers.compatibilityDate).toBe(true);
});

hubContract('the Worker edge in the previous workerd', async () => {
  const server = await startFakeServer();
  const edge = await startWorkerEdge({ CHAT_SERVER_URL: server.url, CHAT_EDGE_KEY: server.edgeKey }, previous);
  return hopOver(server, edge.url, async () => {
    await edge.close();
    await server.stop();
  });
});

vanishingContract('the Worker edge in the previous workerd', (variables) => startWorkerEdge(variables, previous));
