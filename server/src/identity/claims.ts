/** Who has claimed which visitor: a visitor belongs to one verified person, once and for good. */
import { ChatError } from '@payload-chat/protocol';
import type { Payload, PayloadRequest } from 'payload';
import { queryOf, transactionOf } from '../log/database.ts';

/** The person who claimed this visitor; `undefined` for nobody. */
export async function claimantOf(payload: Payload, visitor: string): Promise<string | undefined> {
  const [row] = await queryOf(payload)<{ claimant: string }>('select claimant from chat.claims where visitor = $1', [
    visitor,
  ]);
  return row?.claimant;
}

/**
 * As `claimantOf`, in the request's transaction, which then holds the visitor: nobody claims him and he gets no row
 * before it ends. He may have no row yet that could be locked.
 */
export async function holdVisitor(req: PayloadRequest, visitor: string): Promise<string | undefined> {
  const query = await transactionOf(req);
  await query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`payload-chat visitor ${visitor}`]);
  // Another statement, so that it sees what was committed while this one waited.
  const [row] = await query<{ claimant: string }>('select claimant from chat.claims where visitor = $1', [visitor]);
  return row?.claimant;
}

/** Before a visitor's row is made. @throws ChatError `unauthorized` for one who was claimed while he was writing. */
export async function refuseClaimed(req: PayloadRequest, visitor: string): Promise<void> {
  if (await holdVisitor(req, visitor)) throw new ChatError('unauthorized');
}

export async function noteClaim(req: PayloadRequest, site: string, visitor: string, claimant: string): Promise<void> {
  const query = await transactionOf(req);
  await query('insert into chat.claims (visitor, site, claimant) values ($1, $2, $3)', [visitor, site, claimant]);
}
