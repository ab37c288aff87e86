/** Everybody who may knock, as the headers that he knocks with. */
import { generateKeyPairSync } from 'node:crypto';
import { exportSPKI, importJWK, type JWK, SignJWT } from 'jose';
import { until } from '../../edge/test/hop.ts';
import { must, north, pages, south, type World } from './world.ts';

/** The matrix's columns, in its order. */
export const columns = [
  'nobody',
  'bad',
  'guest',
  'visitor',
  'ada',
  'stranger',
  'foreign',
  'member',
  'agent',
  'agent of south',
  'admin',
  'member login',
  'agent login',
  'south login',
  'admin login',
  'edge',
] as const;
export type Column = (typeof columns)[number];

/** One who stands in a column: several may, and all of them are answered alike. */
export interface Caller {
  column: Column;
  name: string;
  headers: Record<string, string>;
  /** Where he is asked alone: at paths of the wire, or at Payload's own. */
  only?: 'wire' | 'rest';
  /** The same person by a new session, where a row ends the one he came with. */
  again?: () => Promise<Record<string, string>>;
}

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
const login = (jwt: string) => ({ Authorization: `JWT ${jwt}` });

export async function everybody(world: World, edgeKey: string): Promise<{ callers: Caller[]; tickets: Tickets }> {
  const { accounts, session, logIn } = world;
  const identified = async (who: string, site = north, lifeS?: number) =>
    session({ site, identity: await world.identity(who, lifeS, site) });
  const asAccount = async (who: (typeof accounts)['mia'], site: string) => session({ site }, login(await logIn(who)));

  const token = (column: Column, make: () => Promise<{ token: string }>) => async (): Promise<Caller> => ({
    column,
    name: column,
    headers: bearer((await make()).token),
    again: async () => bearer((await make()).token),
  });
  const account = (column: Column, who: (typeof accounts)['mia']) => async (): Promise<Caller> => ({
    column,
    name: column,
    headers: login(await logIn(who)),
    again: async () => login(await logIn(who)),
  });

  // One after the other: two logins of an account at once may lose the session of one.
  const good: Caller[] = [];
  for (const make of [
    token('guest', () => session({ site: north, room: 'lobby' })),
    token('visitor', () => session({ site: north, visitor: world.handle })),
    token('ada', () => identified('ada')),
    token('stranger', () => identified('xena')),
    token('foreign', () => identified('fay', south)),
    token('member', () => asAccount(accounts.mia, north)),
    token('agent', () => asAccount(accounts.gus, north)),
    token('agent of south', () => asAccount(accounts.bea, south)),
    token('admin', () => asAccount(accounts.boss, north)),
    account('member login', accounts.mia),
    account('agent login', accounts.gus),
    account('south login', accounts.bea),
    account('admin login', accounts.boss),
  ])
    good.push(await make());
  const ada = await identified('ada');
  const { bad, tickets } = await forgeries(world, ada.token, identified);
  const cookie = { Cookie: `payload-token=${await logIn(accounts.boss)}` };
  const nobody = (name: string, headers: Record<string, string>): Caller => ({ column: 'nobody', name, headers });
  return {
    tickets,
    callers: [
      nobody('no header', {}),
      nobody('a wrong edge key', { 'X-Chat-Edge': 'x'.repeat(43), 'X-Chat-Client': '203.0.113.1' }),
      nobody('a chat token as a cookie', { Cookie: `payload-token=${ada.token}` }),
      nobody('a login cookie behind a link from elsewhere', { ...cookie, 'Sec-Fetch-Site': 'cross-site' }),
      // On the wire a page's Origin says which tickets are good.
      { ...nobody('a login cookie from a page of the site', { ...cookie, Origin: pages[1] }), only: 'rest' },
      ...bad,
      ...good,
      { column: 'edge', name: 'edge', headers: { 'X-Chat-Edge': edgeKey } },
    ],
  };
}

