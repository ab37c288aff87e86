import { ChatError } from '@payload-chat/protocol';
import type {
  CollectionAfterChangeHook,
  CollectionAfterDeleteHook,
  CollectionBeforeChangeHook,
  CollectionBeforeDeleteHook,
  CollectionBeforeValidateHook,
  PayloadRequest,
} from 'payload';
import { append, rewriteContent } from '../../log/append.ts';
import { noteOf } from '../../log/commit-proof.ts';
import { type Row, tablesOf, transactionOf } from '../../log/database.ts';
import { actorOf } from '../actor.ts';
import { personIn, threadIn, userIn } from '../look-up.ts';
import { columns, idOf, type MessageRow, messageRow } from '../rows.ts';
import { toMessage } from '../wire.ts';

/** Relations are looked up, since a missing one would be an SQL fault; numbers are the log's to give. */
export const completeMessage: CollectionBeforeValidateHook = async ({ data = {}, operation, req }) => {
  if (operation === 'update') return data;
  const thread = await threadIn(req, idOf(data.thread) ?? '');
  const sender = await personIn(req, idOf(data.sender) ?? '', 'sender');
  if (sender.site !== undefined && sender.site !== thread.site)
    throw new ChatError('invalid', { faults: [{ field: 'sender', message: 'There is no such person.' }] });
  const replyTo = idOf(data.replyTo);
  if (replyTo !== undefined) await checkReply(req, thread.id, replyTo);
  return { ...data, timestamp: data.timestamp ?? new Date().toISOString(), seq: null, changed: null };
};

async function checkReply(req: PayloadRequest, thread: string, message: string): Promise<void> {
  const query = await transactionOf(req);
  const [row] = await query(`select 1 from ${tablesOf(req.payload).messages} where id = $1 and thread_id = $2`, [
    message,
    thread,
  ]);
  if (!row)
    throw new ChatError('invalid', {
      faults: [{ field: 'replyTo', message: 'There is no such message in this thread.' }],
    });
}

/** A tombstone stays one; what is changed says when. Runs after the row lock and the read that followed it. */
export const leaveTombstone: CollectionBeforeChangeHook = ({ data, operation, originalDoc }) => {
  if (operation !== 'update') return { ...data, editedAt: null, deletedAt: null };
  const before = messageRow(originalDoc);
  if (before.deletedAt) throw new ChatError('window-closed', { message: 'This message was deleted.' });
  const after = messageRow({ ...originalDoc, ...data });
  if (after.deletedAt) return { ...data, content: '', editedAt: before.editedAt ?? null };
  return { ...data, editedAt: after.content === before.content ? (before.editedAt ?? null) : new Date().toISOString() };
};

export const tellMessage: CollectionAfterChangeHook = async ({ doc, operation, previousDoc, req }) => {
  const row = messageRow(doc);
  if (operation === 'create') return tell(req, 'message.posted', row, row.sender);
  if (!row.deletedAt && row.content === messageRow(previousDoc).content) return;
  await rewriteContent(req, row.id, row.content);
  await tell(req, row.deletedAt ? 'message.deleted' : 'message.edited', row, null);
};

const repliesKey = (id: string) => `replies to ${id}`;

/**
 * Replies lose what they refer to; who they are can't be asked afterwards. They are locked, for what is told of them must be
 * what they are then, and so is the row against those who are about to refer to it. The replies come first: an edit of one
 * holds it, and at its commit takes a share of the row that it refers to. Those that came meanwhile are found the second time.
 */
export const noteReplies: CollectionBeforeDeleteHook = async ({ id, req }) => {
  const query = await transactionOf(req);
  const { messages } = tablesOf(req.payload);
  const replies = () =>
    query(`select ${columns.message} from ${messages} m where m.reply_to_id = $1 order by m.seq for no key update`, [
      String(id),
    ]);
  await replies();
  await query(`select 1 from ${messages} where id = $1 for update`, [String(id)]);
  const rows = await replies();
  (await noteOf(req)).memo.set(repliesKey(String(id)), rows);
};

/** Erased by the host's own code: no tombstone, and no text in the log. */
export const tellErased: CollectionAfterDeleteHook = async ({ doc, req }) => {
  const row = messageRow(doc);
  await rewriteContent(req, row.id, '');
  await tell(
    req,
    'message.erased',
    { ...row, content: '', deletedAt: row.deletedAt ?? new Date().toISOString() },
    null,
  );
  const replies = ((await noteOf(req)).memo.get(repliesKey(row.id)) ?? []) as Row[];
  for (const reply of replies.map(messageRow))
    await tell(req, reply.deletedAt ? 'message.deleted' : 'message.edited', { ...reply, replyTo: undefined }, null);
};

async function tell(
  req: PayloadRequest,
  type: 'message.posted' | 'message.edited' | 'message.deleted' | 'message.erased',
  row: MessageRow,
  actor: string | null,
): Promise<void> {
  const thread = await threadIn(req, row.thread);
  const { seq, changed: _, ...message } = toMessage(row, await userIn(req, thread, row.sender, 'sender'));
  await append(req, {
    site: thread.site,
    thread: thread.id,
    type,
    entity: row.id,
    // Its place in the thread is known once the transaction that posted it has ended.
    payload: { message: seq ? { ...message, seq } : message },
    actor: (await actorOf(req)) ?? actor,
  });
}
