/** Clocks of the house's processes that are set: by an operator, by NTP, by a machine that was moved. */
import { type ClockName, ownClocks } from '../house/clocks.ts';
import type { Random } from '../random.ts';
import type { FaultKind, Scene } from './fault.ts';

const hourMs = 3_600_000;
/** Back and ahead, by little and by much, in ms; the last is beyond every span that anything is kept for. */
const jumps = [-24 * hourMs, -2 * hourMs, -90_000, -1500, 1500, 90_000, 2 * hourMs, 24 * hourMs, 45 * 24 * hourMs];
/** Of Postgres, by whose clock most is kept: a year too. */
const farJumps = [...jumps, -45 * 24 * hourMs, 365 * 24 * hourMs];

/** @param mayStay some are still wrong when all else is mended, and set right after the run */
function jump(
  { house, notes }: Scene,
  random: Random,
  name: ClockName,
  from: readonly number[],
  mayStay: (ms: number) => boolean = () => false,
) {
  const ms = random.pick(from);
  const stays = random.chance(1 / 3) && mayStay(ms);
  return {
    says: `${name} ${ms / 1000} s${stays ? ', and stays' : ''}`,
    async inject() {
      notes.clockMoved(name, ms);
      await house.clocks.set(name, ms);
    },
    async heal() {
      if (!stays) await house.clocks.set(name, 0);
    },
  };
}

const isPossible: FaultKind['isPossible'] = ({ clocks }) => clocks.movesForeign;

export const clockFaults: FaultKind[] = [
  {
    name: 'a clock of the house jumps',
    weight: 3,
    draw: (random, scene) => jump(scene, random, random.pick(ownClocks), jumps),
  },
  {
    name: "Postgres' clock jumps",
    weight: 2,
    isPossible,
    draw: (random, scene) => jump(scene, random, 'postgres', farJumps, () => true),
  },
  {
    // It knows what the others have told by the rows alone.
    name: "Postgres' clock jumps and a server begins anew",
    isPossible,
    mayReset: ['ahead'],
    draw(random, scene) {
      const { says, inject, heal } = jump(scene, random, 'postgres', farJumps, () => true);
      const server = random.pick(['server-a', 'server-b'] as const);
      return {
        says: `${says}; ${server}`,
        inject,
        async heal() {
          await scene.house.kill(server);
          await scene.house.ready(server);
          await heal();
        },
      };
    },
  },
  {
    // An object whose timers have stood still begins anew.
    name: "workerd's clock jumps",
    isPossible,
    mayReset: ['ahead'],
    draw: (random, scene) => jump(scene, random, 'worker', jumps),
  },
];
