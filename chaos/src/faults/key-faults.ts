/** Keys that change hands. */
import { pathOf } from '@payload-chat/protocol';
import type { House, ServiceName } from '../house/house.ts';
import { streamPath } from '../readers/reader.ts';
import type { FaultKind } from './fault.ts';

/** One after the other, and not gently: the gentle way is a fault of its own. */
async function begunAnew(house: House, ...names: ServiceName[]): Promise<void> {
  for (const name of names) {
    await house.kill(name);
    await house.ready(name);
  }
}

/** How long an edge may need to learn of a key, in ms: it asks for one that it doesn't know every 30 s at most. */
const learnsWithinMs = 40_000;

/** A key is published a quarter of an hour before it signs; here it is not, so that edges may have to wait for it. */
async function learnt(house: House): Promise<void> {
  const { site } = house.seed;
  const opened = await fetch(`${house.directUrlOf('server-a')}${pathOf('session')}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ site: site.key }),
  });
  const { token } = (await opened.json()) as { token: string };
  const headers = { Authorization: `Bearer ${token}` };
  for (const edge of ['worker', 'node'] as const)
    for (const endMs = Date.now() + learnsWithinMs; ; await pause(500)) {
      // Streams are what an edge decides alone.
      const { status, body } = await fetch(house.directUrlOf(edge) + streamPath(['me']), { headers });
      await body?.cancel();
      if (status === 200) break;
      if (Date.now() > endMs) throw new Error(`${edge} answers ${status} to a token of the new key`);
    }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

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
      heal: () => learnt(house),
    }),
  },
];
