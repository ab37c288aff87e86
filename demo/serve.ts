/**
 * The demo: one process, two origins. DEMO_PORT has the two people and the plain EventSource page; HOST_PORT has a shop
 * that knows nothing of us but two pasted lines. DEMO_FILE is the demo.json that the start writes.
 */
import path from 'node:path';
import { demoOrigin } from './serve/demo-origin.ts';
import { listenHere } from './serve/listen.ts';
import { shopOrigin } from './serve/shop-origin.ts';

const here = import.meta.dirname;
const { DEMO_FILE, DEMO_PORT, HOST_PORT } = process.env;

function port(variable: string, text: string | undefined, fallback: number): number {
  const read = text ? Number(text) : fallback;
  if (Number.isInteger(read) && read > 0 && read < 65_536) return read;
  throw new Error(`${variable} is "${text}": a port is a number from 1 to 65535.`);
}

try {
  const file = DEMO_FILE && path.resolve(DEMO_FILE);
  const demoPort = port('DEMO_PORT', DEMO_PORT, 8080);
  const hostPort = port('HOST_PORT', HOST_PORT, 8081);
  const stops = [
    await listenHere(demoOrigin(file, here).fetch, demoPort, 'DEMO_PORT'),
    await listenHere(shopOrigin(file, here).fetch, hostPort, 'HOST_PORT'),
  ];
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => {
      for (const stop of stops) stop();
    });
  console.log(`demo at http://localhost:${demoPort}, shop at http://localhost:${hostPort}`);
} catch (fault) {
  console.error(fault instanceof Error ? fault.message : fault);
  process.exit(1);
}
