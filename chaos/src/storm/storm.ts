/**
 * I12: an edge dies with all its readers, and they all come back. What the server then has to do must be the same for
 * fifty as for five thousand: connections to it, and statements to its Postgres, are counted on the lines.
 */
import { pathOf } from '@payload-chat/protocol';
import { type House, openHouse } from '../house/house.ts';
import { availableMib } from '../house/process-table.ts';
import { ask } from '../people/ask.ts';
import { openExternal } from '../people/person.ts';
import { streamPath } from '../readers/reader.ts';
import { join, type Member, spanOf } from './crowd.ts';
import { type EdgeName, type StormedEdge, stormedEdge } from './stormed-edge.ts';

export interface StormOptions {
  /** Of the large storm; the small one has 50. */
  readers: number;
  edges: readonly EdgeName[];
  signal: AbortSignal;
  say(line: string): void;
}

interface Load {
  connections: number;
  queries: number;
  /** Over so many seconds. */
  seconds: number;
}

interface Weather {
  edge: EdgeName;
  readers: number;
  returning: Load;
  reloading: Load;
  backMs: { median: number; worst: number };
  missed: number;
}

const few = 50;
/** Here everybody comes from one address, which in life would be a balancer's and named as such. */
const edgeEnv = {
  CHAT_PING_MS: '20000',
  CHAT_STREAMS_PER_ADDRESS: '0',
  CHAT_SESSIONS_PER_MINUTE: '0',
  CHAT_REQUESTS_PER_MINUTE: '0',
};
/** People with a token of their own among the readers; the others read a public room as guests. */
const people = 40;
/** Messages written while everybody is away. */
const written = 20;
/**
 * More than this is growth: connections, statements, and what an idle server asks in a second (it looks for new events),
 * since a larger storm takes longer.
 */
const slack = { connections: 6, queries: 60, queriesPerSecond: 1 };

/** Below it the machine is needed for itself, in MiB: the storm is given up. */
const memoryMin = 2048;

type Asked = Pick<StormOptions, 'signal' | 'say'>;

/** @returns whether the server's load did not grow and nobody missed anything. */
export async function storm({ readers, edges, signal: outer, say }: StormOptions): Promise<boolean> {
  const short = new AbortController();
  const signal = AbortSignal.any([outer, short.signal]);
  const watch = setInterval(() => {
    const mib = availableMib();
    if (mib < memoryMin) short.abort(new Error(`The machine has ${mib.toFixed(0)} MiB left: this storm is too large.`));
  }, 500);
  const house = await openHouse({
    report: say,
    signal,
    services: ['postgres', 'server-a', ...edges.filter((edge) => edge === 'node')],
    pingMs: 20_000,
    edgeEnv,
  }).catch((error: unknown) => {
    clearInterval(watch);
    throw error;
  });
  const all: Weather[] = [];
  try {
    for (const name of edges) {
      const edge = await stormedEdge(house, name, edgeEnv);
      try {
        for (const count of [few, readers]) {
          signal.throwIfAborted();
          const weather = { edge: name, ...(await weathered(house, name, edge, count, { signal, say })) };
          all.push(weather);
          say(wordsOf(weather));
        }
      } finally {
        await edge.close();
      }
    }
  } finally {
    clearInterval(watch);
    await house.close();
  }
  return edges.every((edge) => {
    const [small, large] = all.filter((one) => one.edge === edge) as [Weather, Weather];
    const grew = (['returning', 'reloading'] as const).some(
      (what) =>
        large[what].connections > small[what].connections + slack.connections ||
        large[what].queries - small[what].queries >
          slack.queries + slack.queriesPerSecond * (large[what].seconds - small[what].seconds),
    );
    if (grew) say(`The server's load grew with the readers of the ${edge} edge.`);
    return !grew && large.missed === 0 && small.missed === 0;
  });
}

