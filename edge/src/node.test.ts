/** The Node edge as it runs: a process of its own, over real HTTP, against a server made by hand. */
import { startFakeServer } from '../test/fake-server.ts';
import { hopOver } from '../test/fake-hop.ts';
import { hubContract } from '../test/hub-contract.ts';
import { startNodeEdge } from '../test/node-edge.ts';

hubContract('the fake server itself', async () => {
  const server = await startFakeServer({ pingMs: 1000 });
  return hopOver(server, server.url, server.stop);
});

hubContract('the Node edge', async () => {
  const server = await startFakeServer();
  const edge = await startNodeEdge(
    { CHAT_SERVER_URL: server.url, CHAT_EDGE_KEY: server.edgeKey, CHAT_PING_MS: '1000' },
    23_101,
  );
  return hopOver(server, edge.url, async () => {
    await edge.stop();
    await server.stop();
  });
});
