/** Keeps the log short. It is a way to catch up, not the truth: messages live in their own rows. */
import type { Query } from './database.ts';

/** An event is kept at least so long, in days. */
export const keepDays = 7;
/** And at least so many of each site: what a hub's ring begins with. */
export const keepEvents = 2000;
/** How often, in ms. */
export const trimEveryMs = 3_600_000;

/** Rows removed by one statement; the rest follows in the next. */
const atOnce = 5000;

/** Answers how many events went. Several processes may trim at once: each skips what another holds. */
export async function trim(query: Query): Promise<number> {
  let gone = 0;
  for (;;) {
    const rows = await query(
      `delete from chat.events where id in (
        select e.id from chat.sites s join chat.events e on e.site = s.site and e.pos <= s.pos - $1
        where e.created < now() - make_interval(days => $2) limit ${atOnce} for update of e skip locked
      ) returning 1`,
      [keepEvents, keepDays],
    );
    gone += rows.length;
    if (rows.length < atOnce) break;
  }
  await query('delete from chat.revoked where until < now()');
  return gone;
}
