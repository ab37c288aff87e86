import { once } from 'node:events';
import net from 'node:net';
import { expect, test } from 'vitest';
import { freePorts, whyNotFree } from './ports.mjs';

test.each(['127.0.0.1', '0.0.0.0', '::1'])('a port on which somebody listens at %s is not free', async (host) => {
  const [port] = await freePorts(1);
  const server = net.createServer().listen(port, host);
  await once(server, 'listening');
  expect(await whyNotFree(port)).toMatch(/in use/);
  server.close();
  await once(server, 'close');
  expect(await whyNotFree(port)).toBeNull();
});

test('free ports differ from each other', async () => {
  expect(new Set(await freePorts(20)).size).toBe(20);
});
