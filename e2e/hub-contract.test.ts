/** What every hop that serves streams promises, each over the same real server: the server alone, and both edges. */
import type { Hop, Session } from '../edge/test/hop.ts';
import { hubContract } from '../edge/test/hub-contract.ts';
import { startNodeEdge } from '../edge/test/node-edge.ts';
import { startWorkerEdge } from '../edge/test/worker-edge.ts';
import { flood, vouchedSession } from './crowd.ts';
import { house } from './house.ts';

const stack = house({ only: ['postgres', 'server'] });

const secrets = () => ({ CHAT_SERVER_URL: stack().demo.urls.server, CHAT_EDGE_KEY: stack().demo.edgeKey });

hubContract('the server alone', async () => hopAt(stack().demo.urls.server, async () => {}));

hubContract('the Node edge over a real server', async () => {
  const edge = await startNodeEdge(secrets());
  return hopAt(edge.url, async () => void (await edge.stop()));
});

hubContract('the Worker edge over a real server', async () => {
  const edge = await startWorkerEdge(secrets());
  return hopAt(edge.url, edge.close);
});

/** Its people are users of the embedding site, vouched for by its secret: their tokens may be as short as wanted. */
function hopAt(url: string, close: () => Promise<void>): Hop {
  const { site, urls, edgeKey } = stack().demo;

  async function session(sub: string, { lifeS = 3600, fromPage = false } = {}): Promise<Session> {
    const { token, user } = await vouchedSession(stack(), sub, {
      url,
      lifeS,
      origin: fromPage ? urls.demo : undefined,
    });
    return { token, user };
  }

  return {
    url,
    origin: urls.demo,
    edgeKey,
    site: site.key,
    room: 'lobby',
    session,
    flood: (count, contentChars) => flood(stack(), count, contentChars),
    close,
  };
}
