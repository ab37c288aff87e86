/** (d): whether a log of years numbers, is read and is trimmed as fast as a young one. `BENCH_LOG_EVENTS=10000000` fills more. */
import { freePorts } from '../../../scripts/ports.mjs';
import { queryOf } from '../../../server/src/log/database.ts';
import { batchEvents, readAfter, readNewest } from '../../../server/src/log/read.ts';
import { trimBatch, batchEvents as trimEvents } from '../../../server/src/log/trim.ts';
import { row, title } from '../table.ts';
import { content, median, rate } from './create.ts';
import { fill } from './fill.ts';
import { type Host, post, siteKey, startHost } from './host.ts';
import { countingPostgres } from './postgres.ts';

const smallEvents = 50_000;
const largeEvents = Number(process.env.BENCH_LOG_EVENTS ?? 1_000_000);
const rounds = 7;

interface Log {
  host: Host;
  /** Where the trim goes on. */
  after: number;
}

export async function log(): Promise<void> {
  const postgres = await countingPostgres();
  const ports = await freePorts(2);
  const logs: Log[] = [];
  try {
    for (const [index, count] of [smallEvents, largeEvents].entries()) {
      const url = await postgres.database(`log_${index}`);
      const host = await startHost(url, ports[index] ?? 0);
      logs.push({ host, after: 0 });
      await post(`${host.url}/api/messages`, { thread: host.thread, content }, `Bearer ${host.token}`);
      await fill(url, host, count);
    }
    const [small, large] = logs as [Log, Log];
    title(`A log of ${largeEvents.toLocaleString('en')} events, against one of ${smallEvents.toLocaleString('en')}`);
    for (const width of [1, 16])
      await compare(`create, ${width} at once`, 'wanted <= 1.2', small, large, async ({ host }) => {
        const create = () => post(`${host.url}/api/messages`, { thread: host.thread, content }, `Bearer ${host.token}`);
        return 1000 / (await rate(width, 200, create));
      });
    for (const count of [1, batchEvents])
      await compare(`tail, a read of ${count}`, 'wanted <= 1.2', small, large, async ({ host }) => {
        const query = queryOf(host.payload);
        const { head } = await readNewest(query, siteKey, 1);
        return timed(50, () => readAfter(query, new Map([[siteKey, { pos: head - count }]])));
      });
    await compare('a hub begins, a read of 2,000', 'wanted <= 1.2', small, large, ({ host }) =>
      timed(10, () => readNewest(queryOf(host.payload), siteKey, 2000)),
    );
    await compare(`trim, a batch of ${trimEvents}`, 'wanted <= 1.5', small, large, async (log) => {
      const query = queryOf(log.host.payload);
      return timed(3, async () => {
        const ownTime = new Date();
        const batch = await trimBatch(query, {
          site: siteKey,
          upTo: largeEvents,
          after: log.after,
          keepDays: 7,
          ownTime,
        });
        if (batch.gone < trimEvents || batch.next === undefined) throw new Error('The log is too short to be trimmed.');
        log.after = batch.next;
      });
    });
  } finally {
    for (const { host } of logs) await host.stop();
    await postgres.stop();
  }
}

/** The mean of `count` runs one after the other, in ms. */
async function timed(count: number, work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  for (let turn = 0; turn < count; turn += 1) await work();
  return (performance.now() - startMs) / count;
}

/** In turns, so that a noisy neighbour meets both; the first round warms up. */
async function compare(
  name: string,
  wanted: string,
  small: Log,
  large: Log,
  measure: (log: Log) => Promise<number>,
): Promise<void> {
  const spans = { small: [] as number[], large: [] as number[] };
  for (let round = 0; round <= rounds; round += 1) {
    const [a, b] = [await measure(small), await measure(large)];
    if (round === 0) continue;
    spans.small.push(a);
    spans.large.push(b);
  }
  const [a, b] = [median(spans.small), median(spans.large)];
  row(name, b / a, wanted, [`large ${b.toFixed(2)} ms`, `small ${a.toFixed(2)} ms`]);
}
