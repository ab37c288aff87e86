/** The Node edge as it runs: a process of its own, over real HTTP, against a server made by hand. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { edgeContract } from '../test/edge-contract.ts';
import { hopOver } from '../test/fake-hop.ts';
import { startFakeServer } from '../test/fake-server.ts';
import { seatAt } from '../test/hop.ts';
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

it('on SIGTERM readers are told to come back, spread, and the process is gone at once', async () => {
  const server = await startFakeServer();
  const edge = await startNodeEdge({ CHAT_SERVER_URL: server.url, CHAT_EDGE_KEY: server.edgeKey });
  const ada = await seatAt(hopOver(server, edge.url, server.stop), 'ada');
  const streams = await Promise.all(Array.from({ length: 20 }, () => ada.stream()));
  await Promise.all(streams.map((stream) => stream.next('ready')));
  const stopped = edge.stop('SIGTERM');
  const byes = await Promise.all(streams.map((stream) => stream.next('bye')));
  expect(new Set(byes.map(({ data }) => (data as { reason: string }).reason))).toEqual(new Set(['shutdown']));
  expect(new Set(byes.map(({ data }) => (data as { retryMs: number }).retryMs)).size).toBeGreaterThan(5);
  const { code, ms } = await stopped;
  expect(code).toBe(0);
  expect(ms).toBeLessThan(2000);
  await server.stop();
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
