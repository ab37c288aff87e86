/** Messages that their site keeps no longer are erased: rows, log and rings alike. Once an hour, by one process. */
import { createLocalReq, type Payload } from 'payload';
import { siteOf } from '../collections/sites/site.ts';
import { inTransaction } from '../log/commit-proof.ts';
import { adapterOf, queryOf, tablesOf } from '../log/database.ts';
import { quietError } from '../quiet-error.ts';
import { runtime } from '../runtime.ts';
import { trimAccessLog } from './access-log.ts';

/** How often it is looked for what has become too old, in ms. */
const everyMs = 3_600_000;
/** And how soon after the start, in ms: a process may live for less than an hour. */
const firstMs = 60_000;
/** Messages that one transaction erases: each holds the site's writers up for a moment. */
const atOnce = 50;
/** Any number that nobody else locks. */
const retentionLock = 7_231_934_521;

/** Begins the hourly job; it ends with the process. */
export function keepRetention(payload: Payload): void {
  runtime(payload).own('retention', () => {
    const stop = new AbortController();
    let timer = setTimeout(run, firstMs);
    timer.unref();
    function run() {
      timer = setTimeout(run, everyMs);
      timer.unref();
      Promise.all([eraseOld(payload, stop.signal), trimAccessLog(payload)]).catch((error: unknown) =>
        payload.logger.warn({ err: quietError(error), msg: 'The chat could not erase what is too old.' }),
      );
    }
    return {
      close() {
        clearTimeout(timer);
        stop.abort();
      },
    };
  });
}

/** Answers how many messages went; none where another process is at it. */
export async function eraseOld(payload: Payload, signal?: AbortSignal): Promise<number> {
  const client = await adapterOf(payload).pool.connect();
  try {
    const { rows } = await client.query<{ mine: boolean }>('select pg_try_advisory_lock($1) as mine', [retentionLock]);
    if (!rows[0]?.mine) return 0;
    try {
      return await eraseAll(payload, signal);
    } finally {
      await client.query('select pg_advisory_unlock($1)', [retentionLock]);
    }
  } finally {
    client.release();
  }
}

async function eraseAll(payload: Payload, signal: AbortSignal | undefined): Promise<number> {
  const { docs } = await payload.db.find<Record<string, unknown>>({
    collection: 'sites',
    limit: 0,
    pagination: false,
    where: { retentionDays: { greater_than: 0 } },
  });
  let gone = 0;
  for (const { key, retentionDays = 0 } of docs.map((row) => siteOf(payload, row)))
    for (;;) {
      if (signal?.aborted) return gone;
      const erased = await eraseBatch(payload, key, retentionDays);
      gone += erased;
      if (erased < atOnce) break;
    }
  return gone;
}

async function eraseBatch(payload: Payload, site: string, days: number): Promise<number> {
  const { messages, threads } = tablesOf(payload);
  const rows = await queryOf(payload)<{ id: string }>(
    `select m.id from ${messages} m join ${threads} t on t.id = m.thread_id
      where t.site_id = $1 and m.timestamp < least(now(), $3::timestamptz) - make_interval(days => $2::int)
      order by m.timestamp limit ${atOnce}`,
    // What is erased does not come back: too old is what Postgres' clock and our own both call so.
    [site, days, new Date(Date.now())],
  );
  const req = await createLocalReq({}, payload);
  await inTransaction(req, async () => {
    for (const { id } of rows)
      await req.payload.delete({ collection: 'messages', id, depth: 0, overrideAccess: true, req });
  });
  return rows.length;
}
