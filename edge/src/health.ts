/** Whether this edge can do its work, and if not, what is missing; asked by anybody, so the server is asked seldom. */
import { ChatError, type Clock, errorBody } from '@payload-chat/protocol';
import { type Answer, jsonAnswer } from './answer.ts';
import type { Config } from './config.ts';
import { createFlights } from './flights.ts';
import type { Upstream } from './upstream.ts';

/** How long an answer of the server is believed, so that health checks don't add up to a load. */
const keptMs = 1000;

export function createHealth(config: Config, upstream: Upstream, clock: Clock): () => Promise<Answer> {
  const flights = createFlights<boolean>(clock);
  let last: { healthy: boolean; atMs: number } | undefined;

  async function isServerHealthy(): Promise<boolean> {
    if (last && clock.now() - last.atMs < keptMs) return last.healthy;
    const healthy = await flights.share('', () => upstream.healthy()).answer;
    last = { healthy, atMs: clock.now() };
    return healthy;
  }

  return async () => {
    if (config.faults.length) {
      const missing = config.faults.map(({ variable }) => variable);
      return unwell(
        'misconfigured',
        missing,
        config.faults.map(({ variable, message }) => `${variable}: ${message}`),
      );
    }
    if (!(await isServerHealthy())) return unwell('unreachable', ['server'], []);
    return jsonAnswer(200, { status: 'ok', part: 'edge', server: 'ok' });
  };
}

function unwell(code: 'misconfigured' | 'unreachable', missing: string[], details: string[]): Answer {
  const error = new ChatError(code, details.length ? { message: details.join(' ') } : {});
  return jsonAnswer(503, { status: code, part: 'edge', missing, ...errorBody(error) }, { 'Retry-After': '2' });
}
