/**
 * Chance at every public path of both edges, the real server behind them. `FUZZ_RUNS=10000` makes it long, `SEED` repeats
 * a run. The server alone has its own: server/src/endpoints/fuzz.test.ts.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { errorStatus, pathOf, headers as wire } from '@payload-chat/protocol';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type NodeEdge, startNodeEdge } from '../edge/test/node-edge.ts';
import { type Aims, type OddRequest, oddRequest, payloadPaths, wirePaths } from '../server/test/fuzz.ts';
import { makeWorld } from './access/world.ts';
import { house } from './house.ts';

const runs = Number(process.env.FUZZ_RUNS ?? 200);
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
/** Longest that one answer may take, in ms. */
const patienceMs = 20_000;

const stack = house({ only: ['postgres', 'server', 'edge'] });
let node: NodeEdge;
let aims: Aims;
/** By the `Authorization` that stands for it in an odd request. A logout among those ends it; then it begins anew. */
const sessions = new Map<string, { token: string; renew(): Promise<string> }>();
let secrets: string[];
let database: pg.Client;

beforeAll(async () => {
  const { urls, edgeKey, site, people } = stack().demo;
  // What is tried here is what is said in a request, not how many there may be.
  node = await startNodeEdge({ CHAT_SERVER_URL: urls.server, CHAT_EDGE_KEY: edgeKey });
  const world = await makeWorld(stack());
  const proofs = [
    async () => ({ site: 'north', identity: await world.identity('ada') }),
    async () => ({ site: 'north', visitor: world.handle }),
    async () => ({ site: 'north' }),
    async () => ({ site: 'north', room: 'lobby' }),
    async () => ({ site: 'south', identity: await world.identity('fay', 3000, 'south') }),
  ];
  for (const [nth, proof] of proofs.entries()) {
    const renew = async () => (await world.session(await proof())).token;
    sessions.set(`Bearer token-${nth}`, { token: await renew(), renew });
  }
  const { threads, messages, seats, people: users } = world;
  aims = {
    ids: [...[threads, messages, seats, users].flatMap(Object.values), 'support', 'room:lobby', 'room:den', 'me', '1'],
    tokens: proofs.map((_, nth) => `token-${nth}`),
    sites: ['north', 'south', site.key, 'nowhere'],
  };
  const folder = path.dirname(path.dirname(stack().log('server')));
  const kept = JSON.parse(await readFile(path.join(folder, 'secrets.json'), 'utf8')) as Record<string, string>;
  // What is said in a room that none of the callers sits in is a secret too.
  secrets = [
    ...[...Object.values(kept), edgeKey, site.secret.value, world.secret.value, world.spareHandle],
    ...[...people, ...Object.values(world.accounts)].flatMap(({ email, password }) => [email, password]),
    'said in p',
  ].filter((secret) => secret.length > 0);
  database = new pg.Client({ connectionString: stack().databaseUrl });
  await database.connect();
});
afterAll(async () => {
  await database?.end();
  await node?.stop();
});

async function rows(): Promise<string> {
  const tables = ['sites', 'chat_users', 'threads', 'participants', 'messages', 'chat.events', 'users'];
  const counts = tables.map((table) => `(select count(*) from ${table})`);
  const { rows } = await database.query<{ counts: string }>(`select concat_ws(' ', ${counts}) as counts`);
  return rows[0]?.counts ?? '';
}

const codes = new Set<unknown>(Object.keys(errorStatus));
const met = new Map<number, number>();

async function holds(hop: string, { method, path: asked, headers, body }: OddRequest, isWire: boolean): Promise<void> {
  const session = sessions.get(headers.Authorization ?? '');
  if (session) headers = { ...headers, Authorization: `Bearer ${session.token}` };
  const before = await rows();
  const response = await fetch(hop + asked, {
    method,
    headers,
    redirect: 'manual',
    signal: AbortSignal.timeout(patienceMs),
    ...(body === undefined ? {} : { body: body as string }),
  });
  const { status } = response;
  met.set(status, (met.get(status) ?? 0) + 1);
  expect(response.headers.get('X-Injected')).toBeNull();
  expect(response.headers.get('Set-Cookie')).toBeNull();
  expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff');
  if (response.headers.get('Content-Type')?.startsWith('text/event-stream')) return void response.body?.cancel();
  const text = await response.text();
  expect(status, text).toBeLessThan(500);
  for (const secret of secrets) expect(text).not.toContain(secret);
  if (!isWire) expect(status, text).toBe(404);
  if (status < 400) return;
  if (status === 401 && session) session.token = await session.renew();
  expect(text).not.toMatch(/\bat .*\.(js|ts):\d+|select .* from |node_modules|ECONN|stack/i);
  for (const { token } of sessions.values()) expect(text).not.toContain(token);
  const { errors } = JSON.parse(text) as { errors: Array<{ code?: string; message?: unknown }> };
  expect(errors.length, text).toBeGreaterThan(0);
  for (const { code, message } of errors) expect([codes.has(code), typeof message], text).toEqual([true, 'string']);
  expect(await rows(), 'a refused request wrote a row').toBe(before);
}

test.each([
  ['Worker edge', () => stack().demo.urls.edge],
  ['Node edge', () => node.url],
] as const)(
  'whatever is asked of the %s is answered below 500, in JSON, writes nothing that was refused, and echoes no secret',
  async (name, url) => {
    met.clear();
    for (const [paths, isWire, share] of [
      [wirePaths, true, 0.9],
      [payloadPaths.filter((one) => !wirePaths.includes(one)), false, 0.1],
    ] as const)
      await fc.assert(
        fc.asyncProperty(oddRequest(paths, aims), (odd) => holds(url(), odd, isWire)),
        { numRuns: Math.ceil(runs * share), seed, endOnFailure: process.env.FUZZ_SHRINK === undefined },
      );
    const counts = [...met].sort(([a], [b]) => a - b).map(([status, count]) => `${status} x ${count}`);
    console.info(`fuzz at the ${name}: SEED=${seed}, ${runs} requests: ${counts.join(', ')}`);
    // It is none the worse for it, and nobody is counted who has gone.
    expect((await fetch(url() + pathOf('health'))).status).toBe(200);
    const figures = async () =>
      (await fetch(url() + pathOf('metrics'), { headers: { [wire.edge]: stack().demo.edgeKey } })).text();
    await expect
      .poll(async () => [...(await figures()).matchAll(/^chat_hub_readers\{.*\} (\d+)$/gm)].map(([, count]) => count), {
        timeout: 30_000,
        interval: 500,
        message: 'everybody has left',
      })
      .not.toContainEqual(expect.stringMatching(/[1-9]/));
  },
  Math.max(180_000, runs * 100),
);
