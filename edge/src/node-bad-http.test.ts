/** What is no HTTP, or nearly none, at the Node edge's socket: answered 4xx or hung up on, and nothing of it goes on. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { pathOf } from '@payload-chat/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hopOver } from '../test/fake-hop.ts';
import { type FakeServer, startFakeServer } from '../test/fake-server.ts';
import { readersOf, until } from '../test/hop.ts';
import { type NodeEdge, startNodeEdge } from '../test/node-edge.ts';

/** Mutated requests; `FUZZ_RUNS` makes it more, `SEED` repeats a run. */
const runs = Number(process.env.FUZZ_RUNS ?? 400);
const atOnce = 10;
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));

/** After so long without an answer a request is taken for one that wants more. */
const wantsMoreMs = 250;
/** Several answers are waited for longer: all of them come, or the edge hangs up. */
const answersMs = 20_000;

const threads = pathOf('threads');
const send = pathOf('send');
const stream = pathOf('stream');
const host = 'Host: edge\r\n';
const json = 'Content-Type: application/json\r\n';
const chunked = `POST ${send} HTTP/1.1\r\n${host}${json}Transfer-Encoding: chunked\r\n`;
const posted = (head: string, body = '') => `POST ${send} HTTP/1.1\r\n${host}${json}${head}\r\n${body}`;

