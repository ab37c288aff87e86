/** What the chat asks of the host's adapter beyond what it does by itself. */
import type { PostgresAdapter } from '@payloadcms/db-postgres';
import { runtimeIfStarted } from '../runtime.ts';
import { proveCommits } from './commit-proof.ts';
import { passOwnSchema } from './search-path.ts';

/** Called on the adapter that `init` has just made. */
export function prepareAdapter(adapter: PostgresAdapter): void {
  proveCommits(adapter);
  passOwnSchema(adapter);
  surviveLostConnections(adapter);
  const destroy = adapter.destroy?.bind(adapter);
  adapter.destroy = async () => {
    await runtimeIfStarted(adapter.payload)?.close();
    await destroy?.();
  };
}

/**
 * Nobody else listens: a restart of Postgres would be an uncaught error and end the process. The pool hears of idle
 * clients only; one that is checked out reports to itself.
 */
function surviveLostConnections(adapter: PostgresAdapter): void {
  const connect = adapter.connect?.bind(adapter);
  const heard = new WeakSet<object>();
  adapter.connect = async (options) => {
    await connect?.(options);
    const { pool } = adapter;
    if (heard.has(pool)) return;
    heard.add(pool);
    // Not the error itself: the driver hangs its whole client on it.
    const note = ({ message }: Error) => adapter.payload.logger.warn(`A connection to Postgres was lost: ${message}`);
    pool.on('error', note);
    pool.on('acquire', (client) => {
      if (heard.has(client)) return;
      heard.add(client);
      client.on('error', note);
    });
  };
}
