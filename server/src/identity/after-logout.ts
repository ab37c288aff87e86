/** The one hook that the chat adds to the host's auth collection: a logout ends the chat's sessions made from it. */
import type { CollectionAfterLogoutHook } from 'payload';
import type { AccountDoc } from './account-login.ts';
import { endAccountSessions } from './logout.ts';

/** In Payload's own transaction: what could not be ended here is not logged out there. */
const endWithLogin: CollectionAfterLogoutHook = async ({ req }) => {
  const account = req.user as unknown as (AccountDoc & { _sid?: string }) | null;
  if (!account) return;
  const all = req.searchParams?.get('allSessions') === 'true';
  await endAccountSessions(req, account, all ? undefined : account._sid === undefined ? [] : [account._sid]);
};

export const afterLogout: CollectionAfterLogoutHook[] = [endWithLogin];