const bad: Record<string, string> = {
  'a chunk without a size': `${chunked}\r\nzz\r\n{}\r\n0\r\n\r\n`,
  'a chunk of more than there are numbers for': `${chunked}\r\nFFFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n`,
  'a chunk of less than nothing': `${chunked}\r\n-2\r\n{}\r\n0\r\n\r\n`,
  'a chunk longer than it said': `${chunked}\r\n2\r\n{"a":1}\r\n0\r\n\r\n`,
  'a chunk with an extension as long as a book': `${chunked}\r\n2;${'x'.repeat(40_000)}\r\n{}\r\n0\r\n\r\n`,
  'trailers as long as a book': `${chunked}\r\n2\r\n{}\r\n0\r\nX-Long: ${'x'.repeat(40_000)}\r\n\r\n`,
  'a length and chunks': `${chunked}Content-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
  'chunks that are not the last coding': posted('Transfer-Encoding: chunked, gzip\r\n', '2\r\n{}\r\n0\r\n\r\n'),
  'chunks twice': posted('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n', '2\r\n{}\r\n0\r\n\r\n'),
  'a coding that looks like chunks': posted('Transfer-Encoding: xchunked\r\n', '2\r\n{}\r\n0\r\n\r\n'),
  'two lengths': posted('Content-Length: 2\r\nContent-Length: 7\r\n', '{"a":1}'),
  'one length twice': posted('Content-Length: 2\r\nContent-Length: 2\r\n', '{}'),
  'a list of lengths': posted('Content-Length: 2, 2\r\n', '{}'),
  'a length with a sign': posted('Content-Length: +2\r\n', '{}'),
  'a length below nothing': posted('Content-Length: -2\r\n', '{}'),
  'a length in sixteens': posted('Content-Length: 0x2\r\n', '{}'),
  'a length that no number holds': posted(`Content-Length: ${'9'.repeat(40)}\r\n`, '{}'),
  'a length of nothing': posted('Content-Length: \r\n', '{}'),
  'more than it said': posted('Content-Length: 2\r\n', '{}nonsense that follows\r\n\r\n'),
  'a blank before the colon': `GET ${threads} HTTP/1.1\r\n${host}Authorization : Bearer x\r\n\r\n`,
  'a header without a colon': `GET ${threads} HTTP/1.1\r\n${host}nonsense\r\n\r\n`,
  'a header without a name': `GET ${threads} HTTP/1.1\r\n${host}: x\r\n\r\n`,
  'a header that goes on in the next line': `GET ${threads} HTTP/1.1\r\n${host}X-A: b\r\n c\r\n\r\n`,
  'U+0000 in a name': `GET ${threads} HTTP/1.1\r\n${host}X\0: b\r\n\r\n`,
  'U+0000 in a value': `GET ${threads} HTTP/1.1\r\n${host}X: a\0b\r\n\r\n`,
  'a bare CR': `GET ${threads} HTTP/1.1\r\n${host}X: a\rX-Chat-Edge: b\r\n\r\n`,
  'lines that end in LF alone': `GET ${threads} HTTP/1.1\nHost: edge\n\n`,
  'no Host': `GET ${threads} HTTP/1.1\r\n\r\n`,
  'two Hosts': `GET ${threads} HTTP/1.1\r\n${host}Host: other\r\n\r\n`,
  'a Host that is none': `GET ${threads} HTTP/1.1\r\nHost: [::1\r\n\r\n`,
  'HTTP/0.9': `GET ${threads}\r\n`,
  'HTTP/1.2': `GET ${threads} HTTP/1.2\r\n${host}\r\n`,
  'HTTP/3.0': `GET ${threads} HTTP/3.0\r\n${host}\r\n`,
  'the beginning of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'the beginning of TLS': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  'another protocol’s greeting': 'SSH-2.0-OpenSSH_9.2\r\n',
  'a method in small letters': `get ${threads} HTTP/1.1\r\n${host}\r\n`,
  'a method of nobody': `NONSENSE ${threads} HTTP/1.1\r\n${host}\r\n`,
  'a path with a blank in it': `GET ${threads} x HTTP/1.1\r\n${host}\r\n`,
  'a path with U+0000': `GET ${threads}\0 HTTP/1.1\r\n${host}\r\n`,
  'a path of raw bytes': `GET ${threads}/\xff\xfe\xc0\xaf HTTP/1.1\r\n${host}\r\n`,
  'a path as long as a book': `GET ${threads}?${'x'.repeat(40_000)} HTTP/1.1\r\n${host}\r\n`,
  'a path without its slash': `GET ${threads.slice(1)} HTTP/1.1\r\n${host}\r\n`,
  'no path': `GET  HTTP/1.1\r\n${host}\r\n`,
  'an asterisk for a path': `GET * HTTP/1.1\r\n${host}\r\n`,
  'another’s address': `GET http://elsewhere.example/api/users/me HTTP/1.1\r\n${host}\r\n`,
  'an address that is none': `GET http://[/ HTTP/1.1\r\n${host}\r\n`,
  'a tunnel': 'CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n',
  'an expectation that nobody meets': posted('Content-Length: 2\r\nExpect: the-moon\r\n', '{}'),
  'a broken code in a path': `GET /api/chat/threads/%zz/snapshot HTTP/1.1\r\n${host}\r\n`,
  'a stream whose path is broken': `GET ${stream}?topic=%zz%ff&cursor=%00 HTTP/1.1\r\n${host}\r\n`,
  'a stream by HTTP/1.0': `GET ${stream} HTTP/1.0\r\n\r\n`,
  'a stream with a body': `GET ${stream} HTTP/1.1\r\n${host}Content-Length: 2\r\n\r\n{}`,
  'a body that breaks off': posted('Content-Length: 200\r\n', '{"content":"half of'),
  'a body above the bound, in chunks': `${chunked}\r\n${`4000\r\n${'x'.repeat(0x4000)}\r\n`.repeat(6)}0\r\n\r\n`,
  'a body that is no JSON, of another type': `POST ${pathOf('session')} HTTP/1.1\r\n${host}Content-Type: \xff\r\nContent-Length: 3\r\n\r\n\xff\xfe\x00`,
};

describe('the Node edge, written to by anybody', { timeout: 60_000 }, () => {
  let server: FakeServer;
  let edge: NodeEdge;
  let token: string;

  beforeAll(async () => {
    server = await startFakeServer();
    edge = await startNodeEdge({ CHAT_SERVER_URL: server.url, CHAT_EDGE_KEY: server.edgeKey });
    token = await server.token('ada');
  });
  afterAll(async () => {
    await edge?.stop();
    await server?.stop();
  });

  /**
   * Says it all and listens until `count` answers have come, the other side has hung up, or it wants more: then this side
   * hangs up, and the other must.
   */
  async function told(text: string, count = 1): Promise<string> {
    const { hostname, port } = new URL(edge.url);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    let said = '';
    try {
      await new Promise<void>((resolve) => {
        const late = setTimeout(resolve, count > 1 ? answersMs : wantsMoreMs);
        socket.on('data', (bytes) => {
          said += bytes.toString('latin1');
          if (statuses(said).length >= count) resolve();
        });
        for (const end of ['end', 'close', 'error'])
          socket.on(end, () => {
            clearTimeout(late);
            resolve();
          });
        socket.write(text, 'latin1');
      });
      socket.end();
      if (!socket.closed) await once(socket, 'close', { signal: AbortSignal.timeout(25_000) });
      return said;
    } finally {
      socket.destroy();
    }
  }
  const statuses = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));

  async function isWell() {
    expect((await fetch(edge.url + pathOf('health'))).status).toBe(200);
    await until(
      'nobody is counted any more',
      async () => (await readersOf(hopOver(server, edge.url, async () => {}))) === 0,
      30_000,
    );
    // Not a word of a fault of ours.
    expect(edge.output()).not.toMatch(/internal|Error|\n\s+at /);
  }

  it.each(Object.entries(bad))('%s', async (_, text) => {
    const said = await told(text);
    expect(said).toMatch(/^($|HTTP\/1\.1 4\d\d)/);
    for (const status of statuses(said)) expect(status).toBeLessThan(500);
    expect(said).not.toMatch(/\.(js|ts):\d+|node_modules|HPE_|Parse Error/);
  });

  it('none of it reached the server, and the edge is none the worse for it', async () => {
    const passed = server.asked.filter(({ path, body }) => path === send && body !== '{}');
    expect(passed).toEqual([]);
    expect(server.asked.filter(({ path }) => path.startsWith('/api/users') || path === pathOf('grant'))).toEqual([]);
    await isWell();
  });

  it('many requests in one breath are answered in their order, and nothing behind a broken one', async () => {
    const one = (path: string) => `GET ${path} HTTP/1.1\r\n${host}\r\n`;
    const many = await told(one('/chat.js').replace('GET', 'HEAD') + one('/nothing').repeat(200) + one(threads), 202);
    expect(statuses(many)).toHaveLength(202);
    expect(new Set(statuses(many).slice(1, 201))).toEqual(new Set([404]));
    // What was meant as a body here is no request of its own, and what follows two lengths is none at all.
    const before = server.asked.length;
    const hidden = `DELETE /api/messages/m1 HTTP/1.1\r\n${host}Authorization: Bearer ${token}\r\n\r\n`;
    await told(posted(`Content-Length: ${hidden.length}\r\n`, hidden) + one('/nothing'), 2);
    await told(posted(`Content-Length: 2\r\nContent-Length: ${hidden.length + 2}\r\n`, `{}${hidden}`), 2);
    await told(`${chunked}Content-Length: 4\r\n\r\n0\r\n\r\n${hidden}`, 2);
    expect(server.asked.slice(before).filter(({ method }) => method === 'DELETE')).toEqual([]);
  });

  it(
    'whatever becomes of a good request on its way is answered below 500 or hung up on',
    async () => {
      const good = [
        `GET ${threads} HTTP/1.1\r\n${host}Authorization: Bearer ${token}\r\n\r\n`,
        `GET ${stream}?topic=me HTTP/1.1\r\n${host}Authorization: Bearer ${token}\r\nLast-Event-ID: x\r\n\r\n`,
        posted(`Authorization: Bearer ${token}\r\nContent-Length: 34\r\n`, '{"room":"lobby","content":"a b c"}'),
        `${chunked}Authorization: Bearer ${token}\r\n\r\n10\r\n{"room":"lobby",\r\n12\r\n"content":"a b c"}\r\n0\r\n\r\n`,
        `OPTIONS ${send} HTTP/1.1\r\n${host}Origin: https://shop.example\r\n\r\n`,
      ];
      const piece = fc.constantFrom(
        ...['\r\n', '\n', '\r', '\0', ' ', ':', '\t', '%', '\xff', '{', '"', '0\r\n\r\n', '\r\n\r\n', 'chunked'],
        ...[
          'Content-Length: 3\r\n',
          'Transfer-Encoding: chunked\r\n',
          'Connection: close\r\n',
          'Expect: 100-continue\r\n',
        ],
        ...['Upgrade: h2c\r\n', 'HTTP/1.0', 'X-Chat-Edge: a\r\n', '..%2f', '9'.repeat(30), 'x'.repeat(20_000)],
      );
      const change = fc.record({ at: fc.nat(999), cut: fc.nat(12), put: piece });
      const seen = new Map<number, number>();
      const broken = fc
        .tuple(fc.constantFrom(...good), fc.array(change, { minLength: 1, maxLength: 2 }))
        .map(([text, changes]) =>
          changes.reduce((before, { at, cut, put }) => {
            const from = Math.floor((at / 1000) * before.length);
            return before.slice(0, from) + put + before.slice(from + cut);
          }, text),
        );
      const holds = async (text: string) => {
        const said = await told(text);
        for (const status of statuses(said)) seen.set(status, (seen.get(status) ?? 0) + 1);
        for (const status of statuses(said)) expect(status, text).toBeLessThan(500);
        expect(said, text).toMatch(/^($|HTTP\/1\.1 \d\d\d )/);
        expect(said).not.toContain(server.edgeKey);
        expect(said).not.toMatch(/\.(js|ts):\d+|node_modules|HPE_/);
      };
      await fc.assert(
        fc.asyncProperty(fc.array(broken, { minLength: atOnce, maxLength: atOnce }), (texts) =>
          Promise.all(texts.map(holds)).then(() => undefined),
        ),
        { numRuns: runs / atOnce, seed, endOnFailure: process.env.FUZZ_SHRINK === undefined },
      );
      console.info(`bad HTTP at the Node edge: SEED=${seed}, ${runs} requests`, Object.fromEntries(seen));
      expect(server.asked.every(({ headers }) => headers['x-chat-edge'] === server.edgeKey)).toBe(true);
      await isWell();
    },
    Math.max(60_000, runs * 60),
  );
});
