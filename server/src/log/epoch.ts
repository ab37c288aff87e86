/**
 * What makes positions unique. A database that was restored or failed over hands out the same numbers again: under another
 * epoch, so that no cursor is taken for one of the other history.
 *
 * Another cluster (its system identifier), timeline (a promoted standby, a recovery to a point in time), database (a
 * restored dump, a copy by template), set of tables or install is another epoch. What none of them tells is a data folder
 * put back as it was: a process that has read of the log what is not there any more says so itself (`renewEpoch`).
 */
import { createHash } from 'node:crypto';
import { ChatError } from '@payload-chat/protocol';
import type { Query, Tables } from './database.ts';
import type { LastRead } from './read.ts';

/**
 * Whose rows a statement reads, as one more column of it: of everything that an epoch is made of but the host's tables.
 * A pool may have reached the database that took the other's place before anybody has looked at its epoch.
 */
export const historySql = `(select concat_ws(':', (pg_control_system()).system_identifier,
    left(pg_walfile_name(pg_current_wal_lsn()), 8), (select oid from pg_database where datname = current_database()),
    'chat.events'::regclass::oid, (select value from chat.facts where name = 'installed')))`;

export interface Epoch {
  /** 12 characters of `[0-9a-f]`. */
  name: string;
  /** As `historySql` has it. */
  history: string;
  /** The install's own part of it. */
  installed: string;
}

/** Heard by every process: the epoch may be another one. */
export const epochChannel = 'chat_epoch';

/** @throws ChatError `unavailable` where the log is not installed. */
export async function readEpoch(query: Query, { messages }: Tables): Promise<Epoch> {
  const [row] = await query<{ history: string; messages: string; installed: string | null }>(
    `select ${historySql} as history, $1::regclass::oid::text as messages,
      (select value from chat.facts where name = 'installed') as installed`,
    [messages],
  );
  if (!row?.installed) throw new ChatError('unavailable', { cause: new Error('The schema "chat" is not installed.') });
  const name = createHash('sha256').update(`${row.messages}:${row.history}`).digest('hex').slice(0, 12);
  return { name, history: row.history, installed: row.installed };
}

/** Whether what was read of the log has not happened any more: it ends before, or has another event there. */
export async function hasGoneBack(query: Query, read: ReadonlyMap<string, LastRead>): Promise<boolean> {
  if (read.size === 0) return false;
  const places = [...read.values()];
  const rows = await query(
    `select 1 from unnest($1::text[], $2::bigint[], $3::uuid[]) as held(site, pos, id)
      left join chat.sites s on s.site = held.site
      left join chat.events e on e.site = held.site and e.pos = held.pos
      where coalesce(s.pos, 0) < held.pos or e.id <> held.id limit 1`,
    [[...read.keys()], places.map(({ pos }) => pos), places.map(({ id }) => id ?? null)],
  );
  return rows.length > 0;
}

/** Begins another epoch, once, however many processes see the need at the same time; tells all of them. */
export async function renewEpoch(query: Query, { installed }: Epoch): Promise<void> {
  await query(
    `with renewed as (
      update chat.facts set value = gen_random_uuid()::text where name = 'installed' and value = $1 returning 1
    ) select pg_notify('${epochChannel}', '') from renewed`,
    [installed],
  );
}
