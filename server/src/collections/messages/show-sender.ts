/** REST answers a message's sender as the wire's `user` and never more: no account, no e-mail, whatever the depth. */
import type { User } from '@payload-chat/protocol';
import { type CollectionAfterReadHook, createDataloaderCacheKey, type PayloadRequest } from 'payload';
import { isActing } from '../actor.ts';
import { idOf, personRow } from '../rows.ts';

export const showSender: CollectionAfterReadHook = async ({ doc, req }) => {
  if (req.payloadAPI !== 'REST' || isActing(req) || !wantsUsers(req)) return doc;
  const id = idOf((doc as { sender?: unknown }).sender);
  return id === undefined ? doc : { ...doc, sender: await senderOf(req, id) };
};

/** The panel asks with depth 0 and wants ids for its own fields; a chat token always gets the wire's shape. */
function wantsUsers(req: PayloadRequest): boolean {
  return String(req.query?.depth) !== '0' || req.headers.get('Authorization')?.startsWith('Bearer ') === true;
}

async function senderOf(req: PayloadRequest, id: string): Promise<User | string> {
  const found = await req.payloadDataLoader.load(
    createDataloaderCacheKey({
      collectionSlug: 'chat-users',
      currentDepth: 0,
      depth: 0,
      docID: id,
      draft: false,
      fallbackLocale: req.fallbackLocale ?? null,
      locale: req.locale ?? '',
      overrideAccess: true,
      showHiddenFields: false,
      transactionID: req.transactionID as string,
    }),
  );
  if (!found) return id;
  const { name, kind, avatar } = personRow(found as unknown as Record<string, unknown>);
  return { id, name, kind, ...(avatar ? { avatar } : {}) };
}
