/**
 * The keys that chat tokens are signed with. They stand in `chat.keys`, sealed under Payload's secret, and are shared by
 * every process. A new one is published some time before its first use, so that no edge meets a `kid` it can't have.
 *
 *   published (active_from in the future) -> signing -> verifying only (a newer one signs) -> gone (expires)
 */
import { steadyClock, tokenUse } from '@payload-chat/protocol';
import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import type { Payload } from 'payload';
import { adapterOf, type Query, queryOf } from '../log/database.ts';
import { quietError } from '../quiet-error.ts';
import { runtime } from '../runtime.ts';
import { seal, unseal } from './sealing.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** Every span of a key's life, in ms. */
export const keyLife = {
  /** How long one key signs. */
  signMs: 30 * dayMs,
  /** How long before its first use it is published. The very first key is used at once. */
  publishMs: 15 * minuteMs,
  /** How long it is known in all, from its first use on: long enough for the last token it signed. */
  knownMs: 32 * dayMs,
  /** How long a process believes the keys it has read. */
  keepMs: minuteMs,
  /** How often a `kid` that nobody knows may cause a read. */
  askEveryMs: 5000,
} as const;

/** Any number that nobody else locks. */
const keyLock = 7_231_934_510;

export interface ChatKey {
  kid: string;
  activeFromMs: number;
  expiresMs: number;
  privateKey: CryptoKey;
  publicKey: CryptoKey;
  publicJwk: JWK;
}

/**
 * What time it is by Postgres' clock and by the process' own, in ms since 1970, the earlier one first: one of them may be
 * wrong. A key is over when it is by both.
 */
export type Times = readonly [number, number];

/** Which key signs now, and when one that is missing would begin to. Decided purely. */
export function planKeys<K extends Pick<ChatKey, 'activeFromMs' | 'expiresMs'>>(
  keys: readonly K[],
  [nowMs, laterMs]: Times,
): { signing: K | undefined; createFromMs: number | undefined } {
  const good = keys
    .filter(({ expiresMs }) => expiresMs > nowMs + tokenUse.lifeS * 1000)
    .sort((a, b) => b.activeFromMs - a.activeFromMs);
  const activeAt = (ms: number) => good.find(({ activeFromMs }) => activeFromMs <= ms);
  const signing = activeAt(nowMs) ?? activeAt(laterMs);
  if (!signing) return { signing, createFromMs: nowMs };
  const endMs = signing.activeFromMs + keyLife.signMs;
  const due = good[0] === signing && nowMs >= endMs - keyLife.publishMs;
  return { signing, createFromMs: due ? Math.max(nowMs + keyLife.publishMs, endMs) : undefined };
}

export interface KeyRing {
  signing(): Promise<ChatKey>;
  /** The public key of a `kid`; `undefined` for one that is unknown or over. */
  verifying(kid: string): Promise<CryptoKey | undefined>;
  /** What `GET /api/chat/jwks` answers: the keys of now and of soon. */
  jwks(): Promise<{ keys: JWK[] }>;
}

/** The ring of this process. */
export function keyRing(payload: Payload): KeyRing {
  return runtime(payload).own('keys', () => createKeyRing(payload));
}

/**
 * Made once a process; tests make more to be several. What time it is says Postgres too, at each reading: neither a process
 * nor a database whose clock is a month ahead may end the keys of the others.
 */
export function createKeyRing(payload: Payload, given?: () => number): KeyRing {
  let aheadMs = Date.now() - steadyClock.now();
  const now = given ?? (() => steadyClock.now() + aheadMs);
  const ownMs = given ?? (() => Date.now());
  const timeBy = given ? async () => given() : databaseTime;
  const times = () => timesOf(now(), ownMs());
  let keys: ChatKey[] = [];
  let readAtMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;
  /** Why the last reading failed; what is not known here may then be known to others. */
  let fault: unknown;

  const refresh = (): Promise<void> => {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  };
  async function read() {
    try {
      // From before the question: a key that is active by Postgres' clock is so by this one, however long the answer takes.
      const askedAtMs = steadyClock.now();
      if (!given) aheadMs = (await databaseTime(queryOf(payload))) - askedAtMs;
      keys = await readKeys(payload, times(), async (query) => timesOf(await timeBy(query), ownMs()));
      readAtMs = now();
      fault = undefined;
    } catch (error) {
      fault = error;
      // Without the database the keys at hand still verify; with none there is nothing to go on with.
      if (keys.length === 0) throw error;
      readAtMs = now() - keyLife.keepMs + keyLife.askEveryMs;
      payload.logger.warn({ err: quietError(error), msg: 'The chat could not read its signing keys again.' });
    }
  }
  const fresh = async () => {
    const { signing, createFromMs } = planKeys(keys, times());
    if (now() - readAtMs > keyLife.keepMs || !signing || (createFromMs !== undefined && now() - readAtMs > 1000))
      await refresh();
  };
  const known = () => keys.filter(({ expiresMs }) => expiresMs > times()[0]);

  return {
    async signing() {
      await fresh();
      const { signing } = planKeys(keys, times());
      if (!signing) throw new Error('There is no key to sign chat tokens with.');
      return signing;
    },
    async verifying(kid) {
      await fresh();
      const found = () => known().find((key) => key.kid === kid)?.publicKey;
      if (!found() && now() - readAtMs > keyLife.askEveryMs) await refresh();
      if (!found() && fault !== undefined) throw fault;
      return found();
    },
    async jwks() {
      await fresh();
      return { keys: known().map(({ publicJwk }) => publicJwk) };
    },
  };
}

