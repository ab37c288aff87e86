/** What staff reads in the admin panel, which asks Payload's own operations and not the chat's endpoints. */
import type { CollectionAfterOperationHook, PayloadRequest } from 'payload';
import { accountOf } from '../access/reader.ts';
import { idOf } from '../collections/rows.ts';
import { queryOf, tablesOf } from '../log/database.ts';
import { optionsOf } from '../options.ts';
import { noteReading } from './access-log.ts';

type Source = Record<string, unknown>;

/** For messages and threads: every thread that an answer shows something of. */
export const notePanel: CollectionAfterOperationHook = async ({ args, operation, result, req, collection }) => {
  if (operation !== 'find' && operation !== 'findByID') return result;
  const account = (args as { overrideAccess?: boolean }).overrideAccess ? undefined : accountOf(req);
  if (!account || !result) return result;
  const docs = ('docs' in result ? result.docs : [result]) as Source[];
  const field = collection?.slug === 'threads' ? 'id' : 'thread';
  const threads = [...new Set(docs.map((doc) => idOf(doc[field])).filter((id) => id !== undefined))];
  const name = optionsOf(req.payload).displayName(account);
  for (const { id, site } of await foreign(req, threads, `m_${account.id}`))
    noteReading(req, { user: `m_${account.id}`, name, what: 'read', site, thread: id });
  return result;
};

/** Those that anybody may read, and his own conversations, are left out. */
async function foreign(req: PayloadRequest, ids: string[], user: string): Promise<Array<{ id: string; site: string }>> {
  if (ids.length === 0) return [];
  const { participants, threads } = tablesOf(req.payload);
  return queryOf(req.payload)(
    `select t.id, t.site_id as site from ${threads} t where t.id = any($1::text[])
      and not (t.kind = 'room' and t.public) and (t.kind = 'support' or not exists
        (select 1 from ${participants} p where p.thread_id = t.id and p.user_id = $2 and p.quiet is not true))`,
    [ids, user],
  );
}
