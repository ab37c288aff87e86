/** One run: people write and read, the plan breaks things, all is mended, and the checker looks at what is left. */
import { parseCursor, type Snapshot } from '@payload-chat/protocol';
import { type Cast, castOf, type Stage } from './cast.ts';
import { check } from './checker/check.ts';
import { type Healed, type History, type LogRow, type Replay, stallMs, type Violation } from './checker/history.ts';
import { isFor } from './checker/streams.ts';
import { headsOf, keepLog, messagesOf, numbersOf, seatsOf } from './evidence.ts';
import type { FaultKind, Injected, Notes, Scene } from './faults/fault.ts';
import { faultKinds } from './faults/index.ts';
import { epochAt, numbersAt, readToReady } from './hops.ts';
import type { Act } from './people/act.ts';
import { type Deeds, perform } from './people/deed.ts';
import { write } from './people/writer.ts';
import { type Planned, planOf } from './plan.ts';
import { seeded } from './random.ts';
import type { Reader } from './readers/reader.ts';
import { streamPath, within } from './readers/reader.ts';
import { takeSnapshots } from './readers/snapshots.ts';

export interface RunOptions {
  /** How long people write, in ms. */
  writeMs?: number;
  kinds?: readonly FaultKind[];
  isLong?: boolean;
}

export interface RunResult {
  seed: number;
  /** In words. */
  plan: string[];
  faults: string[];
  violations: Violation[];
  history: History;
  /** By fault: how long after its mending everybody was where the site stood then, in ms. */
  catchUps: Array<{ fault: string; ms: number; slowest: string }>;
  tookMs: number;
}

/** How long the mending of a fault may take, in ms: two restarts of everything on a busy machine. */
const mendMs = 180_000;
/** How long an actor goes on trying after the last fault was mended, in ms. */
const settleMs = 30_000;

