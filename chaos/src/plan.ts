/** What breaks when, drawn from a seed: the same seed is the same plan. */
import type { FaultKind } from './faults/fault.ts';
import { seeded } from './random.ts';

export interface Planned {
  kind: FaultKind;
  /** From the start of the run's writing, in ms. */
  atMs: number;
  /** From the injection to the mending, in ms. */
  forMs: number;
  /** Of what it draws itself. */
  seed: number;
}

export interface PlanOptions {
  kinds: readonly FaultKind[];
  /** How long people write, in ms. */
  writeMs: number;
}

/** Two to four faults that overlap, or an exclusive one and a line's. */
export function planOf(seed: number, { kinds, writeMs }: PlanOptions): Planned[] {
  const random = seeded(seed).fork('plan');
  const draw = (from: readonly FaultKind[]): Planned => {
    const sum = from.reduce((total, { weight = 1 }) => total + weight, 0);
    let left = random.next() * sum;
    const kind =
      from.find(({ weight = 1 }) => {
        left -= weight;
        return left < 0;
      }) ?? (from.at(-1) as FaultKind);
    return {
      kind,
      atMs: random.whole(200, Math.floor(writeMs * 0.6)),
      forMs: random.whole(300, Math.floor(writeMs * 0.5)),
      seed: random.whole(1, 2 ** 31),
    };
  };
  const first = draw(kinds);
  const others = kinds.filter(({ name, isExclusive }) => !isExclusive && name !== first.kind.name);
  const count = first.kind.isExclusive ? 1 : random.whole(1, 3);
  const drawn = [first];
  for (let more = 0; more < count; more += 1) {
    const left = others.filter(
      (kind) => !drawn.some((one) => one.kind === kind) && (!first.kind.isExclusive || !kind.mayReset?.length),
    );
    if (left.length > 0) drawn.push(draw(left));
  }
  return drawn.sort((a, b) => a.atMs - b.atMs);
}
