/** Processes that die. */

import type { ServiceName } from '../house/house.ts';
import { membersOf } from '../house/process-table.ts';
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
    // workerd alone: its objects are gone, and what started it brings it back.
    name: 'evicted Durable Objects',
    isInstant: true,
    mayReset,
    draw: (_, { house }) => ({
      async inject() {
        for (const pid of membersOf(house.pid('worker') ?? 0, 'workerd serve')) process.kill(pid, 'SIGKILL');
      },
      async heal() {
        if (await answers(`${house.directUrlOf('worker')}/api/chat/health`, 3000)) return;
        // It is nothing without workerd.
        await house.kill('worker');
        await house.ready('worker');
      },
    }),
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

async function answers(url: string, withinMs: number): Promise<boolean> {
  for (
    const endMs = Date.now() + withinMs;
    Date.now() < endMs;
    await new Promise((resolve) => setTimeout(resolve, 100))
  )
    if (
      await fetch(url, { signal: AbortSignal.timeout(1000) }).then(
        () => true,
        () => false,
      )
    )
      return true;
  return false;
}
