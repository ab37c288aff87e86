/** Whether this edge can do its work, and if not, what is missing; asked by anybody, so the server is asked seldom. */
import { ChatError, type Clock, errorBody } from '@payload-chat/protocol';
import { type Answer, jsonAnswer } from './answer.ts';
import type { Config, SetupFault } from './config.ts';
import { createFlights } from './flights.ts';
import type { ServerHealth, Upstream } from './upstream.ts';

/** How long an answer of the server is believed, so that health checks don't add up to a load. */
const keptMs = 1000;

export function createHealth(
  config: Config,
  upstream: Upstream,
  clock: Clock,
  isDraining = () => false,
): () => Promise<Answer> {
  const flights = createFlights<ServerHealth>(clock);
  let last: { server: ServerHealth; atMs: number } | undefined;

  async function serverHealth(): Promise<ServerHealth> {
    if (last && clock.now() - last.atMs < keptMs) return last.server;
    const server = await flights.share('', () => upstream.health()).answer;
    last = { server, atMs: clock.now() };
    return server;
  }

  return async () => {
    if (config.faults.length) return misconfigured(config.faults);
    // A balancer that asks sends nobody here any more.
    if (isDraining()) return unwell(new ChatError('unavailable'), [], 'draining');
    const server = await serverHealth();
    if (server === 'ok') return jsonAnswer(200, { status: 'ok', part: 'edge', server });
    if (server === 'unreachable') return unwell(new ChatError('unreachable'), ['server']);
    return misconfigured([{ variable: 'CHAT_EDGE_KEY', message: "Is none of the server's CHAT_EDGE_KEYS." }]);
  };
}

function misconfigured(faults: readonly SetupFault[]): Answer {
  const message = faults.map((fault) => `${fault.variable}: ${fault.message}`).join(' ');
  return unwell(
    new ChatError('misconfigured', { message }),
    faults.map(({ variable }) => variable),
  );
}

function unwell(error: ChatError, missing: string[], status: string = error.code): Answer {
  const body = { status, part: 'edge', missing, ...errorBody(error) };
  return jsonAnswer(error.status, body, { 'Retry-After': String(error.retryAfterS) });
}
