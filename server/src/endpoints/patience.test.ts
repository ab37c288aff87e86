import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bePatientFor } from './patience.ts';

const server = createServer({ connectionsCheckingInterval: 20 }, (request, response) => {
  if (request.url === '/stream') return void response.writeHead(200).write('first\n');
  request.resume().on('end', () => response.end('whole'));
});
const address = () => (server.address() as AddressInfo).port;

beforeAll(async () => {
  bePatientFor({ headersMs: 100, requestMs: 150 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  await fetch(`http://127.0.0.1:${address()}/`); // The first request sets it.
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** What a client is told who says this and no more. */
async function heard(says: string): Promise<string> {
  const socket = connect(address(), '127.0.0.1');
  let answer = '';
  socket.on('data', (bytes) => (answer += bytes));
  socket.write(says);
  await once(socket, 'close');
  return answer;
}

test('a client that does not end its headers, or its body, is let go', async () => {
  const [headers, body] = await Promise.all([
    heard('GET / HTTP/1.1\r\nHost: here\r\nX-Slow: '),
    heard('POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n\r\nhalf'),
  ]);
  for (const answer of [headers, body]) expect(answer).toMatch(/^HTTP\/1\.1 408 /);
});

test('a stream stays, however long it is', async () => {
  const socket = connect(address(), '127.0.0.1');
  let closed = false;
  socket.on('close', () => (closed = true));
  socket.write('GET /stream HTTP/1.1\r\nHost: here\r\n\r\n');
  await once(socket, 'data');
  // Both of the others were let go in the meantime.
  await Promise.all([heard('GET / HTTP/1.1\r\n'), heard('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n')]);
  await heard('GET / HTTP/1.1\r\n');
  expect(closed).toBe(false);
  socket.destroy();
});
