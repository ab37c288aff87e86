/** Many runs in one house that lives through all of them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cache } from '../../scripts/root.mjs';
import type { Stage } from './cast.ts';
import { faultKinds } from './faults/index.ts';
import { releaseFaults } from './faults/release-faults.ts';
import { type HouseOptions, openHouse } from './house/house.ts';
import { openChromium } from './readers/chromium.ts';
import { openBook } from './report.ts';
import { type RunResult, runOnce } from './run.ts';
import { makeSecondSite } from './second-site.ts';

export interface ManyOptions {
  runs: number;
  /** Of the first; the next has the next number. */
  seed: number;
  isLong: boolean;
  /** Words of names: only faults that have one of them are drawn. */
  only: string[];
  /** Another release for a part of the house. */
  release?: HouseOptions['release'];
  signal: AbortSignal;
  say(line: string): void;
}

/** Runs that could not be brought to an end, one after the other, after which the house is given up. */
const patience = 3;

/** @returns whether nothing was found. */
export async function runMany({ runs, seed, isLong, only, release, signal, say }: ManyOptions): Promise<boolean> {
  const all = release ? [...faultKinds, ...releaseFaults(release.older)] : faultKinds;
  const kinds = all.filter(({ name }) => only.length === 0 || only.some((word) => name.includes(word)));
  if (kinds.length === 0) throw new Error(`No fault has a name with "${only.join('" or "')}"`);
  const book = openBook();
  const stage = await openStage(say, { signal, release });
  if (!kinds.some(({ isPossible }) => isPossible?.(stage.house) ?? true)) {
    await stage.close();
    throw new Error(`None of ${kinds.map(({ name }) => `"${name}"`).join(', ')} can be done on this machine`);
  }
  let failures = 0;
  try {
    for (let serial = 0; serial < runs && !signal.aborted && failures < patience; serial += 1) {
      const mine = seed + serial;
      try {
        const result = await runOnce(stage, mine, serial, { kinds, isLong, writeMs: isLong ? 60_000 : 4000 });
        failures = 0;
        book.add(result);
        tell(result, say);
      } catch (error) {
        failures += 1;
        const why = error instanceof Error ? error.message : String(error);
        book.failed(mine, why);
        say(`seed ${mine} was not brought to an end: ${error instanceof Error ? error.stack : why}`);
      }
      if ((serial + 1) % 25 === 0) for (const line of book.lines()) say(line);
    }
  } finally {
    await stage.close();
  }
  say('');
  for (const line of book.lines()) say(line);
  return book.isClean;
}

/** The house with its second site and its browser. */
export async function openStage(
  say: (line: string) => void,
  { signal, release }: { signal?: AbortSignal; release?: HouseOptions['release'] } = {},
) {
  const house = await openHouse({
    report: say,
    ...(signal ? { signal } : {}),
    ...(release ? { release } : {}),
  });
  try {
    const elsewhere = await makeSecondSite(house);
    const chromium = await openChromium(house.page.port);
    const stage: Stage = { house, elsewhere, chromium };
    return {
      ...stage,
      async close() {
        await chromium.close();
        await house.close();
      },
    };
  } catch (error) {
    await house.close();
    throw error;
  }
}

function tell({ seed, plan, violations, history, catchUps, tookMs }: RunResult, say: (line: string) => void) {
  const worst = catchUps.reduce((a, b) => (b.ms > a.ms ? b : a), { fault: '', ms: 0, slowest: '' });
  say(
    `seed ${seed}: ${violations.length ? `${violations.length} VIOLATIONS` : 'clean'}, ${history.acts.length} writes, ` +
      `caught up within ${(worst.ms / 1000).toFixed(1)} s${worst.ms > 5000 ? ` (${worst.slowest})` : ''}, ${(tookMs / 1000).toFixed(1)} s: ${plan.join('; ')}`,
  );
  if (!violations.length) return;
  for (const { rule, says } of violations.slice(0, 20)) say(`    ${rule}: ${says.slice(0, 600)}`);
  const folder = path.join(cache, 'chaos');
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `seed-${seed}.json`);
  const plain = (_: string, value: unknown) => (value instanceof Map ? Object.fromEntries(value) : value);
  writeFileSync(file, JSON.stringify({ seed, plan, violations, history }, plain, 1));
  say(`    its history: ${file}; again: npm run chaos -- --runs 1 --seed ${seed}`);
}
