/** What every hop that serves streams promises, each over the same real server: the server alone, and both edges. */
import { createHmac } from 'node:crypto';
import type { Hop, Session } from '../edge/test/hop.ts';
import { hubContract } from '../edge/test/hub-contract.ts';
import { startNodeEdge } from '../edge/test/node-edge.ts';
import { startWorkerEdge } from '../edge/test/worker-edge.ts';
import { house } from './house.ts';

const stack = house({ only: ['postgres', 'server'] });

/** How many messages of a flood are under way at once. */
const floodWidth = 16;

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
  const server = urls.server;

  async function session(sub: string, { lifeS = 3600, fromPage = false } = {}): Promise<Session> {
    const headers = { 'Content-Type': 'application/json', ...(fromPage && { Origin: urls.demo }) };
    const body = JSON.stringify({ site: site.key, identity: identityOf(sub, lifeS) });
    const response = await fetch(`${url}/api/chat/session`, { method: 'POST', headers, body });
    const answer = (await response.json()) as { token: string; user: { id: string } };
    if (!response.ok) throw new Error(`${url} gave ${sub} no session: ${JSON.stringify(answer)}`);
    return { token: answer.token, user: answer.user.id };
  }

  function identityOf(sub: string, lifeS: number): string {
    const { kid, value } = site.secret;
    const iat = Math.floor(Date.now() / 1000);
    const claims = { iss: site.key, aud: 'payload-chat', sub, name: sub, iat, exp: iat + lifeS };
    const parts = [{ alg: 'HS256', kid }, claims].map((part) =>
      Buffer.from(JSON.stringify(part)).toString('base64url'),
    );
    const signed = parts.join('.');
    return `${signed}.${createHmac('sha256', value).update(signed).digest('base64url')}`;
  }

  return {
    url,
    origin: urls.demo,
    edgeKey,
    site: site.key,
    room: 'lobby',
    session,
    /** Many people from many addresses, as an edge would vouch for them: no limit is meant for such a crowd. */
    async flood(count, contentChars) {
      const content = 'x'.repeat(contentChars);
      let left = count;
      const writers = Array.from({ length: floodWidth }, async (_, index) => {
        const { token } = await session(`crowd-${index}`);
        while (left > 0) {
          left -= 1;
          const response = await fetch(`${server}/api/messages`, {
            method: 'POST',
            headers: {
              'Content-Type': 'application/json',
              Authorization: `Bearer ${token}`,
              'X-Chat-Edge': edgeKey,
              'X-Chat-Client': `192.0.2.${index + 1}`,
            },
            body: JSON.stringify({ room: 'lobby', content, localId: crypto.randomUUID() }),
          });
          if (!response.ok) throw new Error(`the flood was answered ${response.status}: ${await response.text()}`);
          await response.body?.cancel();
        }
      });
      await Promise.all(writers);
    },
    close,
  };
}
