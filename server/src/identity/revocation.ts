/**
 * Sessions that were ended before their tokens ran out. A row of `chat.revoked` says so to every process, an event in the
 * site's log to every hop that holds a stream of it.
 */
import { tokenUse, topic } from '@payload-chat/protocol';
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

export interface Revocations {
  /** Whether this session of the site was ended. */
  has(site: string, sid: string): Promise<boolean>;
  /** The sids of a site that a token may still be alive of: `revoked` in a service stream's hello. */
  of(site: string): Promise<string[]>;
  /** Known here before the next read. */
  add(site: string, sid: string, untilMs: number): void;
}

/** The revocations as this process knows them. */
export function revocations(payload: Payload): Revocations {
  return runtime(payload).own('revoked', () => createRevocations(queryOf(payload)));
}

interface Row {
  sid: string;
  site: string;
  until: Date;
  ended: Date;
}

/** Made once a process; bounded by the logouts of one session's life. */
function createRevocations(query: Query, now: () => number = Date.now): Revocations {
  /** By site, until when each sid is remembered, in ms since 1970. */
  const known = new Map<string, Map<string, number>>();
  let newestMs = 0;
  let readAtMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;

  const note = (site: string, sid: string, untilMs: number) => {
    const sids = known.get(site) ?? new Map<string, number>();
    known.set(site, sids.set(sid, Math.max(untilMs, sids.get(sid) ?? 0)));
  };
  async function read() {
    const rows = await query<Row>(
      'select sid, site, until, ended from chat.revoked where ended > $1 and until > now()',
      [new Date(Math.max(0, newestMs - overlapMs))],
    );
    for (const { sid, site, until, ended } of rows) {
      note(site, sid, until.getTime());
      newestMs = Math.max(newestMs, ended.getTime());
    }
    for (const [site, sids] of known) {
      for (const [sid, untilMs] of sids) if (untilMs < now() - tokenUse.skewS * 1000) sids.delete(sid);
      if (sids.size === 0) known.delete(site);
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

  return {
    async has(site, sid) {
      if (known.get(site)?.has(sid)) return true;
      await fresh();
      return known.get(site)?.has(sid) ?? false;
    },
    async of(site) {
      await fresh();
      return [...(known.get(site)?.keys() ?? [])];
    },
    add: note,
  };
}

export interface Ending {
  site: string;
  sid: string;
  /** The chat user whose session it was. */
  user: string;
  /** Until when a proof may still lead to this very session, in seconds since 1970: a login that was not ended itself. */
  untilS?: number;
}

/**
 * Ends sessions everywhere: their tokens are refused and their streams close at every hop. One that has ended already is
 * passed over. Runs in the request's transaction, or in its own where there is none.
 */
export async function endSessions(req: PayloadRequest, endings: readonly Ending[]): Promise<void> {
  await inTransaction(req, async () => {
    const query = await transactionOf(req);
    const { after } = await noteOf(req);
    for (const { site, sid, user, untilS = 0 } of endings) {
      const untilMs = Math.max(Date.now() + rememberedMs, untilS * 1000);
      const rows = await query<{ sid: string }>(
        `insert into chat.revoked (sid, site, until) values ($1, $2, $3::timestamptz)
          on conflict do nothing returning sid`,
        [sid, site, new Date(untilMs).toISOString()],
      );
      if (rows.length === 0) continue;
      await append(req, {
        site,
        thread: null,
        type: 'session.ended',
        entity: null,
        payload: { session: { sid } },
        actor: user,
        topics: [topic.session(sid)],
      });
      after.push(() => revocations(req.payload).add(site, sid, untilMs));
    }
  });
}