const timesOf = (databaseMs: number, ownMs: number): Times =>
  databaseMs < ownMs ? [databaseMs, ownMs] : [ownMs, databaseMs];

/** In ms since 1970. */
async function databaseTime(query: Query): Promise<number> {
  const [row] = await query<{ at: Date }>('select clock_timestamp() as at');
  return row?.at.getTime() ?? Date.now();
}

interface KeyRow {
  kid: string;
  sealed: string;
  active_from: Date;
  expires: Date;
}

/** Reads every key that is not over, making the one that is due: under a lock, since other processes do the same. */
async function readKeys(payload: Payload, times: Times, timesBy: (query: Query) => Promise<Times>): Promise<ChatKey[]> {
  const { pool } = adapterOf(payload);
  const query: Query = async <R>(text: string, values: unknown[] = []) => (await pool.query(text, values)).rows as R[];
  const keys = await opened(payload, query, times);
  if (planKeys(keys, times).createFromMs === undefined) return keys;

  const client = await pool.connect();
  let failed: Error | undefined;
  try {
    await client.query('begin');
    await client.query('select pg_advisory_xact_lock($1)', [keyLock]);
    const within: Query = async <R>(text: string, values: unknown[] = []) =>
      (await client.query(text, values)).rows as R[];
    // Later than whoever had the lock before: what he made for now is active.
    const locked = await timesBy(within);
    const { createFromMs } = planKeys(await opened(payload, within, locked), locked);
    if (createFromMs !== undefined) await create(payload, within, createFromMs, locked);
    await within('delete from chat.keys where expires < $1', [new Date(locked[0] - dayMs)]);
    const answer = await opened(payload, within, locked);
    await client.query('commit');
    return answer;
  } catch (error) {
    failed = error as Error;
    // The connection may be what failed.
    await client.query('rollback').catch(() => undefined);
    throw error;
  } finally {
    client.release(failed);
  }
}

async function create(payload: Payload, query: Query, activeFromMs: number, [, laterMs]: Times): Promise<void> {
  const { privateKey } = await generateKeyPair(tokenUse.algorithm, { extractable: true });
  const jwk = await exportJWK(privateKey);
  const kid = (await calculateJwkThumbprint(jwk)).slice(0, 16);
  await query('insert into chat.keys (kid, sealed, active_from, expires) values ($1, $2, $3, $4)', [
    kid,
    seal(payload.secret, kid, JSON.stringify(jwk)),
    new Date(activeFromMs),
    // By whichever clock it is known for its time.
    new Date(Math.max(activeFromMs, laterMs) + keyLife.knownMs),
  ]);
}

/** A key sealed under another secret is passed over: its tokens are refused and a new one is made. */
async function opened(payload: Payload, query: Query, [nowMs]: Times): Promise<ChatKey[]> {
  const rows = await query<KeyRow>('select kid, sealed, active_from, expires from chat.keys where expires > $1', [
    new Date(nowMs),
  ]);
  const keys = await Promise.all(
    rows.map(async ({ kid, sealed, active_from, expires }): Promise<ChatKey[]> => {
      const text = unseal(payload.secret, kid, sealed);
      if (text === undefined) return [];
      const jwk = JSON.parse(text) as JWK;
      const { d: _private, ...open } = jwk;
      const publicJwk: JWK = { ...open, kid, alg: tokenUse.algorithm, use: 'sig' };
      return [
        {
          kid,
          activeFromMs: active_from.getTime(),
          expiresMs: expires.getTime(),
          privateKey: (await importJWK(jwk, tokenUse.algorithm)) as CryptoKey,
          publicKey: (await importJWK(publicJwk, tokenUse.algorithm)) as CryptoKey,
          publicJwk,
        },
      ];
    }),
  );
  return keys.flat();
}
