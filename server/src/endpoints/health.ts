/** Whether this process is well, and its figures. */
import { ChatError, errorBody } from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';
import { queryOf } from '../log/database.ts';
import { runtimeIfStarted } from '../runtime.ts';
import { mustBeEdge } from './edge-key.ts';
import { endpoint, json } from './endpoint.ts';

/** How long the database may take to say that it is there, in ms. */
const patienceMs = 2000;

export const healthEndpoint = endpoint('health', async (req) => {
  const state = runtimeIfStarted(req.payload);
  const missing: string[] = [];
  if (!state) missing.push('start');
  if (state?.draining) missing.push('shutting down');
  if (!(await databaseAnswers(req))) missing.push('database');
  if (missing.length === 0) return json({ status: 'ok', database: 'ok', listening: state?.listening === true });
  return json(
    { status: 'unavailable', missing, ...errorBody(new ChatError('unavailable')) },
    { status: 503, headers: { 'Retry-After': '2' } },
  );
});

async function databaseAnswers(req: PayloadRequest): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), patienceMs);
  });
  const asked = queryOf(req.payload)('select 1').then(
    () => true,
    () => false, // That it does not answer is what was asked.
  );
  const answered = await Promise.race([asked, late]);
  clearTimeout(timer);
  return answered;
}

export const metricsEndpoint = endpoint('metrics', async (req) => {
  mustBeEdge(req);
  const state = runtimeIfStarted(req.payload);
  const hubs = [...(state?.hubs.each() ?? [])];
  const of = (name: string, help: string, type: 'gauge' | 'counter', lines: string[]) =>
    [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines].join('\n');
  const perSite = (name: string, value: (hub: (typeof hubs)[number][1]) => number) =>
    hubs.map(([site, hub]) => `${name}{site="${label(site)}"} ${value(hub)}`);
  const text = [
    of(
      'chat_hub_readers',
      'Open streams.',
      'gauge',
      perSite('chat_hub_readers', (hub) => hub.readers),
    ),
    // Here the next hop towards the truth is the log itself, read by one tail.
    of(
      'chat_hub_upstreams',
      'Feeds that fill the hub.',
      'gauge',
      perSite('chat_hub_upstreams', (hub) => (hub.window ? 1 : 0)),
    ),
    of(
      'chat_hub_bytes',
      'Bytes of frames in the ring.',
      'gauge',
      perSite('chat_hub_bytes', (hub) => hub.bytes),
    ),
    of(
      'chat_hub_head',
      'Newest position.',
      'gauge',
      perSite('chat_hub_head', (hub) => hub.window?.head ?? 0),
    ),
    of('chat_log_reads_total', 'Reads of the log by the tail.', 'counter', [
      `chat_log_reads_total ${state?.tail.reads ?? 0}`,
    ]),
    of('process_resident_memory_bytes', 'Memory of this process.', 'gauge', [
      `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
    ]),
  ].join('\n');
  return new Response(`${text}\n`, {
    headers: { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8', 'Cache-Control': 'no-store' },
  });
});

const label = (value: string) => value.replace(/[\\"\n]/g, (char) => (char === '\n' ? '\\n' : `\\${char}`));
