/** Who a request speaks for. */
import type { User } from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';
import type { Site } from '../collections/sites/site.ts';

/** An account of the host's own auth collection, as far as the chat reads it. */
export interface Account {
  id: string;
  name: string;
  /** The option `admins` said yes. */
  isAdmin: boolean;
}

/**
 * One person at one site. Made from a chat token, or from a Payload login (then `account` is set). A guest has no row
 * and reads the one public room that his token names.
 */
export interface Caller {
  /** As others see him at this site. */
  user: User;
  site: Site;
  /** The session that revocation names; absent for a Payload login used directly. */
  sid?: string;
  /** Of a guest: the id of the room he reads. */
  room?: string;
  /** Set when the request came with a Payload login instead of a chat token. */
  account?: Account;
  /** The option `admins` said yes to the account: sees everything in the panel. */
  isAdmin: boolean;
  /** An agent of the site or an admin: may delete messages, seats. A chat token of kind `agent` is one. */
  isModerator: boolean;
}

/**
 * The caller of a request, memoised by request; `undefined` for nobody.
 * @throws ChatError `unauthorized` for a Bearer that is bad: never a fall-back to a cookie.
 */
export async function caller(_req: PayloadRequest): Promise<Caller | undefined> {
  return undefined;
}