/** Those that Payload's own paths are asked with, too. Not a login as a Bearer: Payload takes it as one. */
const everywhere = ['no word', 'expired', 'logged out', 'alg none', 'public key (PEM) as HMAC secret', 'a ticket'];

export interface Tickets {
  good: string;
  lapsed: string;
  /** A chat token, which no URL may carry. */
  token: string;
}

/** Tokens that are none: forged, over, of another page, of another use. */
async function forgeries(
  world: World,
  token: string,
  identified: (who: string, site?: string, lifeS?: number) => Promise<{ token: string }>,
): Promise<{ bad: Caller[]; tickets: Tickets }> {
  const at = (path: string) => world.server + path;
  const { keys } = (await must(at('/api/chat/jwks'), undefined)) as { keys: Array<JWK & { kid: string }> };
  const [key] = keys;
  if (!key) throw new Error('The server publishes no key.');
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
  const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const pem = await exportSPKI((await importJWK(key, 'ES256', { extractable: true })) as CryptoKey);
  const hmac = (secret: string | Uint8Array) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', kid: key.kid })
      .sign(typeof secret === 'string' ? new TextEncoder().encode(secret) : secret);
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const signed = (kid: string | undefined) =>
    new SignJWT(claims)
      .setProtectedHeader({
        alg: 'ES256',
        ...(kid === undefined ? {} : { kid }),
        jwk: own.publicKey.export({ format: 'jwk' }) as JWK,
      })
      .sign(own.privateKey);
  const [head = '', body = '', signature = ''] = token.split('.');

  const brief = await identified('ada', north, 3);
  const lapsed = ((await must(at('/api/chat/ticket'), `Bearer ${brief.token}`, {})) as { ticket: string }).ticket;
  const ticket = ((await must(at('/api/chat/ticket'), `Bearer ${token}`, {})) as { ticket: string }).ticket;
  const ended = await identified('ada');
  await must(at('/api/chat/logout'), `Bearer ${ended.token}`, {});
  await until(
    'a brief token is over',
    async () => (await fetch(at('/api/chat/threads'), { headers: bearer(brief.token) })).status === 401,
    10_000,
  );

  const made: Record<string, string> = {
    'no word': '',
    garbage: 'nonsense',
    expired: brief.token,
    'logged out': ended.token,
    'alg none': `${encoded({ alg: 'none', kid: key.kid })}.${body}.`,
    'alg none with the signature': `${encoded({ alg: 'none', kid: key.kid })}.${body}.${signature}`,
    'signature cut off': `${head}.${body}.`,
    'claims changed': `${head}.${encoded({ ...claims, kind: 'agent' })}.${signature}`,
    'public key (PEM) as HMAC secret': await hmac(pem),
    'public key (JWK) as HMAC secret': await hmac(JSON.stringify(key)),
    'public point as HMAC secret': await hmac(Buffer.from(`${key.x}${key.y}`, 'base64url')),
    'site secret as HMAC secret': await hmac(world.secret.value),
    'own key, the right kid': await signed(key.kid),
    'own key, another kid': await signed('another'),
    'own key, no kid': await signed(undefined),
    'RS256 by an own key': await new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid: key.kid })
      .sign(rsa.privateKey),
    'a ticket': ticket,
    'a lapsed ticket': lapsed,
    'an identity': await world.identity('ada'),
    'a Payload login': await world.logIn(world.accounts.boss),
  };
  const elsewhere = await world.session({ site: north, identity: await world.identity('ada') }, { Origin: pages[0] });
  return {
    tickets: { good: ticket, lapsed, token },
    bad: [
      ...Object.entries(made).map(
        ([name, word]): Caller => ({
          column: 'bad',
          name,
          headers: bearer(word),
          ...(everywhere.includes(name) ? {} : { only: 'wire' }),
        }),
      ),
      {
        column: 'bad',
        name: 'made for another page',
        headers: { ...bearer(elsewhere.token), Origin: pages[1] },
      },
      { column: 'bad', name: 'made for no page, used by one', headers: { ...bearer(token), Origin: pages[1] } },
    ],
  };
}
