/** The Node edge as it runs: a process of its own, over real HTTP, against a server made by hand. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathOf } from '@payload-chat/protocol';
import { describe, expect, it } from 'vitest';
import { edgeContract } from '../test/edge-contract.ts';
import { hopOver } from '../test/fake-hop.ts';
import { startFakeServer } from '../test/fake-server.ts';
import { seatAt, until } from '../test/hop.ts';
import { hubContract } from '../test/hub-contract.ts';
import { startNodeEdge } from '../test/node-edge.ts';

hubContract('the fake server itself', async () => {
  const server = await startFakeServer({ pingMs: 1000 });
  return hopOver(server, server.url, server.stop);
});

hubContract('the Node edge', async () => {
  const server = await startFakeServer();
  const variables = { CHAT_SERVER_URL: server.url, CHAT_EDGE_KEY: server.edgeKey, CHAT_PING_MS: '1000' };
  const edge = await startNodeEdge(variables);
  return hopOver(server, edge.url, async () => {
    await edge.stop();
    await server.stop();
  });
});

const script = 'export const chat = "here";\n';

edgeContract(
  'the Node edge',
  async (variables) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'chat-edge-'));
    const file = path.join(folder, 'chat.js');
    for (const each of [file, path.join(folder, 'chat-more.js')]) await writeFile(each, script);
    const edge = await startNodeEdge({ SCRIPT_FILE: file, ...variables });
    return {
      url: edge.url,
      async close() {
        await edge.stop();
        await rm(folder, { recursive: true });
      },
    };
  },
  script,
);

describe('on SIGTERM', () => {
  async function withReaders(count: number, variables: Record<string, string>) {
    const server = await startFakeServer();
    const edge = await startNodeEdge({ CHAT_SERVER_URL: server.url, CHAT_EDGE_KEY: server.edgeKey, ...variables });
    const ada = await seatAt(hopOver(server, edge.url, server.stop), 'ada');
    const streams = await Promise.all(Array.from({ length: count }, () => ada.stream()));
    await Promise.all(streams.map((stream) => stream.next('ready')));
    return { server, edge, ada, streams };
  }

  it('readers are sent away one by one, and told to come back spread; then the process is gone', async () => {
    const { server, edge, streams } = await withReaders(40, { CHAT_DRAIN_MS: '4000' });
    const beganMs = Date.now();
    const stopped = edge.stop('SIGTERM');
    const byes = await Promise.all(
      streams.map(async (stream) => ({ bye: await stream.next('bye', 10_000), atMs: Date.now() - beganMs })),
    );
    const saidBye = byes.map(({ bye }) => bye.data as { reason: string; retryMs: number });
    expect(new Set(saidBye.map(({ reason }) => reason))).toEqual(new Set(['shutdown']));
    expect(new Set(saidBye.map(({ retryMs }) => retryMs)).size).toBeGreaterThan(20);
    // Half a second apart at the least, as heartbeats are: some moments, and none of them everybody's.
    const moments = new Set(byes.map(({ atMs }) => Math.round(atMs / 500)));
    expect(moments.size).toBeGreaterThan(3);
    const { code, ms } = await stopped;
    expect(code).toBe(0);
    expect(ms).toBeLessThan(9000);
    await server.stop();
  });

  it('meanwhile new streams are 503 with Retry-After, health says draining, and sends are still taken', async () => {
    const { server, edge, ada, streams } = await withReaders(1, { CHAT_DRAIN_MS: '60000' });
    const stopped = edge.stop('SIGTERM');
    await until('health says draining', async () => {
      const response = await fetch(edge.url + pathOf('health'));
      return response.status === 503 && ((await response.json()) as { status: string }).status === 'draining';
    });
    const refused = await ada.stream();
    expect(refused.status).toBe(503);
    expect(JSON.parse(refused.body)).toMatchObject({ errors: [{ code: 'unavailable' }] });
    expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(30);
    const { thread } = await ada.post({ receiver: 'm_bo' }, 'while it drains');
    expect(await streams[0]?.next('message')).toMatchObject({ data: { thread } });
    // Asked twice: at once.
    const { code, ms } = await edge.stop('SIGTERM');
    expect(code).toBe(1);
    expect(ms).toBeLessThan(3000);
    await stopped;
    await server.stop();
  });

  it('without readers it is gone at once', async () => {
    const { server, edge } = await withReaders(0, { CHAT_DRAIN_MS: '60000' });
    const { code, ms } = await edge.stop('SIGTERM');
    expect(code).toBe(0);
    expect(ms).toBeLessThan(3000);
    await server.stop();
  });
});

it('a start without a key says which variable is missing, and no secret is printed', async () => {
  const edge = await startNodeEdge({ CHAT_SERVER_URL: 'nonsense', CHAT_EDGE_KEY: 'se cret' });
  expect(edge.output()).toContain('CHAT_SERVER_URL');
  expect(edge.output()).toContain('CHAT_EDGE_KEY');
  expect(edge.output()).not.toContain('se cret');
  await edge.stop();
});

it('a busy port is named, with its variable', async () => {
  const server = await startFakeServer();
  const taken = Number(new URL(server.url).port);
  await expect(startNodeEdge({ PORT: String(taken) })).rejects.toThrow(`Port ${taken} is in use by another program`);
  await server.stop();
});
