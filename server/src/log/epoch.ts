/** What makes positions unique: another cluster, timeline, install or set of tables is another epoch. */
import { createHash } from 'node:crypto';
import { ChatError } from '@payload-chat/protocol';
import type { Query, Tables } from './database.ts';

/**
 * 12 characters of `[0-9a-f]`, read at each connect of the tail: a restored or failed-over database must not be
 * mistaken for the one that handed out the same numbers before.
 */
export async function readEpoch(query: Query, { messages }: Tables): Promise<string> {
  const [row] = await query<{ system: string; timeline: string; installed: string; oid: string }>(
    `select (pg_control_system()).system_identifier::text as system,
      left(pg_walfile_name(pg_current_wal_lsn()), 8) as timeline,
      (select value from chat.facts where name = 'installed') as installed,
      $1::regclass::oid::text as oid`,
    [messages],
  );
  if (!row?.installed) throw new ChatError('unavailable', { cause: new Error('The schema "chat" is not installed.') });
  return createHash('sha256')
    .update([row.system, row.timeline, row.installed, row.oid].join(':'))
    .digest('hex')
    .slice(0, 12);
}
