/** Chance that repeats: the same seed draws the same numbers, on every machine. */

export interface Random {
  /** 0 to 1, 1 excluded. */
  next(): number;
  /** A whole number from `min` to `max`, both included. */
  whole(min: number, max: number): number;
  /** @throws on an empty list. */
  pick<T>(list: readonly T[]): T;
  chance(probability: number): boolean;
  /** A generator of its own, so that what one actor draws does not depend on how often another drew before. */
  fork(name: string): Random;
}

/** Mulberry32 over a 32-bit seed: plenty for a plan, nothing for a secret. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  function next() {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }
  const whole = (min: number, max: number) => min + Math.floor(next() * (max - min + 1));
  return {
    next,
    whole,
    pick: (list) => {
      if (list.length === 0) throw new Error('There is nothing to pick from.');
      return list[whole(0, list.length - 1)] as (typeof list)[number];
    },
    chance: (probability) => next() < probability,
    fork: (name) => seeded(hash(`${seed} ${name}`)),
  };
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return value >>> 0;
}
