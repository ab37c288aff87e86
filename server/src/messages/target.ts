/** Where a message goes: a thread that stands, or one that its first message makes. */

import type { SendRequest } from '@payload-chat/protocol';
import { ChatError } from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';
import { accountId } from '../collections/people/account-id.ts';
import { ensurePerson, personOfAccount } from '../collections/people/ensure.ts';
import { columns, type PersonRow, personRow } from '../collections/rows.ts';
import { belongs } from '../collections/sites/site.ts';
import { slotOf } from '../collections/threads/slot.ts';
import type { Caller } from '../identity/caller.ts';
import { tablesOf, transactionOf } from '../log/database.ts';
import { optionsOf } from '../options.ts';
import type { ThreadName } from './situation.ts';

/** `make` says how to make it where it does not stand yet; without it a missing one is `not-found`. */
export type Target =
  | { is: 'thread'; name: ThreadName }
  | { is: 'room'; name: ThreadName }
  | { is: 'direct'; name: ThreadName; other: PersonRow }
  | { is: 'support'; name: ThreadName };

/**
 * @throws ChatError `invalid` for more than one target or oneself, `not-found` for a receiver who is nobody here.
 */
export async function targetOf(req: PayloadRequest, caller: Caller, request: SendRequest): Promise<Target> {
  const { thread, room, receiver } = request;
  const given = Object.entries({ thread, room, receiver }).filter(([, value]) => value !== undefined);
  if (given.length > 1) {
    const faults = given.slice(1).map(([field]) => ({ field, message: 'A message goes to one place.' }));
    throw new ChatError('invalid', { faults });
  }
  const site = caller.site.key;
  if (thread !== undefined) return { is: 'thread', name: { id: thread } };
  if (room !== undefined) return { is: 'room', name: { slot: slotOf({ kind: 'room', site, key: room }) } };
  if (receiver !== undefined) {
    const other = await receiverOf(req, caller, receiver);
    return { is: 'direct', name: { slot: slotOf({ kind: 'direct', site, pair: [caller.user.id, other.id] }) }, other };
  }
  return { is: 'support', name: { slot: slotOf({ kind: 'support', site, user: caller.user.id }) } };
}

/** A chat user's id, or a bare account id. The row of an account that never came is made now. */
async function receiverOf(req: PayloadRequest, caller: Caller, receiver: string): Promise<PersonRow> {
  if (receiver === caller.user.id || `m_${receiver}` === caller.user.id)
    throw new ChatError('invalid', { faults: [{ field: 'receiver', message: 'That is yourself.' }] });
  if (/^[xv]_/.test(receiver)) {
    const query = await transactionOf(req);
    const rows = await query(`select ${columns.person} from ${tablesOf(req.payload).people} u where u.id = $1`, [
      receiver,
    ]);
    const person = rows[0] && personRow(rows[0]);
    if (person?.site !== caller.site.key) throw new ChatError('not-found');
    return person;
  }
  const account = await accountById(req, receiver.replace(/^m_/, ''));
  if (!account || !belongs(req.payload, caller.site, account)) throw new ChatError('not-found');
  return ensurePerson(req, personOfAccount(req, caller.site, account));
}

async function accountById(req: PayloadRequest, id: string): Promise<Record<string, unknown> | undefined> {
  const known = accountId(req.payload, id);
  if (known === undefined) return undefined;
  const found = await req.payload.db.findOne<Record<string, unknown> & { id: string }>({
    collection: optionsOf(req.payload).users,
    where: { id: { equals: known } },
    req,
  });
  return found ?? undefined;
}
