/** (a) and (b): what the log costs a write, and what readers cost Postgres. */
import { create } from './create.ts';
import { startHost } from './host.ts';
import { countingPostgres } from './postgres.ts';
import { queries } from './queries.ts';
import { session } from './session.ts';

export async function server(): Promise<void> {
  const postgres = await countingPostgres();
  const host = await startHost(postgres.url, Number(process.env.BENCH_SERVER_PORT ?? 3099));
  try {
    await create(host);
    await session(host);
    await queries(host, postgres);
  } finally {
    await host.stop();
    await postgres.stop();
  }
}
