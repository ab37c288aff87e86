/**
 * Sessions that were ended before their tokens ran out. A row of `chat.revoked` says so to every process, an event in the
 * site's log to every hop that holds a stream of it. Of two clocks, Postgres' and the process' own, either may be wrong: an
 * end reaches as far as the later one says, and is forgotten when both say so. What is new is told by Postgres' own
 * numbering of transactions, by no clock.
 */
import {
  endNames,
  endWord,
  isEnded,
  type OpenSession,
  type SessionEnd,
  steadyClock,
  tokenUse,
  topic,
} from '@payload-chat/protocol';
import type { Payload, PayloadRequest } from 'payload';
import { append } from '../log/append.ts';
import { inTransaction, noteOf } from '../log/commit-proof.ts';
import { type Query, queryOf, transactionOf } from '../log/database.ts';
import { runtime } from '../runtime.ts';

/** How long a revocation is remembered at least, in ms: no token of the session lives longer. */
const rememberedMs = (tokenUse.lifeS + 2 * tokenUse.skewS) * 1000;
/** What other processes ended is looked for this often while requests come, in ms; one read then serves all. */
const lookEveryMs = 1000;
/** How old this process' knowledge may be, in ms; above it a request waits for a read. */
const knownMs = 3000;
/**
 * How far ahead an end of all of a user's sessions reaches, in seconds: a process that has not heard of it yet renews a
 * token meanwhile. Who comes back with a good proof within that span is given a token issued right after it.
 */
const aheadS = 10;

export interface Revocations {
  /** As `has`, from what is known now: every end that a hub of this process has passed on is. */
  knows(site: string, open: OpenSession): boolean;
  /** Whether this session of the site was ended: alone, with all of its user's, or with all that came by the same. */
  has(site: string, open: OpenSession): Promise<boolean>;
  /** Until when sessions of any of these names (users, what sessions hang on) have ended, in seconds since 1970; 0 for never. */
  endedUntilS(site: string, names: readonly string[]): Promise<number>;
  /** The ends at a site that a token may still be alive of, as words: `revoked` in a service stream's hello. */
  of(site: string): Promise<string[]>;
  /** Known here before the next read, for so many ms. */
  add(site: string, end: SessionEnd, leftMs: number): void;
}

/** The revocations as this process knows them. */
export function revocations(payload: Payload): Revocations {
  return runtime(payload).own('revoked', () => {
    const made = createRevocations(queryOf(payload));
    // A stream that is opened behind the end of its session would never hear of it: what hubs know is known here.
    runtime(payload).hubs.onEvent((site, { type, session }) => {
      if (type === 'session.ended') made.add(site, session as SessionEnd, rememberedMs);
    });
    return made;
  });
}

interface Row {
  /** `null` where there is nothing new. */
  sid: string | null;
  site: string;
  /** For how long it is still remembered, in ms. */
  left: number;
  before: string | null;
  /** Every transaction before this one was over when this was read. */
  seen: string;
}

interface Known {
  before: number | undefined;
  /** Until when it is remembered, in ms of the steady clock. */
  untilMs: number;
}

/** Made once a process; bounded by the logouts of one session's life. */
function createRevocations(query: Query): Revocations {
  const { now } = steadyClock;
  /** By site, then by the sid or user that the end names. */
  const known = new Map<string, Map<string, Known>>();
  /** Where the last reading ended: what was committed since is of a later transaction, or of this one. */
  let seen: bigint | undefined;
  let readAtMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;

  const note = (site: string, { sid, before }: SessionEnd, leftMs: number) => {
    const ends = known.get(site) ?? new Map<string, Known>();
    const held = ends.get(sid);
    known.set(
      site,
      ends.set(sid, {
        before: before === undefined ? undefined : Math.max(before, held?.before ?? 0),
        untilMs: Math.max(now() + leftMs, held?.untilMs ?? 0),
      }),
    );
  };
  async function read() {
    const rows = await newRows(query, seen);
    const at = BigInt(rows[0]?.seen ?? 0);
    // Another database has taken the place of that one, and counts from elsewhere.
    if (seen !== undefined && at < seen) rows.push(...(await newRows(query, undefined)));
    for (const { sid, site, left, before } of rows)
      if (sid !== null) note(site, { sid, ...(before === null ? {} : { before: Number(before) }) }, left);
    seen = at;
    for (const [site, ends] of known) {
      for (const [sid, { untilMs }] of ends) if (untilMs < now() - tokenUse.skewS * 1000) ends.delete(sid);
      if (ends.size === 0) known.delete(site);
    }
    readAtMs = now();
  }
  const look = () => {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  };
  const fresh = async () => {
    const ageMs = now() - readAtMs;
    if (ageMs > knownMs) await look();
    // Nobody waits for this one; if it fails, the next that must wait is told.
    else if (ageMs > lookEveryMs) look().catch(() => undefined);
  };
  const hasEnded = (site: string, open: OpenSession) =>
    endNames(open).some((sid) => {
      const end = known.get(site)?.get(sid);
      return end !== undefined && isEnded({ ...end, sid }, open);
    });

  return {
    knows: hasEnded,
    async has(site, open) {
      if (hasEnded(site, open)) return true;
      await fresh();
      return hasEnded(site, open);
    },
    async endedUntilS(site, names) {
      await fresh();
      return Math.max(0, ...names.map((name) => known.get(site)?.get(name)?.before ?? 0));
    },
    async of(site) {
      await fresh();
      return [...(known.get(site) ?? [])].map(([sid, { before }]) =>
        endWord({ sid, ...(before === undefined ? {} : { before }) }),
      );
    },
    add: note,
  };
}

