/** How much memory processes hold, as Linux says; other systems are asked by `ps`. */
import { execFileSync } from 'node:child_process';

export interface Sample {
  /** Since the start, in minutes. */
  minutes: number;
  /** In MiB. */
  mib: number;
}

/** Resident memory of a process and of all in its group, in MiB. */
export function groupMib(leader: number): number {
  const table = execFileSync('ps', ['-A', '-o', 'pgid=,rss='], { encoding: 'utf8' });
  let kib = 0;
  for (const [, group, rss] of table.matchAll(/^\s*(\d+)\s+(\d+)\s*$/gm))
    if (Number(group) === leader) kib += Number(rss);
  return kib / 1024;
}

/** Least squares, in MiB a minute. */
export function slopeOf(samples: readonly Sample[]): number {
  const n = samples.length;
  const mean = (of: (one: Sample) => number) => samples.reduce((sum, one) => sum + of(one), 0) / n;
  const x = mean(({ minutes }) => minutes);
  const y = mean(({ mib }) => mib);
  let over = 0;
  let under = 0;
  for (const { minutes, mib } of samples) {
    over += (minutes - x) * (mib - y);
    under += (minutes - x) ** 2;
  }
  return under === 0 ? 0 : over / under;
}
