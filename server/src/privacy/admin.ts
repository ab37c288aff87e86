/** Whoever asks for what admins alone may: exporting and erasing people. */
import { ChatError } from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';
import { accountJwt, readLogin } from '../identity/account-login.ts';
import { bearer, someCaller } from '../identity/caller.ts';
import { optionsOf } from '../options.ts';

export interface Admin {
  /** As a chat user's id. */
  user: string;
  name: string;
}

/**
 * The admin behind a Payload login: the header, or the cookie from a page of the server itself. A chat token is never
 * one, an admin's neither.
 * @throws ChatError `unauthorized` without a good login, `forbidden` for an account that `admins` does not name.
 */
export async function someAdmin(req: PayloadRequest): Promise<Admin> {
  if (bearer(req.headers.get('Authorization')) !== undefined) {
    await someCaller(req);
    throw new ChatError('forbidden');
  }
  const jwt = accountJwt(req);
  const login = jwt ? await readLogin(req, jwt) : undefined;
  if (!login) throw new ChatError('unauthorized');
  const { isAdmin, displayName } = optionsOf(req.payload);
  if (!isAdmin(login.account)) throw new ChatError('forbidden');
  return { user: `m_${login.account.id}`, name: displayName(login.account) };
}
