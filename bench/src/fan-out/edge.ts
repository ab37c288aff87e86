/** The whole Node edge in this process, as `edge/src/node.ts` starts it, before a server made by hand in another one. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Backing } from './backing.ts';
import { obey } from './order.ts';

const backing = fork(fileURLToPath(new URL('./backing.ts', import.meta.url)));
const [{ url, key, token }] = (await once(backing, 'message')) as [Backing];

Object.assign(process.env, {
  CHAT_SERVER_URL: url,
  CHAT_EDGE_KEY: key,
  CHAT_STREAMS_PER_PERSON: '0',
  HOST: '127.0.0.1',
});
// Free for a moment, as the edge will find it.
const port = await freePort();
process.env.PORT = String(port);
await import('../../../edge/src/node.ts');
await answering(port);

process.send?.({ is: 'listening', port, path: '/api/messages/sse', token });
obey(
  () => {},
  () => 0,
);

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const held = createServer().listen(0, '127.0.0.1');
  await once(held, 'listening');
  const { port: free } = held.address() as { port: number };
  held.close();
  await once(held, 'close');
  return free;
}

async function answering(at: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${at}/api/chat/health`);
  if (response.status !== 200) throw new Error(`The edge is not well: ${await response.text()}`);
}
