/** One run: people write and read, the plan breaks things, all is mended, and the checker looks at what is left. */
import { afterLogout, countReaders, freshReplays, freshStates, lobbyPages } from './aftermath.ts';
import { type Cast, castOf, type Stage } from './cast.ts';
import { arrivalMs, catchUp } from './catch-up.ts';
import { check } from './checker/check.ts';
import { type Healed, type History, stallMs, type Violation } from './checker/history.ts';
import { headsOf, keepLog, messagesOf, numbersOf, seatsOf } from './evidence.ts';
import type { FaultKind, Injected, Notes, Scene } from './faults/fault.ts';
import { faultKinds } from './faults/index.ts';
import { epochAt } from './hops.ts';
import type { Act } from './people/act.ts';
import { type Deeds, perform } from './people/deed.ts';
import { write } from './people/writer.ts';
import { type Planned, planOf } from './plan.ts';
import { seeded } from './random.ts';
import { within } from './readers/reader.ts';

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
  const { writeMs = 4000, isLong = false } = options;
  const { house } = stage;
  const kinds = (options.kinds ?? faultKinds).filter(({ isPossible }) => isPossible?.(house) ?? true);
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
  let kept: Record<string, number> = {};
  let hasLost = false;
  const behindMs: History['behindMs'] = {};
  const notes: Notes = {
    keepLog: () => log.keep(epoch),
    cutLog: (kept) => log.cut(epoch, kept),
    async replaced() {
      hasLost = await log.putBack(epoch);
      kept = await headsOf(house.database);
    },
    async restored(copiedMs, backMs, isSilent) {
      history.restored = { copiedMs, backMs, ...(isSilent ? { silently: kept } : {}) };
      // Nothing is another to anybody where nothing was lost.
      const before = isSilent && !hasLost ? undefined : epoch;
      for (const endMs = Date.now() + settleMs; epoch === before && Date.now() < endMs; await pause(50))
        epoch = await epochNow(stage);
    },
    clockMoved(name, ms) {
      if (name === 'postgres') return; // No hop believes a token by it.
      const hop = name === 'node' || name === 'worker' ? name : 'server';
      behindMs[hop] = Math.max(behindMs[hop] ?? 0, -ms);
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
    const fresh = await freshStates(stage, readers);
    const dan = readers.find(({ record }) => record.name === 'dan');
    const pages = dan ? await lobbyPages(stage, dan) : [];
    const replays = await freshReplays(stage, readers, startEpoch === epoch ? starts : undefined, heads, epoch);
    const ended = await afterLogout(stage, cast.goner);
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
      pages,
      replays,
      afterLogout: ended,
      behindMs,
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
    await house.clocks.setAllRight();
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function until(holds: () => boolean, withinMs: number): Promise<boolean> {
  for (const endMs = Date.now() + withinMs; !holds(); await pause(20)) if (Date.now() > endMs) return false;
  return true;
}

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
