/** Clocks of the house's own processes that are set: by an operator, by NTP, by a machine that was moved. */
import { clockNames } from '../house/clocks.ts';
import type { FaultKind } from './fault.ts';

const hourMs = 3_600_000;
/** Back and ahead, by little and by much, in ms; the last is beyond every span that anything is kept for. */
const jumps = [-24 * hourMs, -2 * hourMs, -90_000, -1500, 1500, 90_000, 2 * hourMs, 24 * hourMs, 45 * 24 * hourMs];

export const clockFaults: FaultKind[] = [
  {
    name: 'a clock of the house jumps',
    weight: 3,
    draw(random, { house, notes }) {
      const name = random.pick(clockNames);
      const ms = random.pick(jumps);
      return {
        says: `${name} ${ms / 1000} s`,
        async inject() {
          notes.clockMoved(name, ms);
          house.clocks.set(name, ms);
        },
        async heal() {
          house.clocks.set(name, 0);
        },
      };
    },
  },
];
