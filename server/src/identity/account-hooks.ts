/** What the chat adds to the host's auth collection: what becomes of an account becomes of its chat sessions. */
import type { CollectionConfig, PayloadRequest } from 'payload';
import { optionsOf } from '../options.ts';
import { type AccountDoc, accountJwt, sidOfLogin } from './account-login.ts';
import { endAccountSessions, endLogins, sessionsOf } from './logout.ts';

type Hooks = NonNullable<CollectionConfig['hooks']>;

/** In Payload's own transaction: what could not be ended here is not logged out there. */
const endWithLogin: NonNullable<Hooks['afterLogout']>[number] = async ({ req }) => {
  const account = req.user as unknown as (AccountDoc & { _sid?: string }) | null;
  if (!account) return;
  const jwt = accountJwt(req);
  const sid = account._sid ?? (jwt && sidOfLogin(req.payload, jwt));
  const isAll = req.searchParams?.get('allSessions') === 'true';
  const sids = isAll ? sessionsOf(account).map((session) => session.sid) : [];
  await endLogins(req, account, sid === undefined ? sids : [...new Set([...sids, sid])]);
};

/** A chat token says what its account was. Where the option `admins` answers otherwise than before, it must not go on. */
const endWithRights: NonNullable<Hooks['afterChange']>[number] = async ({ doc, operation, previousDoc, req }) => {
  if (operation !== 'update') return;
  const { isAdmin } = optionsOf(req.payload);
  const account = await rowOf(req, doc.id);
  if (account && isAdmin(account) !== isAdmin(previousDoc)) await endAccountSessions(req, account, previousDoc);
};

const endWithAccount: NonNullable<Hooks['beforeDelete']>[number] = async ({ id, req }) => {
  const account = await rowOf(req, id);
  if (account) await endAccountSessions(req, account);
};

/** The row itself: what hooks are handed may lack what its reader must not see. */
async function rowOf(req: PayloadRequest, id: string | number): Promise<AccountDoc | undefined> {
  const collection = optionsOf(req.payload).users;
  return (await req.payload.db.findOne<AccountDoc>({ collection, where: { id: { equals: id } }, req })) ?? undefined;
}

/** The host's auth collection with the chat's hooks after its own. */
export function withAccountHooks(host: CollectionConfig): CollectionConfig {
  const { hooks = {} } = host;
  return {
    ...host,
    hooks: {
      ...hooks,
      afterLogout: [...(hooks.afterLogout ?? []), endWithLogin],
      afterChange: [...(hooks.afterChange ?? []), endWithRights],
      beforeDelete: [...(hooks.beforeDelete ?? []), endWithAccount],
    },
  };
}
