/**
 * Sessions that were ended before their tokens ran out. A row of `chat.revoked` says so to every process, an event in the
 * site's log to every hop that holds a stream of it. What time it is says Postgres, one for all of them: a process whose
 * clock is wrong must not forget an end, nor end less than it was asked to.
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
/** Rows are read again this far back, in ms: one of them may have been committed late. */
const overlapMs = 60_000;

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
  sid: string;
  site: string;
  /** For how long it is still remembered, in ms. */
  left: number;
  ended: Date;
  before: string | null;
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
  let newestMs = 0;
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
    const rows = await query<Row>(
      `select sid, site, extract(epoch from until - now())::float8 * 1000 as left, ended, before from chat.revoked
        where ended > $1 and until > now()`,
      [new Date(Math.max(0, newestMs - overlapMs))],
    );
    for (const { sid, site, left, ended, before } of rows) {
      note(site, { sid, ...(before === null ? {} : { before: Number(before) }) }, left);
      newestMs = Math.max(newestMs, ended.getTime());
    }
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
          select $1, $2, greatest(clock_timestamp() + $3 * interval '1 ms', to_timestamp($4)),
            case when $5 then greatest(floor(extract(epoch from clock_timestamp()))::bigint + $6::bigint, $7::bigint) end
          on conflict (sid, site) do update
            set before = greatest(excluded.before, r.before + 1), until = excluded.until, ended = now()
            where excluded.before is not null
          returning before, extract(epoch from until - clock_timestamp())::float8 * 1000 as left`,
        [sid, site, rememberedMs, untilS, isOfMany, aheadS, reach(site, user === undefined)],
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
          from chat.revoked where site = any($1) and until > now() and before is not null group by site`,
        [sites],
      )
    : [];
  const found = new Map(rows.map((row) => [row.site, row]));
  return (site, isOfMany) => Number(found.get(site)?.[isOfMany ? 'furthest' : 'ofMany'] ?? 0) + 1;
}
