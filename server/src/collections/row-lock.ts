/**
 * Payload reads a document and later writes all of it back, so that two updates at once undo each other: an edit
 * brought a deleted message back. Here the row is locked inside the transaction and before that read.
 */
import { ChatError } from '@payload-chat/protocol';
import type { CollectionBeforeChangeHook, CollectionBeforeOperationHook, PayloadRequest } from 'payload';
import { readerOf } from '../access/reader.ts';
import { noteOf } from '../log/commit-proof.ts';
import { type Tables, tablesOf, transactionOf } from '../log/database.ts';

/** What is said to whoever would write many rows at once. */
export const oneAtATime = 'One at a time, please.';

/** Locks one row until the transaction ends. Posting to a thread is not held up: it only needs the row's key. */
export async function lockRow(req: PayloadRequest, table: keyof Tables, id: string): Promise<void> {
  const query = await transactionOf(req);
  await query(`select 1 from ${tablesOf(req.payload)[table]} where id = $1 for no key update`, [id]);
  (await lockedIn(req, table)).add(id);
}

/** Ids of the rows that this transaction has locked. */
async function lockedIn(req: PayloadRequest, table: keyof Tables): Promise<Set<string>> {
  const { memo } = await noteOf(req);
  const key = `locked ${table}`;
  const locked = (memo.get(key) as Set<string> | undefined) ?? new Set();
  memo.set(key, locked);
  return locked;
}

/** Writes of many rows at once lock them in this order, so that two such writes don't wait for each other. */
async function lockRows(req: PayloadRequest, table: keyof Tables, ids: string[]): Promise<void> {
  const query = await transactionOf(req);
  await query(
    `select 1 from ${tablesOf(req.payload)[table]} where id = any($1::text[]) order by id for no key update`,
    [ids],
  );
  const locked = await lockedIn(req, table);
  for (const id of ids) locked.add(id);
}

interface WriteArgs {
  id?: string | number;
  where?: unknown;
}

/**
 * For `beforeOperation`. Writes of many rows are for the host's own code alone; a write through GraphQL would pass by
 * the chat's endpoints and is refused.
 */
export function lockBeforeWrite(table: keyof Tables, slug: string): CollectionBeforeOperationHook {
  return async ({ args, operation, overrideAccess, req }) => {
    if (operation !== 'update' && operation !== 'delete') return;
    // Payload asks who may do it after this: whoever is nobody must not hold up a row, nor a connection.
    if (!overrideAccess && (await readerOf(req)).is === 'nobody') throw new ChatError('forbidden');
    const { id, where } = args as WriteArgs;
    if (req.payloadAPI === 'GraphQL')
      throw new ChatError('forbidden', { message: 'Use the REST endpoints of the chat.' });
    if (id !== undefined) return void (await lockRow(req, table, String(id)));
    if (req.payloadAPI !== 'local') throw new ChatError('forbidden', { message: oneAtATime });
    const { docs } = await req.payload.find({
      collection: slug,
      where: where as never,
      depth: 0,
      limit: 0,
      pagination: false,
      overrideAccess: true,
      select: {},
      req,
    });
    await lockRows(
      req,
      table,
      docs.map((doc) => String(doc.id)),
    );
  };
}

/**
 * For `beforeChange`. A write of many rows finds them once to lock them and once more to read them: a row that came to match
 * in between was read unlocked, and may be another by now. It is left as it is; the same may be written again.
 */
export function refuseUnlocked(table: keyof Tables): CollectionBeforeChangeHook {
  return async ({ data, operation, originalDoc, req }) => {
    if (operation === 'update' && !(await lockedIn(req, table)).has(String((originalDoc as { id: unknown }).id)))
      throw new ChatError('not-stored', { cause: new Error('The row came to match after the others were locked.') });
    return data;
  };
}