export async function runOnce(
  stage: Stage,
  seed: number,
  serial: number,
  options: RunOptions = {},
): Promise<RunResult> {
  const { writeMs = 4000, kinds = faultKinds, isLong = false } = options;
  const { house } = stage;
  const beganMs = Date.now();
  const random = seeded(seed);
  const mark = `s${seed}n${serial}`;
  const acts: Act[] = [];
  const deeds: Deeds = { acts, endMs: Infinity, random: () => Math.random() };

  let epoch = await epochNow(stage);
  const log = await keepLog(house.database);
  const cast = await castOf(stage, mark, deeds, random.fork('cast'));
  const starts = await headsOf(house.database);
  const startEpoch = epoch;
  const readers = await cast.openReaders();
  const history: Partial<History> = {};
  const notes: Notes = {
    keepLog: () => log.keep(epoch),
    cutLog: (kept) => log.cut(epoch, kept),
    replaced: () => log.startAnew(),
    async restored(copiedMs, backMs) {
      history.restored = { copiedMs, backMs };
      const before = epoch;
      for (const endMs = Date.now() + settleMs; epoch === before && Date.now() < endMs; await pause(50))
        epoch = await epochNow(stage);
    },
  };
  const scene: Scene = { house, readers: () => readers, notes, isLong };

  const plan = planOf(seed, { kinds, writeMs });
  const prepared = plan.map((planned) => ({ planned, injected: planned.kind.draw(seeded(planned.seed), scene) }));
  const stopWriting = new AbortController();
  const writing = cast.writers.map(({ person, places, leaves }) =>
    write({
      person,
      places,
      leaves,
      deeds,
      mark,
      random: random.fork(person.name.split('-')[0] ?? ''),
      signal: stopWriting.signal,
      pauseMs: [20, 160],
    }),
  );
  const leaving = logOut(cast, deeds, writeMs / 2);
  const healed: Healed[] = [];
  try {
    const broken = Promise.all([
      ...prepared.map((one) => carryOut(one, async (fault) => void healed.push(await healedNow(stage, fault, epoch)))),
      pause(writeMs),
    ]);
    await within(broken, writeMs + mendMs, 'every fault to be mended');
    stopWriting.abort();
    await house.allReady();
    deeds.endMs = Date.now() + settleMs;
    await Promise.all([...writing, leaving]);

    const quietMs = Date.now();
    epoch = await epochNow(stage);
    const heads = await headsOf(house.database);
    await log.keep(epoch);
    const placed = Object.fromEntries(Object.entries(heads).map(([site, pos]) => [site, { epoch, pos }]));
    const caughtUpMs = (await until(() => readers.every((one) => arrivalMs(one, placed, log.rows) < Infinity), stallMs))
      ? Date.now() - quietMs
      : Infinity;
    const hubs = await countReaders(stage, readers);
    const people = cast.people.map(({ id }) => id);
    const fresh: Record<string, Snapshot[]> = {};
    for (const { record, person } of readers) {
      const asked = { ...clone(person), at: () => house.directUrlOf('server-a') };
      if (!record.leavesBy)
        fresh[record.name] = await takeSnapshots(asked, record.threads, AbortSignal.timeout(20_000));
    }
    const replays = await freshReplays(stage, readers, startEpoch === epoch ? starts : undefined, heads, epoch);
    await log.refresh(epoch);
    const whole: History = {
      ...history,
      acts,
      readers: readers.map(({ record }) => record),
      log: log.rows,
      messages: await messagesOf(house.database, people),
      seats: await seatsOf(house.database, people),
      numbers: await numbersOf(house.database),
      epoch,
      fresh,
      replays,
      mayReset: plan.flatMap(({ kind }) => kind.mayReset ?? []),
      hubs,
      healed,
      quietMs,
      caughtUpMs,
    };
    return {
      seed,
      plan: prepared.map(words),
      faults: plan.map(({ kind }) => kind.name),
      violations: check(whole),
      history: whole,
      catchUps: healed.map((one) => ({ fault: one.fault, ...catchUp(one, readers, log.rows) })),
      tookMs: Date.now() - beganMs,
    };
  } finally {
    stopWriting.abort();
    deeds.endMs = 0;
    await Promise.all(readers.map((reader) => reader.close()));
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function until(holds: () => boolean, withinMs: number): Promise<boolean> {
  for (const endMs = Date.now() + withinMs; !holds(); await pause(20)) if (Date.now() > endMs) return false;
  return true;
}

const clone = (person: Reader['person']) => ({
  id: person.id,
  name: person.name,
  site: person.site,
  kind: person.kind,
  sid: person.sid,
  token: person.token,
  renew: () => person.renew(),
  headers: () => person.headers(),
});

/** Tries until a server says it. */
async function epochNow({ house }: Stage): Promise<string> {
  for (const endMs = Date.now() + settleMs; ; await pause(100)) {
    try {
      return await epochAt(house.directUrlOf('server-a'), house.seed.site.key, house.edgeKeys.current);
    } catch (error) {
      if (Date.now() > endMs) throw error;
    }
  }
}

async function carryOut(
  { planned, injected }: { planned: Planned; injected: Injected },
  onHealed: (fault: string) => Promise<void>,
): Promise<void> {
  await pause(planned.atMs);
  await injected.inject();
  if (!planned.kind.isInstant) await pause(planned.forMs);
  await injected.heal();
  await onHealed(planned.kind.name);
}

function words({ planned, injected }: { planned: Planned; injected: Injected }): string {
  const { kind, atMs, forMs } = planned;
  return `${kind.name}${injected.says ? ` (${injected.says})` : ''} at ${atMs} ms${kind.isInstant ? '' : ` for ${forMs} ms`}`;
}

async function logOut({ goner }: Cast, deeds: Deeds, afterMs: number): Promise<void> {
  await pause(afterMs);
  await perform(deeds, goner, { does: 'logout' }, 'logout', {}, {});
}

async function healedNow({ house }: Stage, fault: string, epoch: string): Promise<Healed> {
  const atMs = Date.now();
  const heads = await headsOf(house.database);
  return {
    fault,
    atMs,
    heads: Object.fromEntries(Object.entries(heads).map(([site, pos]) => [site, { epoch, pos }])),
  };
}

/** How long the slowest of them took, and who he was. */
function catchUp({ atMs, heads }: Healed, readers: Reader[], rows: LogRow[]): { ms: number; slowest: string } {
  let ms = 0;
  let slowest = '';
  for (const reader of readers) {
    const span = arrivalMs(reader, heads, rows) - atMs;
    if (span <= ms) continue;
    ms = span;
    slowest = `${reader.record.name} by ${reader.record.kind} at ${reader.record.hop}`;
  }
  return { ms, slowest };
}

/** When a reader had everything of his site up to these heads that is for him; Infinity for not yet. */
function arrivalMs({ record }: Reader, heads: Healed['heads'], rows: LogRow[]): number {
  const head = heads[record.site];
  if (record.leavesBy || !head) return 0;
  const { epoch } = head;
  const wanted = rows.findLast(
    (row) => row.epoch === epoch && row.site === record.site && row.pos <= head.pos && isFor(row, record.topics),
  );
  if (!wanted) return 0;
  let wasThere = false;
  for (const { cursor, atMs } of record.cursors) {
    const at = parseCursor(cursor);
    // Another history took the place of that one: then he is past it.
    if (at?.epoch === epoch ? at.pos >= wanted.pos : wasThere) return atMs;
    wasThere ||= at?.epoch === epoch;
  }
  return Infinity;
}

/** What each edge counts, against the streams that are open; it has 30 s for it (I11). */
async function countReaders({ house }: Stage, readers: Reader[]): Promise<History['hubs']> {
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

/** The run's part of the log once more, from every hop, by a reader who comes only now. */
async function freshReplays(
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
        const ready = parseCursor((frames.at(-1)?.data as { cursor?: string } | undefined)?.cursor);
        if ((ready?.pos ?? 0) < (heads[record.site] ?? 0) && Date.now() < endMs && frames.at(-1)?.event === 'ready')
          continue;
        const topics = record.topics.filter((topic) => !topic.startsWith('thread:'));
        replays.push({ hop, topics, site: record.site, cursor, frames });
        break;
      }
    }
  return replays;
}
