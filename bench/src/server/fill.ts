/** Fills a log with the past: as many events as years would leave, straight into the table. */
import pg from 'pg';
import type { Host } from './host.ts';
import { siteKey } from './host.ts';

/** Events written by one statement. */
const atOnce = 250_000;

/**
 * Adds `count` postings to the room's thread, spread over the last 30 days, and moves the counters behind them.
 * Numbered here and not by the trigger, which is for transactions of a human size.
 */
export async function fill(databaseUrl: string, { thread }: Host, count: number): Promise<void> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    await client.query('alter table chat.events disable trigger number_events');
    const { rows } = await client.query<{ pos: string }>('select pos from chat.sites where site = $1', [siteKey]);
    const head = Number(rows[0]?.pos ?? 0);
    // What was there before is older than what comes.
    await client.query(`update chat.events set created = now() - interval '31 days'`);
    for (let from = 1; from <= count; from += atOnce) {
      await client.query(
        `insert into chat.events (id, site, pos, thread, seq, type, entity, topics, payload, actor, created)
          select id::uuid, $1, $2::bigint + n, $3, $2::bigint + n, 'message.posted', id, array['thread:' || $3], jsonb_build_object('message',
              jsonb_build_object('id', id, 'thread', $3::text, 'content', 'Two seats, quiet coach. The train leaves at ' || n,
                'timestamp', now(), 'localId', id, 'sender', jsonb_build_object('id', 'm_1', 'name', 'Ana', 'kind', 'member'))),
            'm_1', now() - interval '30 days' * (1 - n::float8 / $6)
          from (select n, uuidv7()::text as id from generate_series($4::bigint, $5::bigint) n) m`,
        [siteKey, head, thread, from, Math.min(from + atOnce - 1, count), count],
      );
    }
    await client.query('update chat.sites set pos = pos + $2 where site = $1', [siteKey, count]);
    await client.query('update chat.threads set seq = seq + $2 where thread = $1', [thread, count]);
    await client.query('alter table chat.events enable trigger number_events');
    // What autovacuum would have done over the years.
    await client.query('vacuum analyze chat.events');
    await client.query('checkpoint');
  } finally {
    await client.end();
  }
}
