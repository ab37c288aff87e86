/** The one hook that the chat adds to the host's auth collection: a logout ends the chat's sessions made from it. */
import type { CollectionAfterLogoutHook } from 'payload';
import { type AccountDoc, accountJwt, sidOfLogin } from './account-login.ts';
import { endAccountSessions } from './logout.ts';

/** In Payload's own transaction: what could not be ended here is not logged out there. */
const endWithLogin: CollectionAfterLogoutHook = async ({ req }) => {
  const account = req.user as unknown as (AccountDoc & { _sid?: string }) | null;
  if (!account) return;
  const jwt = accountJwt(req);
  const sid = account._sid ?? (jwt && sidOfLogin(req.payload, jwt));
  const all = req.searchParams?.get('allSessions') === 'true';
  await endAccountSessions(req, account, all ? undefined : sid === undefined ? [] : [sid]);
};

export const afterLogout: CollectionAfterLogoutHook[] = [endWithLogin];
