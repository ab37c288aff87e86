/** What an owner sets for his site holds at every hop: the server, the Worker edge, the Node edge. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type NodeEdge, startNodeEdge } from '../edge/test/node-edge.ts';
import { closeStreams, openStream } from '../edge/test/stream-reader.ts';
import { house } from './house.ts';
import { personOf } from './people.ts';

const stack = house({ only: ['postgres', 'server', 'edge'] });
let node: NodeEdge;
let owner: string;
beforeAll(async () => {
  const { urls, edgeKey } = stack().demo;
  node = await startNodeEdge({ CHAT_SERVER_URL: urls.server, CHAT_EDGE_KEY: edgeKey, CHAT_TRUSTED_HOPS: '1' });
  const { email, password } = personOf(stack(), 'admin');
  const login = await json(`${urls.server}/api/users/login`, { body: { email, password } });
  owner = `JWT ${login.body.token}`;
}, 30_000);
afterEach(closeStreams);
afterAll(async () => void (await node?.stop('SIGKILL')));

interface Ask {
  method?: string;
  body: object;
  headers?: Record<string, string>;
}
async function json(url: string, { method = 'POST', body, headers = {} }: Ask) {
  const response = await fetch(url, {
    method,
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return {
    status: response.status,
    wait: response.headers.get('Retry-After'),
    body: (await response.json()) as Record<string, unknown>,
  };
}

const hops = () => [stack().demo.urls.server, stack().demo.urls.edge, node.url];
/** The two edges, with the header by which each is told an address. */
const edges = () => [
  { url: stack().demo.urls.edge, from: (address: string) => ({ 'CF-Connecting-IP': address }) },
  { url: node.url, from: (address: string) => ({ 'X-Forwarded-For': address }) },
];
const set = async (data: object) => {
  const { urls, site } = stack().demo;
  const saved = await json(`${urls.server}/api/sites/${site.key}`, {
    method: 'PATCH',
    body: data,
    headers: { Authorization: owner },
  });
  expect([saved.status, saved.body.errors]).toEqual([200, undefined]);
};
const visit = async (url: string, headers: Record<string, string> = {}) =>
  json(`${url}/api/chat/session`, { body: { site: stack().demo.site.key }, headers });

test('texts and the longest message come with a session of every hop, and the length is held there', async () => {
  const texts = { title: 'Halden Help', greeting: 'Hej', greetingText: 'We answer soon.', placeholder: 'Ask' };
  await set({ texts, limits: { contentLength: 40 } });
  for (const url of hops()) {
    const { body } = await visit(url);
    expect([url, body]).toMatchObject([url, { texts, limits: { contentLength: 40 } }]);
    const say = (content: string) =>
      json(`${url}/api/messages`, { body: { content }, headers: { Authorization: `Bearer ${body.token}` } });
    expect((await say('x'.repeat(40))).status).toBe(201);
    expect(await say('x'.repeat(41))).toMatchObject({
      status: 413,
      body: { errors: [{ code: 'too-large', message: 'At most 40 characters.' }] },
    });
  }
  await set({ texts: { title: '', greeting: '', greetingText: '', placeholder: '' }, limits: { contentLength: null } });
  for (const url of hops()) {
    const { body } = await visit(url);
    expect([Object.hasOwn(body, 'texts'), Object.hasOwn(body, 'limits')]).toEqual([false, false]);
  }
});

test('streams of one person: as many as the site says, and as many as it says when it changes its mind', async () => {
  const { token } = (await visit(stack().demo.urls.edge)).body as { token: string };
  // The hubs of both edges are there before the change: they hear of it in their stream.
  for (const url of hops()) await (await openStream(url, { token })).next('ready');
  closeStreams();
  await set({ limits: { streamsPerPerson: 4 } });
  for (const url of hops()) {
    const person = ((await visit(url)).body as { token: string }).token;
    const statuses = async (count: number) => {
      const met = [];
      for (let n = 0; n < count; n += 1) met.push((await openStream(url, { token: person })).status);
      return met;
    };
    await expect
      .poll(
        async () => {
          closeStreams();
          return (await statuses(5)).filter((status) => status === 429).length;
        },
        { timeout: 10_000, interval: 500 },
      )
      .toBeGreaterThan(0);
  }
  await set({ limits: { streamsPerPerson: null } });
});

test('visits from one address: an edge says no by itself once the site has said so; others are let in', async () => {
  await set({ limits: { sessionsPerMinute: 5 } });
  for (const { url, from } of edges()) {
    const address = url === node.url ? '203.0.113.20' : '203.0.113.10';
    const met = [];
    for (let n = 0; n < 7; n += 1) met.push(await visit(url, from(address)));
    expect([url, met.map(({ status }) => status)]).toEqual([url, [200, 200, 200, 200, 200, 429, 429]]);
    expect(Number(met[6]?.wait)).toBeGreaterThan(0);
    expect((await visit(url, from('203.0.113.99'))).status).toBe(200);
  }
  await set({ limits: { sessionsPerMinute: null } });
});
