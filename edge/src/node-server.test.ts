/** The Node edge against clients that are slow, silent, or talk too much. */
import { EventEmitter, once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { pathOf } from '@payload-chat/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type FakeServer, startFakeServer } from '../test/fake-server.ts';
import { type NodeEdge, startNodeEdge } from '../test/node-edge.ts';
import { type RawClient, rawClient, requestText } from '../test/raw-client.ts';
import { countConnections, createNodeServer } from './node-server.ts';

const late = (what: string) =>
  new Promise<never>((_, reject) => setTimeout(() => reject(new Error(`Not within 20 s: ${what}`)), 20_000).unref());

describe('the Node edge', { timeout: 60_000 }, () => {
  let server: FakeServer;
  let edge: NodeEdge;
  let clients: RawClient[] = [];

  beforeAll(async () => {
    server = await startFakeServer();
    edge = await startNodeEdge({ CHAT_SERVER_URL: server.url, CHAT_EDGE_KEY: server.edgeKey });
  });
  afterEach(() => {
    for (const { socket } of clients) socket.destroy();
    clients = [];
  });
  afterAll(async () => {
    await edge?.stop();
    await server?.stop();
  });

  async function client() {
    const made = await rawClient(edge.url);
    clients.push(made);
    return made;
  }

  /** Writes a sign every half second until the other side has had enough. */
  async function dribble(one: RawClient, beginning: string) {
    one.say(beginning);
    const timer = setInterval(() => one.socket.writable && one.say('a'), 500);
    await one.isLeft(45_000).finally(() => clearInterval(timer));
    return one.read();
  }

  it('does not wait long for a head or a body that comes in drops, nor for a client who says nothing', async () => {
    const [head, body, silent] = [await client(), await client(), await client()];
    const beganMs = Date.now();
    const took = async (done: Promise<unknown>) => {
      await done;
      return Date.now() - beganMs;
    };
    const post = `POST ${pathOf('send')} HTTP/1.1\r\nHost: edge\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n`;
    const [headMs, bodyMs, silentMs] = await Promise.all([
      took(dribble(head, `GET ${pathOf('threads')} HTTP/1.1\r\nHost: edge\r\nX-Slow: `)),
      took(dribble(body, post)),
      took(silent.isLeft(45_000)),
    ]);
    expect(headMs).toBeLessThan(20_000);
    expect(bodyMs).toBeLessThan(30_000);
    expect(silentMs).toBeLessThan(20_000);
    expect(head.read()).toMatch(/^(HTTP\/1\.1 408|$)/);
    expect(server.asked.some(({ path }) => path === pathOf('send'))).toBe(false);
  });

  it('takes no head above 16 KiB', async () => {
    const one = await client();
    one.say(requestText(edge.url, pathOf('threads'), { headers: { 'X-Long': 'x'.repeat(20_000) } }));
    await one.hears('HTTP/1.1 431');
    await one.isLeft();
  });

  it('goes on with the same connection after a stream that was refused', async () => {
    const one = await client();
    one.say(requestText(edge.url, pathOf('stream')));
    await one.hears('401');
    one.say(requestText(edge.url, pathOf('health')));
    await one.hears('"status":"ok"');
  });

  it('answers what no request can be made of, and stays up', async () => {
    const token = await server.token('ada');
    for (const text of [
      'GET / HTTP/1.1\r\n\r\n',
      'nonsense\r\n\r\n',
      `GET ${pathOf('stream')} HTTP/1.1\r\nHost: edge\r\nAuthorization: Bearer ${token}\u0000\r\n\r\n`,
      `GET ${pathOf('stream')}?%zz HTTP/1.1\r\nHost: [\r\n\r\n`,
      `GET http://[ HTTP/1.1\r\nHost: edge\r\n\r\n`,
      `CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: edge\r\n\r\n`,
      `GET ${pathOf('stream')} HTTP/1.1\r\nHost: edge\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n`,
      `POST ${pathOf('send')} HTTP/1.1\r\nHost: edge\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`,
    ]) {
      const one = await client();
      one.say(text);
      await one.hears('HTTP/1.1 4').catch(() => one.isLeft());
    }
    expect((await fetch(edge.url + pathOf('health'))).status).toBe(200);
  });

  it('cuts a client who asks for much and reads none of it', async () => {
    const much = new Uint8Array(64 * 1024 * 1024);
    const bounded = createNodeServer({
      fetch: () => new Response(much),
      streamPath: '/stream',
      connectionsPerAddress: 0,
      idleMs: 500,
    });
    bounded.listen(0, '127.0.0.1');
    await once(bounded, 'listening');
    try {
      const gone = once(bounded, 'connection').then(([socket]) => once(socket as Socket, 'close'));
      const one = await rawClient(`http://127.0.0.1:${(bounded.address() as AddressInfo).port}`, { paused: true });
      clients.push(one);
      one.say('GET / HTTP/1.1\r\nHost: edge\r\n\r\n');
      await Promise.race([gone, late('the client is cut')]);
    } finally {
      bounded.closeAllConnections();
      bounded.close();
    }
  });

  it('closes unread what an address opens beyond its bound, a /64 being one, and takes it again when one has left', () => {
    const take = countConnections(2);
    const open = (remoteAddress: string) => {
      const socket = Object.assign(new EventEmitter(), {
        remoteAddress,
        isCut: false,
        destroy: () => {
          socket.isCut = true;
        },
      });
      take(socket as unknown as Socket);
      return socket;
    };
    const [first, second, third] = [open('203.0.113.1'), open('::ffff:203.0.113.1'), open('203.0.113.1')];
    expect([first, second, third].map(({ isCut }) => isCut)).toEqual([false, false, true]);
    expect(open('203.0.113.2').isCut).toBe(false);
    first.emit('close');
    expect([open('203.0.113.1'), open('203.0.113.1')].map(({ isCut }) => isCut)).toEqual([false, true]);
    const six = ['2001:db8:0:1::1', '2001:db8:0:1::2', '2001:db8:0:1:ffff::3', '2001:db8:0:2::1'];
    expect(six.map((address) => open(address).isCut)).toEqual([false, false, true, false]);
    // This machine's own are nobody's.
    expect(Array.from({ length: 5 }, () => open('127.0.0.1').isCut)).not.toContain(true);
  });

  it('writes no token, key, ticket or query into its log', async () => {
    const token = await server.token('ada');
    const bare = await startFakeServer();
    await bare.stop();
    const lost = await startNodeEdge({ CHAT_SERVER_URL: bare.url, CHAT_EDGE_KEY: bare.edgeKey });
    const headers = { Authorization: `Bearer ${token}`, 'X-Secret': 'in-a-header' };
    for (const path of [pathOf('threads'), pathOf('stream'), pathOf('snapshot', { id: 't1' })])
      expect((await fetch(`${lost.url}${path}?cursor=in-a-query`, { headers })).status).toBe(503);
    await lost.stop();
    expect(lost.output()).toContain('unreachable');
    for (const secret of [token, token.split('.')[1] ?? '', bare.edgeKey, 'in-a-query', 'in-a-header', '?'])
      expect(lost.output()).not.toContain(secret);
  });
});
