import type { Payload } from 'payload';
import { adapterOf } from './database.ts';

/** Runs `work` while no other process on this database runs work under the same number. */
export async function withLock<T>(payload: Payload, lock: number, work: () => Promise<T>): Promise<T> {
  const client = await adapterOf(payload).pool.connect();
  let failed: Error | undefined;
  try {
    await client.query('select pg_advisory_lock($1)', [lock]);
    const answer = await work();
    await client.query('select pg_advisory_unlock($1)', [lock]);
    return answer;
  } catch (error) {
    failed = error as Error;
    throw error;
  } finally {
    // On a failure the connection is destroyed, and the lock with it.
    client.release(failed);
  }
}
