/** What samples of a process's memory say. */

export interface Sample {
  /** Since the start, in minutes. */
  minutes: number;
  /** In MiB. */
  mib: number;
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
