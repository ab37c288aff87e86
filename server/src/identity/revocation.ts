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

/** How long a revocation is remembered, in seconds: no token of the session lives longer. */
export const rememberedS = tokenUse.lifeS + 2 * tokenUse.skewS;
/** How long this process believes what it knows of other processes' revocations, in ms; one read then serves all. */
export const keepMs = 1000;
/** Rows are read again this far back, in ms: one of them may have been committed late. */
const overlapMs = 60_000;

export interface Revocations {
  /** Whether this session of the site was ended. */
  has(site: string, sid: string): Promise<boolean>;
  /** The sids of a site that a token may still be alive of: `revoked` in a service stream's hello. */
  of(site: string): Promise<string[]>;
  /** Known here before the next read. */
  add(site: string, sid: string): void;
}

/** The revocations as this process knows them. */
export function revocations(payload: Payload): Revocations {
  return runtime(payload).own('revoked', () => createRevocations(queryOf(payload)));
}

interface Row {
  sid: string;
  site: string;
  until: Date;
}

/** Made once a process; bounded by the logouts of one token's life. */
export function createRevocations(query: Query, now: () => number = Date.now): Revocations {
  /** By site, until when each sid is remembered, in ms since 1970. */
  const known = new Map<string, Map<string, number>>();
  let newestMs = 0;
  let readAtMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;

  const note = (site: string, sid: string, untilMs: number) => {
    const sids = known.get(site) ?? new Map<string, number>();
    known.set(site, sids.set(sid, untilMs));
  };
  async function read() {
    const rows = await query<Row>('select sid, site, until from chat.revoked where until > greatest(now(), $1)', [
      new Date(Math.max(0, newestMs - overlapMs)),
    ]);
    for (const { sid, site, until } of rows) {
      note(site, sid, until.getTime());
      newestMs = Math.max(newestMs, until.getTime());
    }
    for (const [site, sids] of known) {
      for (const [sid, untilMs] of sids) if (untilMs < now() - tokenUse.skewS * 1000) sids.delete(sid);
      if (sids.size === 0) known.delete(site);
    }
    readAtMs = now();
  }
  const fresh = async () => {
    if (now() - readAtMs <= keepMs) return;
    reading ??= read().finally(() => {
      reading = undefined;
    });
    await reading;
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
    add: (site, sid) => note(site, sid, now() + rememberedS * 1000),
  };
}

export interface Ending {
  site: string;
  sid: string;
  /** The chat user whose session it was. */
  user: string;
}

/**
 * Ends sessions everywhere: their tokens are refused and their streams close at every hop. One that has ended already is
 * passed over. Runs in the request's transaction, or in its own where there is none.
 */
export async function endSessions(req: PayloadRequest, endings: readonly Ending[]): Promise<void> {
  await inTransaction(req, async () => {
    const query = await transactionOf(req);
    const { after } = await noteOf(req);
    for (const { site, sid, user } of endings) {
      const rows = await query<{ sid: string }>(
        `insert into chat.revoked (sid, site, until) values ($1, $2, now() + make_interval(secs => $3))
          on conflict do nothing returning sid`,
        [sid, site, rememberedS],
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
      after.push(() => revocations(req.payload).add(site, sid));
    }
    await query('delete from chat.revoked where until < now()');
  });
}
