/** Readers that go in every way a network knows: the hub's count follows the sockets (I11). */
import { pathOf } from '@payload-chat/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { StartEdge } from './edge-contract.ts';
import { hopOver } from './fake-hop.ts';
import { type FakeServer, startFakeServer } from './fake-server.ts';
import { type Hop, readersOf, type Seat, seatAt, until } from './hop.ts';
import { type RawClient, rawClient, requestText } from './raw-client.ts';

export function vanishingContract(name: string, start: StartEdge): void {
  describe(`${name}, whose readers vanish`, { timeout: 60_000 }, () => {
    let server: FakeServer;
    let edge: Awaited<ReturnType<StartEdge>>;
    let hop: Hop;
    let ada: Seat;
    let clients: RawClient[] = [];

    beforeAll(async () => {
      server = await startFakeServer();
      edge = await start({ CHAT_SERVER_URL: server.url, CHAT_EDGE_KEY: server.edgeKey });
      hop = hopOver(server, edge.url, async () => {});
      ada = await seatAt(hop, 'ada');
    }, 90_000);
    afterEach(() => {
      for (const { socket } of clients) socket.destroy();
      clients = [];
    });
    afterAll(async () => {
      await edge?.close();
      await server?.stop();
    }, 30_000);

    async function client(options?: { paused: boolean }) {
      const made = await rawClient(edge.url, options);
      clients.push(made);
      return made;
    }
    const stream = (query = '', cursor = '') =>
      requestText(edge.url, `${pathOf('stream')}${query}`, {
        headers: { Authorization: `Bearer ${ada.token}`, ...(cursor ? { 'Last-Event-ID': cursor } : {}) },
      });
    const counted = (readers: number, withinMs = 30_000) =>
      until(`${readers} readers are counted`, async () => (await readersOf(hop)) === readers, withinMs);

    it('[I11] by FIN, by RST, in the middle of a replay: each is out of the count within 30 s', async () => {
      await hop.flood(800, 'x'.repeat(4000));
      const byFin = await client();
      const byReset = await client();
      const stays = await client();
      for (const one of [byFin, byReset, stays]) {
        one.say(stream());
        await one.hears('event: ready');
      }
      const cursor = `${server.site.epoch}.${server.site.head - 700}`;
      const inReplay = await client({ paused: true });
      inReplay.say(stream('?topic=room:lobby', cursor));
      await counted(4);
      byFin.socket.destroy();
      byReset.socket.resetAndDestroy();
      inReplay.socket.resetAndDestroy();
      await counted(1);
      expect(stays.read()).not.toContain('event: bye');
    });

    it('[I11] before the hello, while the server is still asked whether they may listen', async () => {
      await counted(0);
      const waiting: Array<() => void> = [];
      const undo = server.intercept(pathOf('grant'), (response) => {
        waiting.push(() =>
          response.writeHead(200, { 'Content-Type': 'application/json' }).end(
            JSON.stringify({
              allow: true,
              thread: server.site.room('lobby')?.thread.id,
              public: false,
              asOf: `${server.site.epoch}.${server.site.head}`,
              untilMs: 60_000,
            }),
          ),
        );
      });
      try {
        // A topic that was never asked for: its grant is not held.
        const goes = await Promise.all([client(), client()]);
        for (const one of goes) one.say(stream(`?topic=thread:${server.site.room('lobby')?.thread.id}-new`));
        await until('the server is asked', () => waiting.length > 0);
        goes[0]?.socket.resetAndDestroy();
        goes[1]?.socket.destroy();
        await until('both are gone', () => goes.every(({ socket }) => socket.closed));
      } finally {
        undo();
        for (const answer of waiting) answer();
      }
      await counted(0);
    });

    it('[I11] with further requests written behind a stream: one socket is one reader at most', async () => {
      await counted(0);
      const [atOnce, later, behind] = [await client(), await client(), await client()];
      atOnce.say(stream() + stream() + stream());
      later.say(stream());
      await later.hears('event: ready');
      later.say(stream() + requestText(edge.url, pathOf('health')));
      behind.say(requestText(edge.url, pathOf('health')) + stream());
      await behind.hears('200 OK');
      await until('a socket is a reader at most', async () => (await readersOf(hop)) <= 3);
      for (const { socket } of [atOnce, later, behind]) socket.resetAndDestroy();
      await counted(0);
    });
  });
}
