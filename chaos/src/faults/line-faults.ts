/** What a network does, on a line of its own choice. */
import { type LineName, lineNames } from '../house/house.ts';
import type { LineFault } from '../lines/line.ts';
import type { Random } from '../random.ts';
import type { FaultKind, Injected, Scene } from './fault.ts';
import { strangers } from './strangers.ts';

/** Lines that speak HTTP: nobody puts a login page between a server and its Postgres. */
const httpLines = lineNames.filter((name) => name !== 'fromA' && name !== 'fromB');

/** A server that lost its Postgres may stand behind another hop's head for as long. */
const mayReset = ['ahead'] as const;

function onLine(random: Random, { house }: Scene, names: readonly LineName[], fault: LineFault, words = ''): Injected {
  const name = random.pick(names);
  let heal = () => {};
  return {
    says: `${name}${words ? ` ${words}` : ''}`,
    async inject() {
      heal = house.lines[name].begin(fault);
    },
    async heal() {
      heal();
    },
  };
}

export const lineFaults: FaultKind[] = [
  {
    name: 'delay',
    draw(random, scene) {
      const ms = random.whole(20, 400);
      return onLine(random, scene, lineNames, { is: 'delay', ms }, `${ms} ms`);
    },
  },
  {
    name: 'buffer',
    mayReset,
    draw(random, scene) {
      const ms = scene.isLong ? 30_000 : random.whole(800, 2500);
      return onLine(random, scene, lineNames, { is: 'buffer', ms }, `${ms} ms`);
    },
  },
  {
    name: 'cut at a byte',
    weight: 2,
    mayReset,
    draw(random, scene) {
      const afterBytes = random.chance(0.5) ? random.whole(1, 600) : random.whole(600, 6000);
      return onLine(random, scene, lineNames, { is: 'cut', afterBytes }, `from byte ${afterBytes}`);
    },
  },
  {
    name: 'reset (RST)',
    isInstant: true,
    mayReset,
    draw: (random, scene) => onLine(random, scene, lineNames, { is: 'reset' }),
  },
  { name: 'half-open', mayReset, draw: (random, scene) => onLine(random, scene, lineNames, { is: 'half-open' }) },
  { name: 'black hole', mayReset, draw: (random, scene) => onLine(random, scene, lineNames, { is: 'black hole' }) },
  { name: 'refused', mayReset, draw: (random, scene) => onLine(random, scene, lineNames, { is: 'refuse' }) },
  { name: 'stalled line', mayReset, draw: (random, scene) => onLine(random, scene, lineNames, { is: 'stall' }) },
  ...strangers.map(
    ({ name, bytes }): FaultKind => ({
      name,
      weight: 0.5,
      mayReset,
      draw: (random, scene) => onLine(random, scene, httpLines, { is: 'answer', bytes }),
    }),
  ),
];
