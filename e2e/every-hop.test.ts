/** The same contract at every hop that serves streams: the server alone, the Worker edge, the Node edge. */
import { hubContract } from '../edge/test/hub-contract.ts';
import { startNodeEdge } from '../edge/test/node-edge.ts';
import { realHop } from '../edge/test/real-hop.ts';
import { house } from './house.ts';

const stack = house({ only: ['postgres', 'server', 'edge'] });

hubContract('the server alone', async () => realHop(stack(), stack().demo.urls.server, 'server'));

hubContract('the Worker edge', async () => realHop(stack(), stack().demo.urls.edge, 'worker'));

hubContract('the Node edge', async () => {
  const { urls, edgeKey } = stack().demo;
  const edge = await startNodeEdge({ CHAT_SERVER_URL: urls.server, CHAT_EDGE_KEY: edgeKey });
  return realHop(stack(), edge.url, 'node', async () => void (await edge.stop()));
});
