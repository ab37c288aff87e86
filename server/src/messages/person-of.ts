import type { Payload } from 'payload';
import { accountId } from '../collections/people/account-id.ts';
import type { Person } from '../collections/people/ensure.ts';
import type { Caller } from '../identity/caller.ts';

/** The row that a caller should have, from what his token says: a visitor's is made by his first message. */
export function personOf(payload: Payload, { user, site, account }: Caller): Person {
  const { id, name, kind, avatar } = user;
  const own = { id, name, kind, ...(avatar ? { avatar } : {}) };
  if (!id.startsWith('m_')) return { ...own, site: site.key };
  return { ...own, account: accountId(payload, id.slice(2)), staff: account?.isAdmin === true };
}