/** What was ended by transactions from `since` on and is not over by both clocks; one row at least. */
const newRows = (query: Query, since: bigint | undefined) =>
  query<Row>(
    `select r.sid, r.site, r.before, extract(epoch from r.until - least(now(), $2::timestamptz))::float8 * 1000 as left,
        pg_snapshot_xmin(pg_current_snapshot())::text as seen
      from (select 1) always left join chat.revoked r on r.until > least(now(), $2::timestamptz)
        -- A row tells 32 bits of the transaction that wrote it, which go round.
        and ($1::bigint is null or (r.xmin::text::bigint - $1::bigint + 4294967296) % 4294967296 < 2147483648)`,
    [since === undefined ? null : String(since % 2n ** 32n), ownTime()],
  );

/** What time it is by this process' own clock. */
const ownTime = () => new Date(Date.now());

export interface Ending {
  site: string;
  /** The chat user whose session it was; `undefined` where `sid` is what the sessions of many hang on. */
  user: string | undefined;
  /** One session, or what sessions hang on; without it all that the user has at the site. */
  sid?: string;
  /** Until when a proof may still lead to this very session, in seconds since 1970: a login that was not ended itself. */
  untilS?: number;
}

/**
 * Ends sessions everywhere: their tokens are refused and their streams close at every hop. One that has ended already is
 * passed over. Runs in the request's transaction, or in its own where there is none.
 */
export async function endSessions(req: PayloadRequest, endings: readonly Ending[]): Promise<void> {
  if (endings.length === 0) return;
  await inTransaction(req, async () => {
    const query = await transactionOf(req);
    const { after } = await noteOf(req);
    const reach = await reachOf(query, endings);
    for (const { site, user, sid = user, untilS = 0 } of endings) {
      if (sid === undefined) continue;
      const isOfMany = user === undefined || sid === user;
      const [row] = await query<{ before: string | null; left: number }>(
        // What was begun right after an earlier end has ended too: `before` rises each time.
        `insert into chat.revoked as r (sid, site, until, before)
          select $1, $2, greatest(later + $3 * interval '1 ms', to_timestamp($4)),
            case when $5 then greatest(floor(extract(epoch from later))::bigint + $6::bigint, $7::bigint) end
            from (select greatest(clock_timestamp(), $8::timestamptz) as later) clocks
          on conflict (sid, site) do update
            set before = greatest(excluded.before, r.before + 1), until = excluded.until, ended = now()
            where excluded.before is not null
          returning before, extract(epoch from until - clock_timestamp())::float8 * 1000 as left`,
        [sid, site, rememberedMs, untilS, isOfMany, aheadS, reach(site, user === undefined), ownTime()],
      );
      if (!row) continue;
      const end: SessionEnd = { sid, ...(row.before === null ? {} : { before: Number(row.before) }) };
      await append(req, {
        site,
        thread: null,
        type: 'session.ended',
        entity: null,
        payload: { session: end },
        actor: user ?? null,
        topics: [topic.session(sid)],
      });
      after.push(() => revocations(req.payload).add(site, end, row.left));
    }
  });
}

/**
 * How far an end must reach at the least: who came back right after an end has a token of right after it, seconds ahead, and
 * what ends him next must not stop short of that. An end of many is met by tokens that any end has moved; one of a user by
 * those that his own has (as its row says) or one of many. So the ends of users, of which there are many, don't drive each
 * other on.
 */
async function reachOf(query: Query, endings: readonly Ending[]): Promise<(site: string, isOfMany: boolean) => number> {
  const sites = [
    ...new Set(endings.flatMap(({ site, user, sid }) => (sid === undefined || user === undefined ? site : []))),
  ];
  const rows = sites.length
    ? await query<{ site: string; furthest: string | null; ofMany: string | null }>(
        `select site, max(before) as furthest, max(before) filter (where sid ~ '^(kind:|[ko]_)') as "ofMany"
          from chat.revoked where site = any($1) and until > least(now(), $2::timestamptz) and before is not null
          group by site`,
        [sites, ownTime()],
      )
    : [];
  const found = new Map(rows.map((row) => [row.site, row]));
  return (site, isOfMany) => Number(found.get(site)?.[isOfMany ? 'furthest' : 'ofMany'] ?? 0) + 1;
}
