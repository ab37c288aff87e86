/** The edge on Node: one hub per site in this process. `node edge/src/node.ts`; README: Configuration. */
import './young-generation.ts';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { routes } from '@payload-chat/protocol';
import { clientAddress } from '@payload-chat/protocol/limits';
import { createAddressLimits } from './address-limits.ts';
import { responseOf } from './answer.ts';
import { createApp } from './app.ts';
import { atMost } from './at-most.ts';
import { readConfig } from './config.ts';
import { createCore, createLocal } from './core.ts';
import { type Bindings, createNodeServer } from './node-server.ts';
import { nodeStream } from './node-sink.ts';
import { scriptFile } from './script-file.ts';
import type { Upstream } from './upstream.ts';

/** How long requests under way may take after the last reader was sent away. */
const lastRequestsMs = 3000;
/** Connections that one address may have beside its streams. */
const spareConnections = 200;
/** Requests that are with the server at once, each with a body of 64 KiB at most, and how many more wait. */
const forwardsAtOnce = 256;
const forwardsInLine = 2000;
/** Connections that may wait to be accepted: readers come back together. Linux cuts it to `net.core.somaxconn`. */
const connectsAtOnce = 4096;

const { env } = process;
const config = readConfig(env);
const port = wholeOf('PORT', 8787, 65_535);
const trustedHops = wholeOf('CHAT_TRUSTED_HOPS', 0, 16);
const script = env.SCRIPT_FILE || fileURLToPath(new URL('../../components/dist/chat.js', import.meta.url));

const files = {
  'chat.js': scriptFile(script),
  'chat-more.js': scriptFile(path.join(path.dirname(script), 'chat-more.js')),
};

const core = createCore(config, fetch);
const forwards = atMost(forwardsAtOnce, forwardsInLine);
const upstream: Upstream = { ...core.upstream, forward: (asked) => forwards(() => core.upstream.forward(asked)) };
const { hubs, reading } = createLocal(core);
const app = createApp<Bindings>({
  ...core,
  upstream,
  limits: createAddressLimits(config.addresses, core.clock),
  platform: {
    clientOf: (request, { incoming }) =>
      clientAddress(incoming.socket.remoteAddress, request.headers.get('X-Forwarded-For'), trustedHops),
    stream: (request, { outgoing }, client) => reading.stream(request, client, nodeStream(outgoing)),
    async snapshot(request, id, client) {
      const answer = await reading.snapshot(request, id, client);
      return answer && responseOf(answer);
    },
    numbers: async () => hubs.numbers(),
    script: (request, file) => files[file](request),
    onServerSeen: hubs.nudge,
    isDraining: () => hubs.isDraining,
  },
});

const { perAddress } = config.streams;
const server = createNodeServer({
  fetch: (request, bindings) => app.fetch(request, bindings),
  streamPath: config.basePath + routes.stream.path,
  // A trusted proxy's sockets are everybody's.
  connectionsPerAddress: trustedHops > 0 || perAddress === 0 ? 0 : perAddress + spareConnections,
});

server.on('error', (error: NodeJS.ErrnoException) => {
  console.error(
    error.code === 'EADDRINUSE'
      ? `Port ${port} is in use by another program: stop it, or choose another one by PORT.`
      : `The edge can't listen: ${error.message}`,
  );
  process.exit(1);
});

server.listen({ port, host: env.HOST || undefined, backlog: connectsAtOnce }, () => {
  for (const { variable, message } of config.faults) console.error(`${variable}: ${message}`);
  const { port: given } = server.address() as AddressInfo;
  const at = `http://${env.HOST || 'localhost'}:${given}${config.basePath}`;
  // It stays up, so that health can say what is missing to whoever watches it.
  if (config.faults.length)
    console.error(`The edge at ${at} answers 503 until this is set right and it is started again.`);
  else console.log(`The edge is at ${at} and repeats ${config.serverUrl}`);
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);

/** Streams are turned away and sent away; all else is served until the last has gone. Asked twice: at once. */
function stop() {
  if (hubs.isDraining) process.exit(1);
  hubs.drain(config.drainMs);
  const untilMs = performance.now() + config.drainMs;
  const look = setInterval(() => {
    if (performance.now() < untilMs && hubs.numbers().some(({ readers }) => readers > 0)) return;
    clearInterval(look);
    end();
  }, 100);
}

function end() {
  hubs.close();
  server.close(() => process.exit(0));
  setInterval(() => server.closeIdleConnections(), 50);
  setTimeout(() => process.exit(0), lastRequestsMs);
}

function wholeOf(variable: string, fallback: number, max: number): number {
  const text = env[variable];
  if (!text) return fallback;
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= max) return value;
  console.error(`${variable} is "${text}": a whole number from 0 to ${max} is wanted.`);
  process.exit(1);
}
