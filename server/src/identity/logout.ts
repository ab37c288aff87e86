/** The end of a session: by the chat's own logout, or by Payload's, whose session is a member's. */
import { ChatError } from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';
import { belongs, siteOf } from '../collections/sites/site.ts';
import { optionsOf } from '../options.ts';
import type { AccountDoc } from './account-login.ts';
import type { Caller } from './caller.ts';
import { endSessions } from './revocation.ts';
import { accountUserId } from './user-id.ts';

/** @throws ChatError `forbidden` for a guest, whose token others use too, and for a login, which Payload itself ends. */
export async function logOut(req: PayloadRequest, { claims, user, site, sid }: Caller): Promise<void> {
  if (user.kind === 'guest') throw new ChatError('forbidden', { message: 'A guest’s session is shared.' });
  if (sid === undefined) throw new ChatError('forbidden', { message: 'End this login where it was begun.' });
  // A member's sid is that of his login, which goes on and must not lead back into the session.
  const untilS = user.id.startsWith('m_') ? claims?.until : undefined;
  await endSessions(req, [{ site: site.key, sid, user: user.id, ...(untilS === undefined ? {} : { untilS }) }]);
}

/** Ends these Payload sessions of an account at every site it belongs to; all of them where none is named. */
export async function endAccountSessions(req: PayloadRequest, account: AccountDoc, only?: string[]): Promise<void> {
  // In the request's own transaction: a second connection might have to wait for the first.
  const { docs } = await req.payload.db.find<Record<string, unknown>>({
    collection: 'sites',
    limit: 0,
    pagination: false,
    req,
  });
  const own = docs.map((row) => siteOf(req.payload, row)).filter((site) => belongs(req.payload, site, account));
  const open = sessionsOf(account);
  const sessions = only?.map((sid) => open.find((each) => each.sid === sid) ?? { sid, untilS: 0 }) ?? open;
  await endAll(
    req,
    account,
    own.map(({ key }) => key),
    sessions,
  );
}

/** Ends the sessions of accounts that lost their place at a site: their tokens say what they were. */
export async function endSessionsAt(
  req: PayloadRequest,
  site: string,
  accounts: ReadonlyArray<string | number>,
): Promise<void> {
  if (accounts.length === 0) return;
  const { docs } = await req.payload.db.find<AccountDoc>({
    collection: optionsOf(req.payload).users,
    where: { id: { in: [...accounts] } },
    limit: 0,
    pagination: false,
    req,
  });
  for (const account of docs) await endAll(req, account, [site], sessionsOf(account));
}

interface AccountSession {
  sid: string;
  untilS: number;
}

async function endAll(
  req: PayloadRequest,
  account: AccountDoc,
  sites: string[],
  sessions: AccountSession[],
): Promise<void> {
  const user = accountUserId(account.id);
  const endings = sites.flatMap((site) => sessions.map((session) => ({ site, user, ...session })));
  if (endings.length) await endSessions(req, endings);
}

/** Payload's open sessions, as they stand on the account's row. */
function sessionsOf({ sessions }: AccountDoc): AccountSession[] {
  if (!Array.isArray(sessions)) return [];
  return sessions.flatMap(({ id, expiresAt }: { id?: unknown; expiresAt?: unknown }) =>
    typeof id === 'string' ? [{ sid: id, untilS: Math.ceil(new Date(String(expiresAt)).getTime() / 1000) || 0 }] : [],
  );
}
