/** What readers who have left leave behind in the Worker: nothing that its JavaScript still holds. */
import { pathOf } from '@payload-chat/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startBareWorker } from '../../scripts/bare-worker.mjs';
import { hopOver } from '../test/fake-hop.ts';
import { type FakeServer, startFakeServer } from '../test/fake-server.ts';
import { readersOf, until } from '../test/hop.ts';
import { rawClient, requestText } from '../test/raw-client.ts';

/** How many come before the first look: whatever is made once is made by then. */
const first = 300;
const further = 1500;
/** At once. */
const crowd = 50;
/** Of each further one. One stream that stays is some kilobytes. */
const leftBytesMax = 800;

let server: FakeServer;
let worker: Awaited<ReturnType<typeof startBareWorker>>;

beforeAll(async () => {
  server = await startFakeServer();
  worker = await startBareWorker({
    CHAT_SERVER_URL: server.url,
    CHAT_EDGE_KEY: server.edgeKey,
    CHAT_LINGER_MS: '600000',
  });
}, 90_000);
afterAll(async () => {
  await worker?.close();
  await server?.stop();
}, 30_000);

it(`${further} readers who came and went hold no memory of the Worker`, { timeout: 120_000 }, async () => {
  const headers = { Authorization: `Bearer ${await server.token('ada')}` };
  const hop = hopOver(server, worker.url, async () => {});

  /** By FIN and by RST, in the middle of what is live. */
  async function comeAndGo(many: number) {
    for (let came = 0; came < many; came += crowd)
      await Promise.all(
        Array.from({ length: crowd }, async (_, nth) => {
          const client = await rawClient(worker.url);
          client.say(requestText(worker.url, `${pathOf('stream')}?topic=room:lobby`, { headers }));
          await client.hears('event: ready');
          if (nth % 2) client.socket.destroy();
          else client.socket.resetAndDestroy();
        }),
      );
    await until('all are out of the count', async () => (await readersOf(hop)) === 0, 30_000);
    return worker.liveBytes();
  }

  const before = await comeAndGo(first);
  const after = await comeAndGo(further);
  expect((after - before) / further).toBeLessThan(leftBytesMax);
});
