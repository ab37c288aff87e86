/** A person of a site who speaks to one hop, by HTTP alone. */
import { pathOf } from '@payload-chat/protocol';
import { SignJWT } from 'jose';
import { ask } from './ask.ts';

export interface Site {
  key: string;
  secret: { kid: string; value: string };
}

/** Where he asks, now: a hop's address, which a test may move. */
export type Address = () => string;

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly site: string;
  readonly kind: 'external' | 'agent';
  readonly sid: string;
  /** Where he asks. */
  readonly at: Address;
  readonly token: string;
  /** Another token, by the proof that he began with. */
  renew(): Promise<void>;
  headers(): Record<string, string>;
}

interface Session {
  token: string;
  user: { id: string; kind: string };
}

async function open(at: Address, body: object, authorization?: string, origin?: string): Promise<Session> {
  const answer = await ask(at() + pathOf('session'), {
    method: 'POST',
    body,
    ...(authorization ? { authorization } : {}),
    ...(origin ? { origin } : {}),
  });
  const session = answer.body as Session | undefined;
  if (answer.status !== 200 || !session?.token)
    throw new Error(`The session was refused: ${answer.status} ${JSON.stringify(answer.body)}`);
  return session;
}

/** A user of the embedding site, known by an identity that its secret signs. `origin` for one who reads in a page. */
export async function openExternal(
  site: Site,
  name: string,
  at: Address,
  { lifeS = 1800, origin }: { lifeS?: number; origin?: string } = {},
): Promise<Person> {
  const identity = () => {
    const nowS = Math.floor(Date.now() / 1000);
    return new SignJWT({ name })
      .setProtectedHeader({ alg: 'HS256', kid: site.secret.kid })
      .setIssuer(site.key)
      .setAudience('payload-chat')
      .setSubject(name)
      .setIssuedAt(nowS)
      .setExpirationTime(nowS + lifeS)
      .sign(new TextEncoder().encode(site.secret.value));
  };
  const proof = async () => open(at, { site: site.key, identity: await identity() }, undefined, origin);
  return personOf(site.key, name, at, await proof(), proof, origin);
}

/** An account of the CMS. The login is asked at `login`, since no edge has it. */
export async function openAccount(
  site: Site,
  account: { name: string; email: string; password: string },
  at: Address,
  login: Address,
): Promise<Person> {
  const proof = async () => {
    const { email, password } = account;
    const answer = await ask(`${login()}/api/users/login`, { method: 'POST', body: { email, password } });
    return open(at, { site: site.key }, `JWT ${(answer.body as { token: string }).token}`);
  };
  return personOf(site.key, account.name, at, await proof(), proof);
}

function personOf(
  site: string,
  name: string,
  at: Address,
  first: Session,
  proof: () => Promise<Session>,
  origin?: string,
): Person {
  let { token } = first;
  return {
    id: first.user.id,
    kind: first.user.kind === 'agent' ? 'agent' : 'external',
    name,
    site,
    at,
    get token() {
      return token;
    },
    get sid() {
      const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sid: string };
      return claims.sid;
    },
    async renew() {
      ({ token } = await proof());
    },
    headers: () => ({ Authorization: `Bearer ${token}`, ...(origin ? { Origin: origin } : {}) }),
  };
}
