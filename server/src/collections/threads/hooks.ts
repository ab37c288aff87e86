import { ChatError, type Fault } from '@payload-chat/protocol';
import type {
  CollectionAfterChangeHook,
  CollectionBeforeDeleteHook,
  CollectionBeforeValidateHook,
  PayloadRequest,
} from 'payload';
import { append } from '../../log/append.ts';
import { actorOf } from '../actor.ts';
import { know, siteIn } from '../look-up.ts';
import { idOf, type ThreadRow, threadRow } from '../rows.ts';
import { toThread } from '../wire.ts';
import { slotOf } from './slot.ts';

const keyForm = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** A room's key and place are checked; the threads that sending makes bring their own slot. */
export const completeThread: CollectionBeforeValidateHook = async ({ data = {}, operation, originalDoc, req }) => {
  if (operation === 'update') {
    const { kind, title, key, label } = { ...originalDoc, ...data } as Record<string, unknown>;
    return { ...data, label: kind === 'room' ? title || key : label };
  }
  const faults: Fault[] = [];
  const site = idOf(data.site);
  if (data.kind === 'room' && !keyForm.test(String(data.key ?? '')))
    faults.push({ field: 'key', message: 'A room needs a key: small letters, digits and hyphens, at most 64.' });
  if (data.kind !== 'room' && !data.slot)
    faults.push({ field: 'kind', message: 'Only rooms are made here; other threads begin with their first message.' });
  if (site === undefined) faults.push({ field: 'site', message: 'A thread stands in a site.' });
  if (faults.length || site === undefined) throw new ChatError('invalid', { faults });
  await siteIn(req, site);
  const slot = data.kind === 'room' ? slotOf({ kind: 'room', site, key: String(data.key) }) : data.slot;
  await refuseTaken(req, String(slot), data.kind === 'room');
  return { ...data, slot, label: data.label ?? data.title ?? data.key, status: data.status ?? 'open' };
};

/** The unique index decides; this only says it in words for the panel. */
async function refuseTaken(req: PayloadRequest, slot: string, room: boolean): Promise<void> {
  if (!room) return;
  const { totalDocs } = await req.payload.count({
    collection: 'threads',
    where: { slot: { equals: slot } },
    overrideAccess: true,
    req,
  });
  if (totalDocs)
    throw new ChatError('invalid', { faults: [{ field: 'key', message: 'The site has a room of this key.' }] });
}

/** `thread.created`, or `thread.updated` where something changed that a reader or a grant depends on. */
export const tellThread: CollectionAfterChangeHook = async ({ doc, operation, previousDoc, req }) => {
  const row = threadRow(doc);
  await know(req, { thread: row });
  if (operation === 'update' && isSame(row, threadRow(previousDoc))) return;
  const { changed: _, ...threadState } = toThread(row);
  await append(req, {
    site: row.site,
    thread: row.id,
    type: operation === 'create' ? 'thread.created' : 'thread.updated',
    entity: row.id,
    payload: { threadState },
    actor: await actorOf(req),
  });
};

function isSame(a: ThreadRow, b: ThreadRow): boolean {
  return a.title === b.title && a.status === b.status && a.public === b.public;
}

/** Its messages and its place in the log would be left without a thread. */
export const refuseErasing: CollectionBeforeDeleteHook = () => {
  throw new ChatError('forbidden', { message: 'Threads are closed, not deleted.' });
};
