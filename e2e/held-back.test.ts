/** Readers behind proxies that hold pieces of streams back, and behind a line that is merely slow. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type NodeEdge, startNodeEdge } from '../edge/test/node-edge.ts';
import { visitors } from './browser.ts';
import { type HoldingProxy, holdingProxy } from './holding-proxy.ts';
import { house } from './house.ts';
import { speakAs } from './people.ts';
import { serveAsShop } from './shop.ts';
import { patienceMs, threadIn } from './thread.ts';

/** Silence, two attempts without a `hello` and the waits between them; or 30 s without a late ping. */
const namedMs = 90_000;

const stack = house({ edge: 'node' });
const browser = visitors();
let edge: NodeEdge;
const proxies: HoldingProxy[] = [];

serveAsShop(stack, ({ url }, response) => {
  response.setHeader('Content-Type', 'text/html');
  response.end(`<!doctype html><script type="module" src="${proxies[Number(url?.slice(1))]?.url}/chat.js"></script>
<chat-thread site="halden" room="lobby"></chat-thread>`);
});

beforeAll(async () => {
  const { urls, edgeKey } = stack().demo;
  // So that a ping comes more often than a proxy's pieces.
  edge = await startNodeEdge({ CHAT_SERVER_URL: urls.server, CHAT_EDGE_KEY: edgeKey, CHAT_PING_MS: '4000' });
  for (const [holdMs, answerMs] of [[], [5000], [], [5000, 4000]])
    proxies.push(await holdingProxy(edge.url, holdMs, answerMs));
});
afterAll(async () => {
  for (const proxy of proxies) proxy.close();
  await edge?.stop();
});

test(
  '[I8] a stream that is held back is named, early or late, for short or for long; a slow line is not; and it ends',
  async () => {
    const agent = await speakAs(stack(), 'agent');
    await agent.send({ room: 'lobby', content: 'Who is there?' });
    const visits = await Promise.all(proxies.map((_, index) => browser.open(`${stack().demo.urls.host}/${index}`)));
    const threads = visits.map(({ page }) => threadIn(page.locator('chat-thread')));
    const late = threads.map(({ element }) => element.getByText('New messages arrive late here.'));
    for (const thread of threads) {
      await thread.reads(['Who is there?']);
      await thread.element.hover();
    }
    const [later, , long, slow] = proxies as [HoldingProxy, HoldingProxy, HoldingProxy, HoldingProxy];
    // Live before anybody holds anything.
    await agent.send({ room: 'lobby', content: 'Now' });
    await threads[0]?.reads(['Who is there?', 'Now']);
    const warning = visits[0]?.page.waitForEvent('console', {
      predicate: (message) => /holds back.*\(buffered\).*proxy_buffering/.test(message.text()),
      timeout: namedMs,
    });
    later.holdMs = 5000;
    long.holdMs = 30_000;
    await Promise.all([warning, ...[0, 1, 2].map((index) => late[index]?.waitFor({ timeout: namedMs }))]);
    expect(await late[3]?.count(), 'a line that is slow altogether').toBe(0);

    await agent.send({ room: 'lobby', content: 'Late' });
    for (const thread of threads) await thread.reads(['Who is there?', 'Now', 'Late']);

    for (const proxy of proxies) proxy.holdMs = 0;
    slow.answerMs = 0;
    await Promise.all([0, 1, 2].map((index) => late[index]?.waitFor({ state: 'detached', timeout: namedMs })));
    await agent.send({ room: 'lobby', content: 'At once' });
    for (const thread of threads) await thread.reads(['Who is there?', 'Now', 'Late', 'At once']);
    expect(visits.flatMap(({ faults }) => faults)).toEqual([]);
  },
  8 * patienceMs,
);
