/** What a token says, once its signature, life, purpose and origin were checked. The edge verifies; it never decides. */
import {
  ChatError,
  type Claims,
  type Clock,
  claims,
  dateOf,
  originAllowed,
  read,
  tokenUse,
} from '@payload-chat/protocol';
import { type JWTVerifyGetKey, jwtVerify } from 'jose';

/** Longest token looked at, in characters: ours have some 600. */
const tokenChars = 4096;

/** What a reader came with; asked again as long as his stream runs. */
export type Credential = { is: 'bearer'; token: string } | { is: 'ticket'; token: string };

/** Somebody whose token was believed. */
export interface Reader {
  claims: Claims;
  credential: Credential;
  origin: string | undefined;
  /** His address as this edge saw it. */
  client: string | undefined;
  /** When his streams end, in milliseconds since 1970 (S6). */
  endsAtMs: number;
}

export interface Tokens {
  /** @throws ChatError `unauthorized`; `unreachable` where the keys can't be had. */
  verify(credential: Credential | undefined, origin: string | undefined, client?: string): Promise<Reader>;
}

export function createTokens(keys: JWTVerifyGetKey, clock: Clock): Tokens {
  return {
    async verify(credential, origin, client) {
      if (!credential || credential.token.length > tokenChars) throw new ChatError('unauthorized');
      const said = await prove(credential.token);
      const use = credential.is === 'ticket' ? 'ticket' : undefined;
      if (!said || said.use !== use || !originAllowed(said, origin)) throw new ChatError('unauthorized');
      const endsS = use ? (said.ends ?? said.exp) : said.exp;
      return { claims: said, credential, origin, client, endsAtMs: endsS * 1000 };
    },
  };

  async function prove(token: string): Promise<Claims | undefined> {
    try {
      const { payload } = await jwtVerify(token, keys, {
        algorithms: [tokenUse.algorithm],
        issuer: tokenUse.issuer,
        currentDate: new Date(dateOf(clock)),
      });
      return read(claims, payload);
    } catch (error) {
      if (error instanceof ChatError) throw error; // The keys could not be had: that says nothing about the token.
      return undefined;
    }
  }
}

/** What a request comes with: an `Authorization` header of another scheme is a bad token, never none. */
export function bearerOf({ headers }: Request): Credential | undefined {
  const authorization = headers.get('Authorization');
  if (!authorization) return undefined;
  return { is: 'bearer', token: /^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? '' };
}

/** As `bearerOf`, or the ticket of a stream's URL, which goes first. */
export function ticketOrBearerOf(request: Request): Credential | undefined {
  const ticket = new URL(request.url).searchParams.get('ticket');
  return ticket ? { is: 'ticket', token: ticket } : bearerOf(request);
}

export function originOf({ headers }: Request): string | undefined {
  return headers.get('Origin') ?? undefined;
}
