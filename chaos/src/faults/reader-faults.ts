/** What happens at the reader's: a lid, a clock. */
import type { FaultKind } from './fault.ts';

export const readerFaults: FaultKind[] = [
  {
    name: 'stalled readers',
    draw(_, { readers }) {
      return {
        async inject() {
          for (const reader of readers()) reader.stall?.(true);
        },
        async heal() {
          for (const reader of readers()) reader.stall?.(false);
        },
      };
    },
  },
  {
    name: 'a reader’s clock jumps',
    draw(random, { readers }) {
      const ms = random.pick([-3_600_000, -20_000, 20_000, 86_400_000]);
      return {
        says: `${ms / 1000} s`,
        async inject() {
          for (const reader of readers()) reader.jump?.(ms);
        },
        async heal() {
          for (const reader of readers()) reader.jump?.(0);
        },
      };
    },
  },
];
