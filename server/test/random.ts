/** Repeatable chance for tests that shuffle: the seed stands in the output of a failing run. */

export interface Random {
  /** A whole number from 0 to `bound` - 1. */
  below(bound: number): number;
}

/** `SEED` of the environment, which repeats a run, or a new one; printed. */
export function seed(label: string): number {
  const chosen = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31)) >>> 0;
  console.info(`${label}: SEED=${chosen}`);
  return chosen;
}

/** Mulberry32. */
export function randomFrom(label: string): Random {
  let state = seed(label);
  return {
    below(bound) {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
    },
  };
}
