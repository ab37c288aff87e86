/** Readers of the Node edge that vanish, and those who want too much. */
import { limitsContract } from '../test/limits-contract.ts';
import { startNodeEdge } from '../test/node-edge.ts';
import { vanishingContract } from '../test/vanishing-contract.ts';

vanishingContract('the Node edge', async (variables) => {
  const edge = await startNodeEdge(variables);
  return { url: edge.url, close: async () => void (await edge.stop()) };
});

limitsContract(
  'the Node edge behind one proxy',
  async (variables) => {
    const edge = await startNodeEdge({ CHAT_TRUSTED_HOPS: '1', ...variables });
    return { url: edge.url, close: async () => void (await edge.stop()) };
  },
  (address) => ({ 'X-Forwarded-For': `6.6.6.6, ${address}` }),
);
