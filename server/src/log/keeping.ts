/** How long the log remembers. Messages live in their own rows and are kept whatever is said here. */

export interface Keeping {
  /** An event is kept at least so long, in days; fractions are fine. */
  keepDays: number;
  /** And at least so many of each site, in events: what a hub's ring begins with. */
  keepEvents: number;
  /** How often the log is trimmed, in ms; a tenth more or less at random. */
  trimEveryMs: number;
}

export const defaultKeeping: Keeping = { keepDays: 7, keepEvents: 2000, trimEveryMs: 3_600_000 };

/** Lowest and highest of each; a timer of Node takes no more than the last. */
const bounds: Record<keyof Keeping, { from: number; to: number; whole: boolean }> = {
  keepDays: { from: 0, to: 36_500, whole: false },
  keepEvents: { from: 1, to: 1_000_000_000, whole: true },
  trimEveryMs: { from: 1000, to: 2_000_000_000, whole: true },
};

/**
 * Fills in what was left out.
 * @throws Error that names every setting that is out of its bounds or unknown.
 */
export function resolveKeeping(given: Partial<Keeping> = {}): Keeping {
  const faults: string[] = [];
  for (const [name, value] of Object.entries(given)) {
    const bound = bounds[name as keyof Keeping];
    if (!bound) faults.push(`log.${name} is no setting, there are ${Object.keys(bounds).join(', ')}`);
    else if (value !== undefined && !isWithin(value, bound))
      faults.push(
        `log.${name} must be a ${bound.whole ? 'whole ' : ''}number from ${bound.from} to ${bound.to}, met ${String(value)}`,
      );
  }
  if (faults.length) throw new Error(`chat(): ${faults.join('; ')}.`);
  const said = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...defaultKeeping, ...Object.fromEntries(said) };
}

function isWithin(value: unknown, { from, to, whole }: { from: number; to: number; whole: boolean }): boolean {
  return (
    typeof value === 'number' &&
    value >= from &&
    value <= to &&
    (whole ? Number.isInteger(value) : !Number.isNaN(value))
  );
}
