import { expect, test } from 'vitest';
import { faultKinds } from './faults/index.ts';
import { planOf } from './plan.ts';
import { seeded } from './random.ts';

const options = { kinds: faultKinds, writeMs: 4000 };

test('the same seed is the same plan, another seed another', () => {
  expect(planOf(7, options)).toEqual(planOf(7, options));
  expect(planOf(7, options)).not.toEqual(planOf(8, options));
});

test('every fault is drawn sooner or later; an exclusive one meets no other that can reset a reader', () => {
  const drawn = new Set<string>();
  for (let seed = 1; seed <= 2000; seed += 1) {
    const kinds = planOf(seed, options).map(({ kind }) => kind);
    expect(kinds.length).toBeGreaterThan(1);
    expect(new Set(kinds).size).toBe(kinds.length);
    if (kinds.some(({ isExclusive }) => isExclusive))
      expect(kinds.filter(({ isExclusive, mayReset }) => !isExclusive && mayReset?.length)).toEqual([]);
    for (const { name } of kinds) drawn.add(name);
  }
  expect([...drawn].sort()).toEqual(faultKinds.map(({ name }) => name).sort());
});

test('names are told apart', () => {
  expect(new Set(faultKinds.map(({ name }) => name)).size).toBe(faultKinds.length);
});

test('what one actor draws does not depend on how often another has drawn', () => {
  const quiet = seeded(3);
  const busy = seeded(3);
  busy.fork('ana').next();
  busy.next();
  expect(busy.fork('ben').next()).toBe(quiet.fork('ben').next());
});
