/**
 * Whether an edge grows: readers come and go for a long time, somebody writes, and its memory is looked at. The Worker
 * runs in workerd alone: `wrangler dev` has Workers of its own around it, which leave garbage at every request.
 */
import { pathOf } from '@payload-chat/protocol';
import { startBareWorker } from '../../../scripts/bare-worker.mjs';
import { numbersAt } from '../hops.ts';
import { openHouse } from '../house/house.ts';
import { mibOf, needsOfProcess } from '../house/process-table.ts';
import { ask } from '../people/ask.ts';
import { openExternal } from '../people/person.ts';
import { streamPath } from '../readers/reader.ts';
import { join } from './crowd.ts';
import { type Sample, slopeOf } from './memory.ts';

export interface SoakOptions {
  minutes: number;
  signal: AbortSignal;
  say(line: string): void;
}

/** Readers at each edge at once, how long one stays, in ms, and how often somebody writes, in ms. */
const crowd = 200;
const stayMs = [2000, 20_000] as const;
const writeEveryMs = 500;
/** Of both edges: readers come faster from this one address than an address may. */
const edgeEnv = { CHAT_PING_MS: '1500', CHAT_REQUESTS_PER_MINUTE: '0' };
/** Between two looks, in ms. */
const everyMs = 20_000;
/**
 * What the last two thirds may grow by, in MiB a minute. Some 1,100 readers come to each edge in one: a leak of a kilobyte
 * for each would be 1, and at the Worker twice that is allowed, whose allocator breaks its memory into pieces: what its
 * JavaScript holds once garbage was collected is the sharp one there.
 */
const slopeMax = { node: 1, worker: 2 };
const liveSlopeMax = 0.25;

/** @returns whether memory did not grow, and the hubs counted whoever was there. */
export async function soak({ minutes, signal, say }: SoakOptions): Promise<boolean> {
  const edges = ['node', 'worker'] as const;
  const house = await openHouse({
    report: say,
    signal,
    services: ['postgres', 'server-a', 'node'],
    edgeEnv,
  });
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  signal.addEventListener('abort', stop);
  const samples: Record<(typeof edges)[number], Sample[]> = { node: [], worker: [] };
  /** Of the Worker's JavaScript. */
  const live: Sample[] = [];
  let came = 0;
  let worker: Awaited<ReturnType<typeof startBareWorker>> | undefined;
  try {
    const bare = await startBareWorker({
      CHAT_SERVER_URL: `http://127.0.0.1:${house.lines.fromWorker.port}`,
      CHAT_EDGE_KEY: house.edgeKeys.current,
      ...edgeEnv,
    });
    worker = bare;
    const urls = { node: house.directUrlOf('node'), worker: bare.url };
    const { site } = house.seed;
    const writer = await openExternal(site, 'soak-writer', () => house.directUrlOf('node'));
    const living: Array<Promise<void>> = [];
    for (const edge of edges) {
      const url = urls[edge];
      const guest = await ask(url + pathOf('session'), { method: 'POST', body: { site: site.key, room: 'lobby' } });
      const headers = { Authorization: `Bearer ${(guest.body as { token: string }).token}` };
      for (let nth = 0; nth < crowd; nth += 1) living.push(comeAndGo(`${url}${streamPath(['room:lobby'])}`, headers));
    }
    living.push(keepWriting());

    async function comeAndGo(url: string, headers: Record<string, string>) {
      let cursor: string | undefined;
      while (!stopping.signal.aborted) {
        const member = join(url, headers, cursor);
        came += 1;
        const over = await Promise.race([
          member.over.then(() => true),
          pause(stayMs[0] + Math.random() * (stayMs[1] - stayMs[0]), stopping.signal).then(() => false),
        ]);
        cursor = Math.random() < 0.5 ? member.cursor : undefined;
        member.leave();
        if (over) await pause(500, stopping.signal);
      }
    }
    async function keepWriting() {
      for (let serial = 0; !stopping.signal.aborted; serial += 1) {
        const content = `soak ${serial} ${'·'.repeat(serial % 20 ? 40 : 2000)}`;
        await ask(writer.at() + pathOf('send'), {
          method: 'POST',
          body: { room: 'lobby', content, localId: `soak-${serial}` },
          headers: writer.headers(),
        }).catch(() => {}); // The memory is what is looked at here.
        await pause(writeEveryMs, stopping.signal);
      }
    }

    const beganMs = Date.now();
    while (Date.now() - beganMs < minutes * 60_000 && !stopping.signal.aborted) {
      await pause(everyMs, stopping.signal);
      const past = (Date.now() - beganMs) / 60_000;
      if (stopping.signal.aborted) break;
      samples.node.push({ minutes: past, mib: mibOf(house.pid('node') ?? 0, 'node.ts') });
      // Right after a collection, or it would be workerd's patience that is measured.
      live.push({ minutes: past, mib: (await bare.liveBytes()) / 2 ** 20 });
      samples.worker.push({ minutes: past, mib: needsOfProcess(bare.pid)?.mib ?? 0 });
      if (samples.node.length % 3 === 0)
        say(
          `${past.toFixed(1)} min: ${edges.map((edge) => `${edge} ${inMib(samples[edge].at(-1))}`).join(', ')} ` +
            `(${inMib(live.at(-1))} of it live JavaScript), ${came} readers came`,
        );
    }
    stopping.abort();
    await Promise.all(living);

    let isGood = true;
    for (const edge of edges) {
      const { slope, text } = growthOf(samples[edge]);
      const left = await countAfter(urls[edge], house.edgeKeys.current, site.key);
      isGood &&= slope < slopeMax[edge] && left === 0;
      say(`${edge} edge: ${text}; ${left} readers counted 30 s after the last had left`);
    }
    const { slope, text } = growthOf(live);
    isGood &&= slope < liveSlopeMax;
    say(`live JavaScript of the worker edge: ${text}`);
    say(
      `${(samples.node.at(-1)?.minutes ?? 0).toFixed(1)} minutes, ${2 * crowd} readers at once, ${came} came and went`,
    );
    return isGood;
  } finally {
    signal.removeEventListener('abort', stop);
    stopping.abort();
    await worker?.close();
    await house.close();
  }
}

const inMib = (sample: Sample | undefined) => `${sample?.mib.toFixed(1)} MiB`;

function growthOf(samples: readonly Sample[]): { slope: number; text: string } {
  const late = samples.slice(Math.floor(samples.length / 3));
  const slope = slopeOf(late);
  const text =
    `${inMib(samples[0])} at first, ${inMib(late[0])} after a third, ${inMib(late.at(-1))} at the end: ` +
    `${slope.toFixed(3)} MiB a minute over the last two thirds`;
  return { slope, text };
}

/** What the hub counts when nobody is there, after at most the 30 s of I11. */
async function countAfter(url: string, key: string, site: string): Promise<number> {
  for (const endMs = Date.now() + 30_000; ; await pause(500)) {
    const left = (await numbersAt(url, key)).chat_hub_readers?.[site] ?? 0;
    if (left === 0 || Date.now() > endMs) return left;
  }
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    }
    signal?.addEventListener('abort', done);
    if (signal?.aborted) done();
  });
}
