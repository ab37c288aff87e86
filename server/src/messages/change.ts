/** Editing and deleting a message, under its row's lock. */
import { ChatError, limits, type Message } from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';
import { maySee } from '../access/thread.ts';
import { actAs } from '../collections/actor.ts';
import { know, userIn } from '../collections/look-up.ts';
import { lockRow } from '../collections/row-lock.ts';
import { columns, type MessageRow, messageRow } from '../collections/rows.ts';
import { toMessage } from '../collections/wire.ts';
import type { Caller } from '../identity/caller.ts';
import { inTransaction, placeOf } from '../log/commit-proof.ts';
import { tablesOf, transactionOf } from '../log/database.ts';
import { situationOf } from './situation.ts';

export interface Changed {
  message: Message;
  /** Where the change stands in the site's log; `undefined` where nothing changed. */
  pos: number | undefined;
}

/**
 * The author, within the site's `editWindowMs`.
 * @throws ChatError `invalid`, `too-large`, `not-found`, `forbidden` (another's), `window-closed`, `not-stored`.
 */
export async function edit(req: PayloadRequest, caller: Caller, id: string, content: string): Promise<Changed> {
  if (content.length > limits.contentChars) throw new ChatError('too-large');
  if (content.trim() === '')
    throw new ChatError('invalid', { faults: [{ field: 'content', message: 'A message needs text.' }] });
  return change(req, caller, id, async (row) => {
    if (row.sender !== caller.user.id) throw new ChatError('forbidden');
    if (row.deletedAt || isTooLate(row, caller)) throw new ChatError('window-closed');
    return row.content === content ? undefined : { content };
  });
}

/**
 * The author within the window, or a moderator. Leaves a tombstone; one that stands already is answered as it is.
 * @throws ChatError `not-found`, `forbidden`, `window-closed`, `not-stored`.
 */
export async function remove(req: PayloadRequest, caller: Caller, id: string): Promise<Changed> {
  return change(req, caller, id, async (row) => {
    const own = row.sender === caller.user.id;
    if (!own && !caller.isModerator) throw new ChatError('forbidden');
    if (row.deletedAt) return undefined;
    if (!caller.isModerator && isTooLate(row, caller)) throw new ChatError('window-closed');
    return { deletedAt: new Date().toISOString() };
  });
}

const isTooLate = (row: MessageRow, { site }: Caller) => Date.parse(row.timestamp) + site.editWindowMs < Date.now();

type Decide = (row: MessageRow) => Promise<{ content: string } | { deletedAt: string } | undefined>;

async function change(req: PayloadRequest, caller: Caller, id: string, decide: Decide): Promise<Changed> {
  const { value, places } = await inTransaction(req, async () => {
    await actAs(req, caller.user.id);
    await lockRow(req, 'messages', id);
    const row = await readMessage(req, id);
    if (!row) throw new ChatError('not-found');
    const { thread, seat } = await situationOf(req, caller.user.id, { id: row.thread });
    if (!thread || !maySee(caller, thread, seat)) throw new ChatError('not-found');
    await know(req, { thread });
    const sender = await userIn(req, thread, row.sender);
    const data = await decide(row);
    if (!data) return toMessage(row, sender);
    const doc = await req.payload.update({ collection: 'messages', id, data, depth: 0, overrideAccess: true, req });
    return toMessage({ ...messageRow(doc as unknown as Record<string, unknown>), seq: row.seq }, sender);
  });
  const place = placeOf(places, id);
  return place?.seq
    ? { message: { ...value, changed: place.seq }, pos: place.pos }
    : { message: value, pos: undefined };
}

async function readMessage(req: PayloadRequest, id: string): Promise<MessageRow | undefined> {
  const query = await transactionOf(req);
  const rows = await query(`select ${columns.message} from ${tablesOf(req.payload).messages} m where m.id = $1`, [id]);
  return rows[0] && messageRow(rows[0]);
}