async function weathered(
  house: House,
  name: EdgeName,
  edge: StormedEdge,
  count: number,
  { signal, say }: Asked,
): Promise<Omit<Weather, 'edge'>> {
  const { site } = house.seed;
  const at = () => edge.url;
  const named = await Promise.all(
    Array.from({ length: people }, (_, nth) => openExternal(site, `storm-${name}-${count}-${nth}`, at)),
  );
  const guest = await ask(at() + pathOf('session'), { method: 'POST', body: { site: site.key, room: 'lobby' } });
  const guestHeaders = { Authorization: `Bearer ${(guest.body as { token: string }).token}` };
  const room = () => `${at()}${streamPath(['room:lobby'])}`;
  const headersOf = (nth: number) => (nth % 2 ? guestHeaders : (named[nth % people]?.headers() ?? guestHeaders));

  let crowd: Member[] = await Promise.all(
    Array.from({ length: count }, (_, nth) => untilIn(signal, () => join(room(), headersOf(nth)))),
  );
  const cursors = crowd.map(({ cursor }) => cursor);
  const needs = edge.needs();
  if (needs)
    say(`  ${name} edge, ${count} readers: ${needs.mib.toFixed(0)} MiB, ${needs.descriptors ?? '?'} descriptors`);

  const line = house.lines[name === 'node' ? 'fromNode' : 'fromWorker'];
  const load = measure(line, house);
  const killed = edge.kill();
  await Promise.all(crowd.map(({ over }) => over));
  await killed;
  for (let nth = 0; nth < written; nth += 1)
    await ask(`${house.directUrlOf('server-a')}${pathOf('send')}`, {
      method: 'POST',
      body: { room: 'lobby', content: `storm ${nth}`, localId: `storm-${name}-${count}-${nth}` },
      headers: named[0]?.headers() ?? {},
    });
  const beganMs = performance.now();
  const spans: number[] = [];
  const comeBack = async (cursor: string | undefined, nth: number) => {
    const member = await untilIn(signal, () => join(room(), headersOf(nth), cursor));
    spans.push(performance.now() - beganMs);
    return member;
  };
  // Readers try meanwhile, in vain.
  [crowd] = await Promise.all([Promise.all(cursors.map(comeBack)), edge.again()]);
  await pause(1000);
  const writes = written; // Their statements are the writers', and the same in both storms.
  const returning = load();
  const missed = crowd.filter(({ events }) => events !== writes).length;
  for (const member of crowd) member.leave();

  // And once more as pages that were loaded anew: a session, a snapshot, a stream.
  const anew = measure(line, house);
  const pages = await Promise.all(
    Array.from({ length: count }, () =>
      untilIn(signal, async () => {
        const asked = { method: 'POST', body: { site: site.key, room: 'lobby' }, timeoutMs: 60_000 };
        const session = (await ask(at() + pathOf('session'), asked)).body as { token: string };
        const headers = { Authorization: `Bearer ${session.token}` };
        const snapshot = await ask(at() + pathOf('snapshot', { id: 'room:lobby' }), { headers, timeoutMs: 60_000 });
        return join(room(), headers, (snapshot.body as { cursor: string }).cursor);
      }),
    ),
  );
  const reloading = anew();
  for (const member of pages) member.leave();
  return { readers: count, returning, reloading, backMs: spanOf(spans), missed };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** By the rule: a random part of a second later, of two, of four, until the stream is there. */
async function untilIn(signal: AbortSignal, enter: () => Member | Promise<Member>): Promise<Member> {
  for (let attempt = 0; ; attempt += 1) {
    signal.throwIfAborted();
    await pause(Math.random() * Math.min(30_000, 1000 * 2 ** attempt));
    try {
      const member = await enter();
      await member.ready;
      return member;
    } catch {
      // Not yet: the edge is on its way, or told us to come later.
    }
  }
}

/** What the server is asked from now on. */
function measure(line: { made: number }, { taps }: House): () => Load {
  const before = { connections: line.made, queries: taps.a.queries, ms: performance.now() };
  return () => ({
    connections: line.made - before.connections,
    queries: taps.a.queries - before.queries,
    seconds: (performance.now() - before.ms) / 1000,
  });
}

function wordsOf({ edge, readers, returning, reloading, backMs, missed }: Weather): string {
  const load = ({ connections, queries, seconds }: Load) =>
    `${connections} connections, ${queries} statements in ${seconds.toFixed(0)} s`;
  return (
    `${edge} edge, ${readers} readers: returning cost the server ${load(returning)}; reloading ${load(reloading)}; ` +
    `back after ${(backMs.median / 1000).toFixed(1)} s (median), ${(backMs.worst / 1000).toFixed(1)} s (worst); ` +
    `${missed} missed or doubled something`
  );
}
