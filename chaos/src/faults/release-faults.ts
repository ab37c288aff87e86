/** Updates that go wrong way round, for a house that has two releases: drawn only where there are two. */
import type { VersionedName } from '../house/house.ts';
import type { FaultKind } from './fault.ts';

export const releaseFaults = (older: readonly VersionedName[]): FaultKind[] => [
  {
    // Each in its turn, as an operator does it; one that was updated goes back, and forward again.
    name: 'an update of everything, and back',
    isExclusive: true,
    isInstant: true,
    weight: 4,
    mayReset: ['ahead'],
    draw: (_, { house: { releases } }) => ({
      async inject() {
        for (const name of releases.names) await releases.change(name, 'ours');
        for (const name of releases.names) await releases.change(name, 'other');
      },
      async heal() {
        for (const name of releases.names) if (!older.includes(name)) await releases.change(name, 'ours');
      },
    }),
  },
  {
    name: 'one changes its release',
    isExclusive: true,
    weight: 4,
    isInstant: true,
    mayReset: ['ahead'],
    draw(random, { house: { releases } }) {
      const name = random.pick(releases.names);
      const home = older.includes(name) ? 'other' : 'ours';
      return {
        says: name,
        inject: () => releases.change(name, home === 'ours' ? 'other' : 'ours'),
        heal: () => releases.change(name, home),
      };
    },
  },
];
