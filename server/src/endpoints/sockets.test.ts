import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { dropWhenStuck, socketOf, watchSockets } from './sockets.ts';

watchSockets();
const servers: Array<ReturnType<typeof createServer>> = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

test('leads from a request’s headers to its socket, whatever word the client sent', async () => {
  const met: Array<{ headers: Headers; found: unknown; socket: unknown }> = [];
  const server = createServer((request, response) => {
    const headers = new Headers(request.headers as Record<string, string>);
    met.push({ headers, found: socketOf({ headers }), socket: request.socket });
    response.end('ok');
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const asked = get({ port, host: '127.0.0.1', agent: false, headers: { 'X-Chat-Socket': 'mine' } });
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.resume();
  const headers = met[0]?.headers as Headers;
  expect(met[0]?.found).toBe(met[0]?.socket);
  expect(socketOf({ headers: new Headers({ 'X-Chat-Socket': 'mine' }) })).toBeUndefined();
  expect(socketOf({ headers: new Headers() })).toBeUndefined();
  await expect.poll(() => socketOf({ headers })).toBeUndefined();
});

test('[I11] a socket that takes nothing is given up; one that has taken everything stays', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const reader = connect(port, '127.0.0.1');
  reader.on('error', () => undefined);
  const [socket] = (await once(server, 'connection')) as [import('node:net').Socket];
  dropWhenStuck(socket, 20);
  await expect.poll(() => socket.writableLength).toBe(0);
  expect(socket.destroyed).toBe(false);

  reader.pause();
  const chunk = Buffer.alloc(1_000_000);
  while (socket.writableLength === 0) {
    socket.write(chunk);
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (let n = 0; n < 20; n += 1) socket.write(chunk);
  dropWhenStuck(socket, 100);
  await expect.poll(() => socket.destroyed, { timeout: 5000 }).toBe(true);
  reader.destroy();
});
