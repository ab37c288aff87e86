/** What is asked of every hop when all is mended and quiet. */
import { parseCursor, pathOf, type Snapshot } from '@payload-chat/protocol';
import type { Stage } from './cast.ts';
import type { History, Replay } from './checker/history.ts';
import { difference } from './checker/states.ts';
import { numbersAt, readToReady } from './hops.ts';
import { ask } from './people/ask.ts';
import type { Person } from './people/person.ts';
import { type Reader, streamPath } from './readers/reader.ts';
import { takeSnapshots } from './readers/snapshots.ts';

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** What a reload would show each of them now, by the server itself. */
export async function freshStates({ house }: Stage, readers: Reader[]): Promise<History['fresh']> {
  const fresh: Record<string, Snapshot[]> = {};
  for (const { record, person } of readers) {
    if (record.leavesBy) continue;
    const asked = { ...placed(person), at: () => house.directUrlOf('server-a') };
    fresh[record.name] = await takeSnapshots(asked, record.threads, AbortSignal.timeout(20_000));
  }
  return fresh;
}

/** What each edge counts, against the streams that are open; it has 30 s for it (I11). */
export async function countReaders({ house }: Stage, readers: Reader[]): Promise<History['hubs']> {
  const sites = [...new Set(readers.map(({ record }) => record.site))];
  let hubs: History['hubs'] = [];
  for (const endMs = Date.now() + 30_000; ; await pause(200)) {
    hubs = [];
    for (const hop of ['worker', 'node'] as const) {
      const numbers = await numbersAt(house.directUrlOf(hop), house.edgeKeys.current);
      for (const site of sites)
        hubs.push({
          hop,
          site,
          readers: numbers.chat_hub_readers?.[site] ?? 0,
          sockets: readers.filter(({ record, isOpen }) => record.hop === hop && record.site === site && isOpen).length,
        });
    }
    if (Date.now() > endMs || hubs.every(({ readers: counted, sockets }) => counted === sockets)) return hubs;
  }
}

/**
 * The lobby's snapshot at each hop. An edge keeps that of a public room for 2 s, in which it lacks what was posted since.
 */
export async function lobbyPages({ house }: Stage, { record, person }: Reader): Promise<History['pages']> {
  const lobby = record.threads.slice(-1);
  const at = async (hop: 'server-a' | 'server-b' | 'worker' | 'node') => {
    const asked = { ...placed(person), at: () => house.directUrlOf(hop) };
    const [page] = await takeSnapshots(asked, lobby, AbortSignal.timeout(20_000));
    return page;
  };
  const atServer = await at('server-a');
  if (!atServer) return [];
  return Promise.all(
    (['server-b', 'worker', 'node'] as const).map(async (hop) => {
      for (const endMs = Date.now() + 4000; ; await pause(200)) {
        const page = await at(hop);
        if (page && (!difference(page, atServer) || Date.now() > endMs)) return { hop, page, atServer };
      }
    }),
  );
}

const placed = (person: Person) => {
  const { id, name, site, kind, sid, token } = person;
  return { id, name, site, kind, sid, token, renew: () => person.renew(), headers: () => person.headers() };
};

/** What each hop says to one whose session has ended; those that did not end it have 3 s to hear of it. */
export async function afterLogout({ house }: Stage, goner: Person): Promise<History['afterLogout']> {
  return Promise.all(
    (['server-a', 'server-b', 'worker', 'node'] as const).map(async (hop) => {
      for (const endMs = Date.now() + 5000; ; await pause(200)) {
        const { status } = await ask(house.directUrlOf(hop) + pathOf('threads'), { headers: goner.headers() });
        if (status === 401 || Date.now() > endMs) return { hop, status };
      }
    }),
  );
}

/** The run's part of the log once more, from every hop, by a reader who comes only now. */
export async function freshReplays(
  { house }: Stage,
  readers: Reader[],
  starts: Record<string, number> | undefined,
  heads: Record<string, number>,
  epoch: string,
): Promise<Replay[]> {
  const asked = readers.filter(({ record }) => record.name === 'ana' || record.name === 'eve');
  if (!starts) return [];
  const replays: Replay[] = [];
  for (const hop of ['server-a', 'server-b', 'worker', 'node'] as const)
    for (const { record, person } of asked) {
      const cursor = `${epoch}.${starts[record.site] ?? 0}`;
      // A hop hears of what was written a little later than its writer.
      for (const endMs = Date.now() + 5000; ; await pause(100)) {
        const url = `${house.directUrlOf(hop)}${streamPath(['me'])}`;
        const frames = await readToReady(url, { ...person.headers(), 'Last-Event-ID': cursor });
        const at = parseCursor(frames.findLast(({ id }) => id !== undefined)?.id);
        const isOver = frames.some(({ event }) => event === 'reset') || (at?.pos ?? 0) >= (heads[record.site] ?? 0);
        if (!isOver && Date.now() < endMs) continue;
        const topics = record.topics.filter((topic) => !topic.startsWith('thread:'));
        replays.push({ hop, topics, site: record.site, cursor, head: heads[record.site] ?? 0, frames });
        break;
      }
    }
  return replays;
}
