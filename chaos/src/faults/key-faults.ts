/** Keys that change hands. */
import type { House, ServiceName } from '../house/house.ts';
import type { FaultKind } from './fault.ts';

/** One after the other, and not gently: the gentle way is a fault of its own. */
async function begunAnew(house: House, ...names: ServiceName[]): Promise<void> {
  for (const name of names) {
    await house.kill(name);
    await house.ready(name);
  }
}

export const keyFaults: FaultKind[] = [
  {
    // As the server's README tells an operator: servers take the new one beside the old, then the edges use it.
    name: 'a rotated edge key',
    isExclusive: true,
    isInstant: true,
    weight: 0.5,
    mayReset: ['ahead'],
    draw: (_, { house }) => ({
      async inject() {
        house.edgeKeys.draw();
        await begunAnew(house, 'server-a', 'server-b');
        house.edgeKeys.adopt();
        await begunAnew(house, 'worker', 'node');
      },
      async heal() {},
    }),
  },
  {
    // The key in use grows old, its successor is made and published, and then the successor's time has come. Tokens of
    // both are about. Servers read their keys once a minute and at their start.
    name: 'a rotated signing key',
    isExclusive: true,
    isInstant: true,
    weight: 0.5,
    mayReset: ['ahead'],
    draw: (_, { house }) => ({
      async inject() {
        await house.database.query(
          `update chat.keys set active_from = now() - interval '30 days' + interval '10 minutes'
            where active_from = (select max(active_from) from chat.keys where active_from <= now())`,
        );
        await begunAnew(house, 'server-a');
        const jwks = `${house.directUrlOf('server-a')}/api/chat/jwks`;
        await fetch(jwks); // Whoever asks first makes the successor.
        await house.database.query('update chat.keys set active_from = now() where active_from > now()');
        await begunAnew(house, 'server-a', 'server-b');
      },
      async heal() {},
    }),
  },
];
