/** Whether an edge grows: readers come and go for a long time, somebody writes, and its memory is looked at. */
import { pathOf } from '@payload-chat/protocol';
import { numbersAt } from '../hops.ts';
import { openHouse } from '../house/house.ts';
import { mibOf, ourWorkerd } from '../house/process-table.ts';
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
/** Between two looks, in ms. */
const everyMs = 10_000;
/** What the last two thirds may grow by, in MiB a minute: a leak of a kilobyte for each reader that came would be 3. */
const slopeMax = 1;

/** The process that holds the edge. */
const processOf = { node: 'node.ts', worker: ourWorkerd };

/** @returns whether memory did not grow, and the hubs counted whoever was there. */
export async function soak({ minutes, signal, say }: SoakOptions): Promise<boolean> {
  const edges = ['node', 'worker'] as const;
  const house = await openHouse({
    report: say,
    signal,
    services: ['postgres', 'server-a', ...edges],
    edgeEnv: { CHAT_REQUESTS_PER_MINUTE: '0' },
  });
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  signal.addEventListener('abort', stop);
  const samples: Record<(typeof edges)[number], Sample[]> = { node: [], worker: [] };
  let came = 0;
  try {
    const { site } = house.seed;
    const writer = await openExternal(site, 'soak-writer', () => house.directUrlOf('node'));
    const living: Array<Promise<void>> = [];
    for (const edge of edges) {
      const url = house.directUrlOf(edge);
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
      for (const edge of edges)
        samples[edge].push({ minutes: past, mib: mibOf(house.pid(edge) ?? 0, processOf[edge]) });
      if (samples.node.length % 6 === 0)
        say(
          `${past.toFixed(1)} min: ${edges.map((edge) => `${edge} ${samples[edge].at(-1)?.mib.toFixed(1)} MiB`).join(', ')}, ${came} readers came`,
        );
    }
    stopping.abort();
    await Promise.all(living);

    let isGood = true;
    for (const edge of edges) {
      const late = samples[edge].slice(Math.floor(samples[edge].length / 3));
      const slope = slopeOf(late);
      const left = await countAfter(house.directUrlOf(edge), house.edgeKeys.current, site.key);
      isGood &&= slope < slopeMax && left === 0;
      const mib = (sample: Sample | undefined) => `${sample?.mib.toFixed(1)} MiB`;
      say(
        `${edge} edge: ${mib(samples[edge][0])} at first, ${mib(late[0])} after a third, ${mib(late.at(-1))} at the end: ` +
          `${slope.toFixed(3)} MiB a minute over the last two thirds; ${left} readers counted 30 s after the last had left`,
      );
    }
    say(
      `${(samples.node.at(-1)?.minutes ?? 0).toFixed(1)} minutes, ${2 * crowd} readers at once, ${came} came and went`,
    );
    return isGood;
  } finally {
    signal.removeEventListener('abort', stop);
    stopping.abort();
    await house.close();
  }
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
