/** Deaths at a chosen moment of a transaction that writes a message. */
import type { Ambush, Backend, Moment } from '../lines/postgres-tap.ts';
import type { FaultKind, Scene } from './fault.ts';

type Blow = 'connection cut' | 'backend terminated' | 'server killed' | 'edges killed' | 'Postgres killed';

const moments: Moment[] = ['before insert', 'before commit', 'after commit'];
const blows: Blow[] = ['connection cut', 'backend terminated', 'server killed', 'edges killed', 'Postgres killed'];

/** How long an ambush waits for a transaction, in ms: then nobody wrote by that server, and nothing is done. */
const waitMs = 4000;

export const ambushes: FaultKind[] = moments.flatMap((at) =>
  blows.map(
    (blow): FaultKind => ({
      name: `${blow} ${at}`,
      weight: blow === 'Postgres killed' ? 0.3 : 0.5,
      isInstant: true,
      mayReset: ['ahead'],
      draw(random, scene) {
        const server = random.pick(['a', 'b'] as const);
        const sprung = Promise.withResolvers<void>();
        let timer: NodeJS.Timeout;
        let takeAway = () => {};
        return {
          says: `server-${server}`,
          async inject() {
            const ambush: Ambush = {
              at,
              async spring(backend) {
                await strike(scene, blow, server, backend);
                sprung.resolve();
              },
            };
            takeAway = scene.house.taps[server].lay(ambush);
            timer = setTimeout(sprung.resolve, waitMs);
          },
          async heal() {
            await sprung.promise;
            clearTimeout(timer);
            takeAway();
            await scene.house.allReady();
          },
        };
      },
    }),
  ),
);

async function strike({ house }: Scene, blow: Blow, server: 'a' | 'b', backend: Backend) {
  if (blow === 'connection cut') backend.cut();
  else if (blow === 'backend terminated') await house.database.query('select pg_terminate_backend($1)', [backend.pid]);
  // The answer must not slip out while the process dies.
  else if (blow === 'server killed') await house.kill(`server-${server}`);
  // Whichever of them has sent it, its writer is not told.
  else if (blow === 'edges killed') await Promise.all([house.kill('worker'), house.kill('node')]);
  else await house.kill('postgres');
}
