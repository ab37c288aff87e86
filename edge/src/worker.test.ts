/** The Worker edge in workerd, over real HTTP, against a server made by hand. */
import { edgeContract } from '../test/edge-contract.ts';
import { hopOver } from '../test/fake-hop.ts';
import { startFakeServer } from '../test/fake-server.ts';
import { hubContract } from '../test/hub-contract.ts';
import { scriptText, startWorkerEdge } from '../test/worker-edge.ts';

hubContract('the Worker edge', async () => {
  const server = await startFakeServer();
  // With pings as they are: it must learn otherwise that a reader has left (I11).
  const variables = { CHAT_SERVER_URL: server.url, CHAT_EDGE_KEY: server.edgeKey };
  const edge = await startWorkerEdge(variables);
  return hopOver(server, edge.url, async () => {
    await edge.close();
    await server.stop();
  });
});

edgeContract('the Worker edge', startWorkerEdge, scriptText);
