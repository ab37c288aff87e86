/** What many runs add up to, in words. */
import type { Violation } from './checker/history.ts';
import { isAcknowledged } from './people/act.ts';
import type { RunResult } from './run.ts';

export interface Book {
  add(result: RunResult): void;
  /** A run that could not be brought to its end. */
  failed(seed: number, why: string): void;
  readonly isClean: boolean;
  lines(): string[];
}

interface Tally {
  injected: number;
  catchUpMs: number[];
}

/** Rules that name each of the three figures. */
const counted = { lost: ['I1'], doubled: ['I2'], 'order violations': ['I3', 'I4', 'I6'] } as const;

export function openBook(): Book {
  const beganMs = Date.now();
  const faults = new Map<string, Tally>();
  const resets = new Map<string, number>();
  const violations: Array<Violation & { seed: number }> = [];
  const broken: Array<{ seed: number; why: string }> = [];
  const seeds: number[] = [];
  const sums = { unanswered: 0, acts: 0, sends: 0, writes: 0, tries: 0, events: 0, connections: 0 };
  const waits: number[] = [];

  return {
    add({ seed, faults: names, violations: found, history, catchUps }) {
      seeds.push(seed);
      for (const name of names) tallyOf(name).injected += 1;
      for (const { fault, ms } of catchUps) tallyOf(fault).catchUpMs.push(ms);
      for (const { resets: list, applied, readings } of history.readers) {
        for (const { reason } of list) resets.set(reason, (resets.get(reason) ?? 0) + 1);
        sums.events += applied.length;
        sums.connections += readings.length;
      }
      for (const act of history.acts) {
        sums.acts += 1;
        sums.tries += act.tries;
        if (!act.answer) sums.unanswered += 1;
        if (!isAcknowledged(act)) continue;
        sums.writes += 1;
        if (act.does === 'post') sums.sends += 1;
      }
      waits.push(history.caughtUpMs);
      violations.push(...found.map((one) => ({ ...one, seed })));
    },
    failed(seed, why) {
      broken.push({ seed, why });
    },
    get isClean() {
      return violations.length === 0 && broken.length === 0 && seeds.length > 0;
    },
    lines() {
      const of = (rules: readonly string[]) => violations.filter(({ rule }) => rules.includes(rule)).length;
      const rest = violations.filter(
        ({ rule }) =>
          !Object.values(counted)
            .flat()
            .includes(rule as never),
      );
      return [
        `${seeds.length} runs (seeds ${seeds[0] ?? '-'} to ${seeds.at(-1) ?? '-'}) in ${((Date.now() - beganMs) / 60_000).toFixed(1)} min, ${broken.length} not brought to an end`,
        `${sums.acts} writes begun with ${sums.tries} requests, ${sums.writes} acknowledged, ${sums.sends} of them sends; ${sums.unanswered} never answered`,
        `${sums.events} events applied over ${sums.connections} connections`,
        [
          ...Object.entries(counted).map(([name, rules]) => `${name} ${of(rules)}`),
          `other violations ${rest.length}`,
        ].join(', '),
        `resets: ${[...resets].map(([reason, count]) => `${reason} ${count}`).join(', ') || 'none'}`,
        `everybody caught up after a run: ${spanOf(waits)}`,
        '',
        `${'fault'.padEnd(46)} injected  caught up after: median   worst`,
        ...[...faults]
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(
            ([name, { injected, catchUpMs }]) =>
              `${name.padEnd(46)} ${String(injected).padStart(8)}  ${spanOf(catchUpMs)}`,
          ),
        ...broken.map(({ seed, why }) => `seed ${seed} was not brought to an end: ${why}`),
        ...violations.map(({ seed, rule, says }) => `seed ${seed} ${rule}: ${says.slice(0, 400)}`),
      ];
    },
  };

  function tallyOf(name: string): Tally {
    const held = faults.get(name) ?? { injected: 0, catchUpMs: [] };
    faults.set(name, held);
    return held;
  }
}

/** Median and worst. */
function spanOf(list: number[]): string {
  const sorted = [...list].sort((a, b) => a - b);
  const ms = (value: number | undefined) =>
    (value === undefined ? '-' : value === Infinity ? 'never' : `${(value / 1000).toFixed(2)} s`).padStart(8);
  return `${ms(sorted[Math.floor((sorted.length - 1) / 2)])} ${ms(sorted.at(-1))}`;
}
