/** Processes that die. */
import type { ServiceName } from '../house/house.ts';
import type { Random } from '../random.ts';
import type { FaultKind, Injected, Scene } from './fault.ts';

function killed({ house }: Scene, name: ServiceName, signal?: NodeJS.Signals): Injected {
  return {
    says: name,
    inject: () => house.kill(name, signal),
    heal: () => house.ready(name),
  };
}

const aServer = (random: Random) => random.pick(['server-a', 'server-b'] as const);
/** A hop that begins anew, or stands on a server that does, may be behind a reader for a moment. */
const mayReset = ['ahead'] as const;

export const deaths: FaultKind[] = [
  {
    name: 'kill -9 of a server',
    weight: 2,
    isInstant: true,
    mayReset,
    draw: (random, scene) => killed(scene, aServer(random)),
  },
  {
    name: 'kill -9 of the Worker edge',
    weight: 1.5,
    isInstant: true,
    mayReset,
    draw: (_, scene) => killed(scene, 'worker'),
  },
  {
    name: 'kill -9 of the Node edge',
    weight: 1.5,
    isInstant: true,
    mayReset,
    draw: (_, scene) => killed(scene, 'node'),
  },
  { name: 'kill -9 of Postgres', isInstant: true, mayReset, draw: (_, scene) => killed(scene, 'postgres') },
  {
    name: 'immediate shutdown of Postgres',
    isInstant: true,
    mayReset,
    draw: (_, scene) => killed(scene, 'postgres', 'SIGQUIT'),
  },
  {
    name: 'rolling restart of both servers',
    isExclusive: true,
    isInstant: true,
    mayReset,
    draw: (_, { house }) => ({
      async inject() {
        await house.restart('server-a');
        await house.restart('server-b');
      },
      async heal() {},
    }),
  },
];
