/**
 * Erasing a person. What he wrote becomes tombstones of somebody without a name, under an id that leads nowhere; his row,
 * seats, name and picture are gone from tables and log, his sessions end, and one `user.erased` makes every hop empty its
 * ring and every reader take a new snapshot. What others wrote stays. Who comes back is somebody new.
 */
import { randomBytes } from 'node:crypto';
import { ChatError, topic, type User } from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';
import { actAs } from '../collections/actor.ts';
import { columns, type PersonRow, personRow } from '../collections/rows.ts';
import { holdVisitor } from '../identity/claims.ts';
import { endSessions } from '../identity/revocation.ts';
import { append } from '../log/append.ts';
import { inTransaction } from '../log/commit-proof.ts';
import { type Query, tablesOf, transactionOf } from '../log/database.ts';

/** The name of whoever was erased. */
const nameless = 'Erased';

export interface Erased {
  /** Messages that have become tombstones. */
  messages: number;
  /** Keys of the sites that he was at. */
  sites: string[];
}

/** @throws ChatError `not-found` where there is no such person, `not-stored`. */
export async function erasePerson(req: PayloadRequest, id: string, actor: string): Promise<Erased> {
  const { value } = await inTransaction(req, async () => {
    await actAs(req, actor);
    // The same order as a claim: what he sends at this moment is erased with the rest, or refused.
    if (id.startsWith('v_')) await holdVisitor(req, id);
    const query = await transactionOf(req);
    const { people } = tablesOf(req.payload);
    const [row] = await query(`select ${columns.person} from ${people} u where u.id = $1 for update`, [id]);
    if (!row) throw new ChatError('not-found');
    const person = personRow(row);
    const sites = await sitesOf(req, query, person);
    const nobody = await anonymous(req, query, person);
    const messages = await scrubRows(req, query, id, nobody.id);
    await scrubLog(query, id, nobody);
    await query('update chat.claims set claimant = $2 where claimant = $1', [id, nobody.id]);
    await query(`delete from ${people} where id = $1`, [id]);
    await endSessions(
      req,
      sites.map((site) => ({ site, user: id })),
    );
    for (const site of sites)
      await append(req, {
        site,
        thread: null,
        type: 'user.erased',
        entity: null,
        payload: { user: { id } },
        actor: null,
        topics: [topic.all],
      });
    return { messages, sites };
  });
  return value;
}

/** Where he has a seat, wrote, or belongs. */
async function sitesOf(req: PayloadRequest, query: Query, { id, site }: PersonRow): Promise<string[]> {
  const { messages, participants, threads } = tablesOf(req.payload);
  const rows = await query<{ site: string }>(
    `select distinct t.site_id as site from ${threads} t where t.id in
      (select thread_id from ${participants} where user_id = $1 union select thread_id from ${messages} where sender_id = $1)`,
    [id],
  );
  return [...new Set([...rows.map((row) => row.site), ...(site === undefined ? [] : [site])])].sort();
}

/** Stands in his place: of the same kind and site, with an id at random. */
async function anonymous(req: PayloadRequest, query: Query, { id, kind, site }: PersonRow): Promise<User> {
  const { people } = tablesOf(req.payload);
  const prefix = id.startsWith('v_') ? 'v_' : 'x_';
  // He is an agent no more, whoever he was.
  const user: User = {
    id: prefix + randomBytes(16).toString('base64url'),
    name: nameless,
    kind: kind === 'agent' ? 'member' : kind,
  };
  await query(
    `insert into ${people} (id, name, kind, site_id, staff) select $1, $2, kind, $4, false from ${people} where id = $3`,
    [user.id, user.name, id, site ?? null],
  );
  await query(`update ${people} set kind = 'member' where id = $1 and kind = 'agent'`, [user.id]);
  return user;
}

async function scrubRows(req: PayloadRequest, query: Query, id: string, nobody: string): Promise<number> {
  const { messages, participants, threads } = tablesOf(req.payload);
  // Its place is nobody's any more, and its label in the panel was his name.
  await query(
    `update ${threads} set slot = null, label = initcap(kind::text) || ': erased'
      where kind <> 'room' and id in (select thread_id from ${participants} where user_id = $1)`,
    [id],
  );
  await query(`delete from ${participants} where user_id = $1`, [id]);
  const rows = await query(
    `update ${messages} set sender_id = $2, content = '', local_id = null, content_hash = null,
        deleted_at = coalesce(deleted_at, now())
      where sender_id = $1 returning 1`,
    [id, nobody],
  );
  return rows.length;
}

/** All that the log still says of him: his words, his name, his doing, and that it was for him. */
async function scrubLog(query: Query, id: string, nobody: User): Promise<void> {
  await query(
    `update chat.events set
      payload = case
        when payload #>> '{message,sender,id}' = $1
          then jsonb_set(jsonb_set(payload, '{message,content}', '""'), '{message,sender}', $2::jsonb) #- '{message,localId}'
        when payload #>> '{participant,user,id}' = $1 then jsonb_set(payload, '{participant,user}', $2::jsonb)
        else payload end,
      actor = case when actor = $1 then null else actor end,
      topics = array_remove(topics, $3)
    where payload #>> '{message,sender,id}' = $1 or payload #>> '{participant,user,id}' = $1
      or actor = $1 or $3 = any(topics)`,
    [id, JSON.stringify(nobody), topic.user(id)],
  );
}
