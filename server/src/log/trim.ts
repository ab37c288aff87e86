/**
 * Keeps the log short. It is a way to catch up, not the truth: messages live in their own rows.
 *
 * What goes is the oldest end of each site's log, in small statements of their own. None of them waits for anybody: a row
 * that somebody holds (an edit rewrites what the log said before) is passed over until the next time, and who wants one of
 * those that are going waits for a single statement.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Query } from './database.ts';
import type { Keeping } from './keeping.ts';

/** Events that one statement removes at most. */
export const batchEvents = 1000;

/** Any number that nobody else locks: one process trims at a time. */
const trimLock = 7_231_934_511;

/** Share of the time in which a trim works; the rest is for the writers' disk. */
const workShare = 0.5;

export interface Trimming {
  /** A site's key. */
  site: string;
  /** Nothing after this position goes. */
  upTo: number;
  /** Everything up to here was looked at. */
  after: number;
  keepDays: number;
  /** What time it is by this process' own clock. */
  ownTime: Date;
}

/** What one statement did. */
export interface Batch {
  /** Events that went. */
  gone: number;
  /** Where to go on; `undefined` where nothing more is old enough, or another process trims. */
  next: number | undefined;
}

/**
 * Removes the next of a site's oldest events, at most `batchEvents`. Old is what Postgres' clock and our own both call
 * old: one that is wrong for a moment takes nothing away. What was dated ahead of both was so by a wrong one, and must not
 * keep all that came after it.
 */
export async function trimBatch(query: Query, { site, upTo, after, keepDays, ownTime }: Trimming): Promise<Batch> {
  const [row] = await query<{ gone: string; next: string | null }>(
    `with turn as materialized (select pg_try_advisory_xact_lock(${trimLock}) as mine),
    batch as materialized (
      select pos, created from chat.events where site = $1 and pos > $2 and pos <= $3 and (select mine from turn)
      order by pos limit ${batchEvents}
    ),
    -- The log stays whole: it ends where the first younger one stands.
    bound as materialized (
      select coalesce(min(pos) filter (where created between least(now(), $5::timestamptz) - $4 * interval '1 day'
          and greatest(now(), $5::timestamptz)), max(pos) + 1) as pos,
        max(pos) as last, count(*) as looked from batch
    ),
    old as (
      select e.ctid from bound cross join lateral (
        select ctid from chat.events where site = $1 and pos > $2 and pos < bound.pos
        order by pos limit ${batchEvents} for update skip locked
      ) e
    ),
    gone as (delete from chat.events where ctid = any(array(select ctid from old)) returning 1)
    select (select count(*) from gone) as gone,
      (select last from bound where looked = ${batchEvents} and pos > last) as next`,
    [site, after, upTo, keepDays, ownTime],
  );
  return { gone: Number(row?.gone ?? 0), next: row?.next == null ? undefined : Number(row.next) };
}

/** Sites with something to trim, and up to where: one look at the oldest event of each. */
async function due(
  query: Query,
  { keepDays, keepEvents }: Keeping,
  ownTime: Date,
): Promise<Array<Pick<Trimming, 'site' | 'upTo'>>> {
  const rows = await query<{ site: string; upto: string }>(
    `select s.site, s.pos - $2::bigint as upto from chat.sites s cross join lateral (
        select pos, created from chat.events where site = s.site order by pos limit 1
      ) oldest
      where oldest.pos <= s.pos - $2::bigint
        and oldest.created not between least(now(), $3::timestamptz) - $1 * interval '1 day'
          and greatest(now(), $3::timestamptz)`,
    [keepDays, keepEvents, ownTime],
  );
  return rows.map(({ site, upto }) => ({ site, upTo: Number(upto) }));
}

/** Answers how many events went. Several processes may trim at once: one does the work. */
export async function trim(query: Query, keeping: Keeping, signal?: AbortSignal): Promise<number> {
  const { keepDays } = keeping;
  const ownTime = new Date(Date.now());
  let gone = 0;
  for (const { site, upTo } of await due(query, keeping, ownTime)) {
    let after: number | undefined = 0;
    while (after !== undefined && !signal?.aborted) {
      const startMs = performance.now();
      const batch: Batch = await trimBatch(query, { site, upTo, after, keepDays, ownTime });
      gone += batch.gone;
      after = batch.next;
      await pause((performance.now() - startMs) * (1 / workShare - 1));
    }
  }
  if (!signal?.aborted) await query('delete from chat.revoked where until < least(now(), $1::timestamptz)', [ownTime]);
  return gone;
}

/** The first trim comes within so many ms of the start, so that processes that live shortly trim too. */
const firstWithinMs = 60_000;

/** Trims for as long as the process lives. Whoever calls it closes it. */
export function keepTrimmed(
  query: Query,
  keeping: Keeping,
  log: (error: unknown, message: string) => void,
): { close(): void } {
  const over = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const schedule = (ms: number) => {
    if (over.signal.aborted) return;
    timer = setTimeout(() => void run(), ms);
    timer.unref();
  };
  async function run() {
    try {
      await trim(query, keeping, over.signal);
    } catch (error) {
      if (!over.signal.aborted) log(error, 'The log could not be trimmed.');
    }
    schedule(keeping.trimEveryMs * (0.9 + Math.random() / 5));
  }
  schedule(Math.min(firstWithinMs, keeping.trimEveryMs) * Math.random());
  return {
    close() {
      over.abort();
      clearTimeout(timer);
    },
  };
}
