/** The end of a session: by the chat's own logout, or by Payload's, whose session is a member's. */
import { ChatError } from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';
import { belongs, siteOf } from '../collections/sites/site.ts';
import type { AccountDoc } from './account-login.ts';
import type { Caller } from './caller.ts';
import { endSessions } from './revocation.ts';
import { accountUserId } from './user-id.ts';

/** @throws ChatError `forbidden` for a guest, whose token others use too, and for a login, which Payload itself ends. */
export async function logOut(req: PayloadRequest, { user, site, sid }: Caller): Promise<void> {
  if (user.kind === 'guest') throw new ChatError('forbidden', { message: 'A guest’s session is shared.' });
  if (sid === undefined) throw new ChatError('forbidden', { message: 'End this login where it was begun.' });
  await endSessions(req, [{ site: site.key, sid, user: user.id }]);
}

/** Ends these Payload sessions of an account at every site it belongs to; all of them where none is named. */
export async function endAccountSessions(req: PayloadRequest, account: AccountDoc, only?: string[]): Promise<void> {
  const sids = only ?? sessionsOf(account);
  // In the request's own transaction: a second connection might have to wait for the first.
  const { docs } = await req.payload.db.find<Record<string, unknown>>({
    collection: 'sites',
    limit: 0,
    pagination: false,
    req,
  });
  const own = docs.map((row) => siteOf(req.payload, row)).filter((site) => belongs(req.payload, site, account));
  const user = accountUserId(account.id);
  const endings = own.flatMap(({ key }) => sids.map((sid) => ({ site: key, sid, user })));
  if (endings.length) await endSessions(req, endings);
}

/** Ids of Payload's open sessions, as they stand on the account's row. */
function sessionsOf({ sessions }: AccountDoc): string[] {
  if (!Array.isArray(sessions)) return [];
  return sessions.flatMap(({ id }: { id?: unknown }) => (typeof id === 'string' ? [id] : []));
}
