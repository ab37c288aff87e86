/** What one address and one person may ask of an edge, and what never gets to the server. */
import { pathOf } from '@payload-chat/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { StartEdge } from './edge-contract.ts';
import { hopOver } from './fake-hop.ts';
import { type FakeServer, startFakeServer } from './fake-server.ts';
import { type Hop, readersOf, type Seat, seatAt, until } from './hop.ts';
import { closeStreams, openStream } from './stream-reader.ts';

/** `from` gives the headers by which a request comes from an address, as the runtime's own front writes them. */
export function limitsContract(
  name: string,
  start: StartEdge,
  from: (address: string) => Record<string, string>,
): void {
  describe(`${name} bounds`, { timeout: 30_000 }, () => {
    let server: FakeServer;
    let edge: Awaited<ReturnType<StartEdge>>;
    let hop: Hop;
    let ada: Seat;
    let bo: Seat;

    beforeAll(async () => {
      server = await startFakeServer();
      edge = await start({
        CHAT_SERVER_URL: server.url,
        CHAT_EDGE_KEY: server.edgeKey,
        CHAT_SESSIONS_PER_MINUTE: '5',
        CHAT_SENDS_PER_MINUTE: '4',
        CHAT_REQUESTS_PER_MINUTE: '30',
        CHAT_STREAMS_PER_PERSON: '3',
        CHAT_STREAMS_PER_ADDRESS: '4',
      });
      hop = hopOver(server, edge.url, async () => {});
      [ada, bo] = await Promise.all([seatAt(hop, 'ada'), seatAt(hop, 'bo')]);
    }, 90_000);
    afterEach(closeStreams);
    afterAll(async () => {
      await edge?.close();
      await server?.stop();
    }, 30_000);

    const post = (path: string, address: string, body: object, token?: string) =>
      fetch(edge.url + path, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          ...from(address),
          ...(token ? { Authorization: `Bearer ${token}` } : {}),
        },
        body: JSON.stringify(body),
      });

    /** The status of each of `count` requests, one after the other; every 429 says when to come back. */
    async function statuses(count: number, ask: (nth: number) => Promise<Response>) {
      const all: number[] = [];
      for (let nth = 0; nth < count; nth += 1) {
        const response = await ask(nth);
        all.push(response.status);
        const body = (await response.json()) as { errors?: Array<{ code: string }> };
        if (response.status !== 429) continue;
        expect(body.errors?.[0]?.code).toBe('rate-limited');
        expect(Number(response.headers.get('Retry-After'))).toBeGreaterThan(0);
      }
      return all;
    }

    /** All up to the bound, and not all beyond it: on a slow machine some time has passed, and a few more are allowed. */
    function expectBound(answers: number[], bound: number) {
      expect(answers.slice(0, bound)).not.toContain(429);
      expect(answers).toContain(429);
    }

    it('the sessions of an address; another one has its own, a /64 is one', async () => {
      const session = (address: string, nth: number) =>
        post(pathOf('session'), address, { site: 'halden', room: `no-room-${nth}` });
      const before = server.count('POST', pathOf('session'));
      const first = await statuses(12, (nth) => session('203.0.113.1', nth));
      expectBound(first, 5);
      expect(server.count('POST', pathOf('session'))).toBe(before + first.filter((status) => status !== 429).length);
      expect((await session('203.0.113.2', 0)).status).toBe(404);
      expectBound(await statuses(12, (nth) => session(`2001:db8:0:1::${nth}`, nth)), 5);
      expect((await session('2001:db8:0:2::1', 0)).status).toBe(404);
    });

    it('the sends of an address, whoever sends them', async () => {
      const send = (nth: number) =>
        post(
          pathOf('send'),
          '203.0.113.3',
          { receiver: 'm_cyd', content: `m${nth}`, localId: crypto.randomUUID() },
          (nth % 2 ? ada : bo).token,
        );
      expectBound(await statuses(10, send), 4);
    });

    it('everything else that an address asks', async () => {
      const ask = () => fetch(edge.url + pathOf('threads'), { headers: from('203.0.113.4') });
      expectBound(await statuses(60, ask), 30);
      // Health and the script are for everybody, always.
      expect((await fetch(edge.url + pathOf('health'), { headers: from('203.0.113.4') })).status).toBe(200);
    });

    it('the open streams of a person, over all of his sessions; a place that is left is free again', async () => {
      const second = await seatAt(hop, 'ada');
      const streams = await Promise.all([ada.stream(), ada.stream(), second.stream()]);
      await Promise.all(streams.map((stream) => stream.next('ready')));
      const refused = await second.stream();
      expect(refused.status).toBe(429);
      expect(JSON.parse(refused.body)).toMatchObject({ errors: [{ code: 'rate-limited' }] });
      expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0);
      await (await bo.stream()).next('ready');
      closeStreams();
      await until('a place is free again', async () => (await second.stream()).status === 200, 25_000);
    });

    it('the open streams of an address, whoever opens them, guests too', async () => {
      const answer = await post(pathOf('session'), '203.0.113.5', { site: 'halden', room: 'lobby' });
      const { token } = (await answer.json()) as { token: string };
      const guest = (address: string) =>
        openStream(edge.url, { token, query: 'topic=room:lobby', headers: from(address) });
      const streams = [];
      for (let nth = 0; nth < 4; nth += 1) streams.push(await guest('203.0.113.6'));
      expect(streams.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      const refused = await guest('203.0.113.6');
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0);
      expect((await guest('203.0.113.7')).status).toBe(200);
    });

    it('what the site sets lower than the edge, from the moment it is set until it is taken back', async () => {
      const again = (seat: Seat, address: string) =>
        openStream(edge.url, { token: seat.token, headers: from(address) });
      await until('earlier streams are gone', async () => (await readersOf(hop)) === 0, 30_000);
      await (await ada.stream()).next('ready');
      server.site.bound({ streamsPerPerson: 1 });
      try {
        // Those who have more keep it; the next one is one too many.
        await (await bo.stream()).next('ready');
        await until('a second stream of one person is refused', async () => {
          const refused = await bo.stream();
          if (refused.status === 200) refused.close();
          else expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0);
          return refused.status === 429;
        });
        server.site.bound({ streamsPerAddress: 1 });
        const cyd = await seatAt(hop, 'cyd');
        await (await again(cyd, '203.0.113.20')).next('ready');
        await until('a second stream of one address is refused', async () => {
          const refused = await again(bo, '203.0.113.20');
          if (refused.status === 200) refused.close();
          return refused.status === 429;
        });
        // In the end: those that were just closed may still be counted as his.
        await until('another address is taken', async () => (await again(ada, '203.0.113.21')).status === 200, 25_000);
      } finally {
        server.site.bound({});
      }
      const cyd = await seatAt(hop, 'cyd');
      await until('what was set is taken back', async () => (await again(cyd, '203.0.113.20')).status === 200);
    });

    it('the sessions of an address at a site, as its server has refused them: it is not asked again so soon', async () => {
      const before = server.count('POST', pathOf('session'));
      const ask = (address: string) => post(pathOf('session'), address, { site: 'halden', room: 'no-such-room' });
      const undo = server.intercept(pathOf('session'), (response) => {
        response.writeHead(429, { 'Content-Type': 'application/json', 'Retry-After': '40' });
        response.end('{"errors":[{"code":"rate-limited","message":"A little slower, please."}]}');
      });
      expect((await ask('203.0.113.30')).status).toBe(429);
      undo();
      const refused = await ask('203.0.113.30');
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(20);
      expect((await ask('203.0.113.31')).status).toBe(404);
      expect(server.count('POST', pathOf('session'))).toBe(before + 2);
    });

    it('vouches for the address that it counted, whatever else the client says', async () => {
      await fetch(edge.url + pathOf('threads'), {
        headers: {
          'X-Chat-Client': '6.6.6.6',
          'X-Real-IP': '6.6.6.6',
          'True-Client-IP': '6.6.6.6',
          ...from('203.0.113.9'),
        },
      });
      const asked = server.asked.findLast(({ path }) => path === pathOf('threads'));
      expect(asked?.headers['x-chat-client']).toBe('203.0.113.9');
    });
  });
}
