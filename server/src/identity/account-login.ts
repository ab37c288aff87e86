/** Who came with a login of the host's own Payload: the JWT of `POST /api/users/login`, as a header or as the cookie. */
import { ChatError } from '@payload-chat/protocol';
import { jwtVerify } from 'jose';
import type { Payload, PayloadRequest } from 'payload';
import { parseCookies } from 'payload/shared';
import { optionsOf } from '../options.ts';
import { isOwnOrigin, originOf } from './origin.ts';
import { derived } from './user-id.ts';

export type AccountDoc = Record<string, unknown> & { id: string | number };

export interface AccountLogin {
  account: AccountDoc;
  /** Payload's session id; where the host uses none, a word derived from the login. */
  sid: string;
  /** When the login ends, in seconds since 1970. */
  exp: number;
}

/** The JWT of an `Authorization: JWT ...`; `undefined` for another scheme. */
export function headerLogin(authorization: string): string | undefined {
  return /^JWT\s+(\S+)\s*$/i.exec(authorization)?.[1];
}

/** The login that a request shows, unread: a header goes before the cookie, good or bad. */
export function accountJwt(req: PayloadRequest): string | undefined {
  const authorization = req.headers?.get('Authorization');
  return authorization ? headerLogin(authorization) : cookieLogin(req);
}

/**
 * The JWT of the login cookie, from a page of the server itself and no other: an empty `csrf` list makes Payload take the
 * cookie from any page.
 */
export function cookieLogin(req: PayloadRequest): string | undefined {
  if (!req.headers?.has('Cookie')) return undefined;
  const origin = originOf(req);
  if (origin !== undefined && !isOwnOrigin(req, origin)) return undefined;
  // A GET carries no Origin; a link from elsewhere says where it comes from in this header.
  if (origin === undefined && req.headers.get('Sec-Fetch-Site') === 'cross-site') return undefined;
  return parseCookies(req.headers).get(`${req.payload.config.cookiePrefix}-token`) || undefined;
}

/**
 * The account behind a login, with its session still open; `undefined` for a bad one. What Payload made of the request
 * (`req.user`) is used only where it is of this very login: it may stem from another header, or from `autoLogin`.
 */
export async function readLogin(req: PayloadRequest, jwt: string): Promise<AccountLogin | undefined> {
  const login = await verified(req, jwt);
  const { users } = optionsOf(req.payload);
  if (!login || login.collection !== users) return undefined;

  const isIt = (user: PayloadRequest['user']): user is NonNullable<PayloadRequest['user']> =>
    user?.collection === users && String(user.id) === login.id && (user as { _sid?: unknown })._sid === login.sid;
  let { user } = req;
  if (!isIt(user)) {
    const headers = new Headers({ Authorization: `JWT ${jwt}`, DisableAutologin: 'true' });
    user = (await req.payload.auth({ headers })).user;
  }
  if (!isIt(user)) {
    await refuseKnowingly(req, login);
    return undefined;
  }
  return {
    account: user as unknown as AccountDoc,
    sid: login.sid ?? sidOfLogin(req.payload, jwt),
    exp: login.exp,
  };
}

/**
 * Payload answers nobody for a login that is over, and for one that it could not look up.
 * @throws the database's fault, or ChatError `unavailable` where the login is good after all: the same may be sent again.
 */
async function refuseKnowingly(
  req: PayloadRequest,
  { id, sid }: { id: string; sid: string | undefined },
): Promise<void> {
  const { users } = optionsOf(req.payload);
  const account = await req.payload.db.findOne<AccountDoc>({ collection: users, where: { id: { equals: id } } });
  const sessions = account?.sessions;
  if (account?._verified === false || sid === undefined || !Array.isArray(sessions)) return;
  const open = sessions.find((each: { id?: unknown }) => each.id === sid) as { expiresAt?: unknown } | undefined;
  if (open && new Date(String(open.expiresAt)).getTime() > Date.now()) throw new ChatError('unavailable');
}

/** The session of a login whose collection keeps none. */
export function sidOfLogin(payload: Payload, jwt: string): string {
  return derived(payload, 'login', jwt);
}

async function verified(req: PayloadRequest, jwt: string) {
  try {
    const { payload } = await jwtVerify(jwt, new TextEncoder().encode(req.payload.secret), {
      algorithms: ['HS256'],
      requiredClaims: ['exp'],
    });
    const { id, collection, sid, exp } = payload;
    if ((typeof id !== 'string' && typeof id !== 'number') || typeof collection !== 'string') return undefined;
    return { id: String(id), collection, sid: typeof sid === 'string' ? sid : undefined, exp: exp as number };
  } catch {
    return undefined; // Not a login, or one that is over: jose throws a different error for each.
  }
}
