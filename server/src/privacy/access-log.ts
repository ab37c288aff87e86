/**
 * Who of the staff read which conversation. A reading that goes on is one line: what is noted is remembered for a while.
 * Nobody waits for the line, and a database that is away loses it: reading must not depend on it.
 */
import { steadyClock } from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';
import type { Caller } from '../identity/caller.ts';
import { queryOf, tablesOf } from '../log/database.ts';
import { optionsOf } from '../options.ts';
import { quietError } from '../quiet-error.ts';
import { runtime } from '../runtime.ts';

/** For how long the same reading of the same thread is not noted again, in ms. */
const sameMs = 10 * 60_000;
/** Most readings remembered; at the bound the one noted longest ago is forgotten, and may be noted early. */
const rememberedMax = 20_000;

/** `read` a thread; `list` the support threads with their newest words; `listen` to all of them; `export`, `erase` a person. */
export type Access = 'read' | 'list' | 'listen' | 'export' | 'erase';

export interface Reading {
  user: string;
  name: string;
  what: Access;
  /** The site's key. */
  site: string;
  /** A thread's id; of `export` and `erase` the person's. */
  thread?: string;
}

export function noteReading(req: PayloadRequest, { user, name, what, site, thread }: Reading): void {
  const { payload } = req;
  const noted = runtime(payload).own('readings', () => new Map<string, number>());
  const key = JSON.stringify([user, what, site, thread]);
  const nowMs = steadyClock.now();
  if (nowMs - (noted.get(key) ?? Number.NEGATIVE_INFINITY) < sameMs) return;
  noted.delete(key);
  noted.set(key, nowMs);
  if (noted.size > rememberedMax) noted.delete(noted.keys().next().value as string);
  queryOf(payload)(
    `insert into ${tablesOf(payload).accessLog} (at, "user", name, what, site, thread) values (now(), $1, $2, $3, $4, $5)`,
    [user, name, what, site, thread ?? null],
  ).catch((error: unknown) => {
    noted.delete(key);
    payload.logger.warn({ err: quietError(error), msg: 'The chat could not note who has read a thread.' });
  });
}

/** A member of the staff reads what is not his own conversation. */
export function noteStaff(
  req: PayloadRequest,
  { user, site, isModerator, isAdmin }: Caller,
  what: Access,
  thread?: { id: string; kind: string; public: boolean },
): void {
  if (!isModerator && !isAdmin) return;
  // Whatever anybody may read is nobody's privacy.
  if (thread?.public && thread.kind === 'room') return;
  noteReading(req, { user: user.id, name: user.name, what, site: site.key, ...(thread ? { thread: thread.id } : {}) });
}

/** Erases what has been kept long enough; answers how many lines went. */
export async function trimAccessLog(payload: PayloadRequest['payload']): Promise<number> {
  const { accessLog } = tablesOf(payload);
  const rows = await queryOf(payload)(
    `delete from ${accessLog} where at < least(now(), $2::timestamptz) - make_interval(days => $1::int) returning 1`,
    [optionsOf(payload).accessLogDays, new Date(Date.now())],
  );
  return rows.length;
}
