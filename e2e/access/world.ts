/**
 * Two sites beside the seed's own, and somebody of every kind at each: what the access matrix is asked about. All of it
 * is made over HTTP, as an owner and his visitors would.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { House } from '../house.ts';
import { personOf } from '../people.ts';

/** The site that the matrix asks about, and the one that must learn nothing of it. */
export const north = 'north';
export const south = 'south';
/** Two pages of both sites: a token of one is no good from the other. */
export const pages = ['https://one.test', 'https://two.test'] as const;

/**
 * One letter per thread, and for what stands in it: `d` mia and ada, `s` ada's support, `v` the visitor's support, `r` the
 * public room, `p` the private one; `f` and `o` a support thread and the public room of the southern site.
 */
export const letters = ['d', 's', 'v', 'r', 'p', 'f', 'o'] as const;
export type Letter = (typeof letters)[number];

export interface Account {
  id: string;
  email: string;
  password: string;
}

export interface World {
  server: string;
  secret: { kid: string; value: string };
  accounts: Record<'mia' | 'gus' | 'bea' | 'boss', Account>;
  threads: Record<Letter, string>;
  messages: Record<Letter, string>;
  /** Of one who sits in the thread. */
  seats: Partial<Record<Letter, string>>;
  /** Ids of chat users. */
  people: Record<'mia' | 'ada' | 'fay' | 'vic' | 'bea', string>;
  /** The visitor's handle. */
  handle: string;
  /** Of a visitor whom nobody may claim. */
  spareHandle: string;
  /** A Payload login. */
  logIn(account: Account): Promise<string>;
  session(body: Record<string, unknown>, headers?: Record<string, string>): Promise<Session>;
  /** Somebody of a site, as its own backend vouches for him. */
  identity(who: string, lifeS?: number, site?: string): Promise<string>;
  /** What somebody posts now; `by` is an `Authorization`. */
  post(by: string, body: Record<string, unknown>): Promise<{ id: string; thread: string; seq: number }>;
}

export interface Session {
  token: string;
  user: { id: string; kind: string };
  visitor?: string;
}

/** Answers the JSON of a request that must succeed. */
export async function must(url: string, by: string | undefined, body?: unknown, method?: string): Promise<unknown> {
  const response = await fetch(url, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: { 'Content-Type': 'application/json', ...(by ? { Authorization: by } : {}) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`);
  return JSON.parse(text);
}

export async function makeWorld(house: House): Promise<World> {
  const { server } = house.demo.urls;
  const at = (path: string) => server + path;
  const secret = { kid: 'k1', value: randomBytes(32).toString('base64url') };
  const doc = async (asked: Promise<unknown>) => ((await asked) as { doc: { id: string } }).doc;

  // One after the other: of two logins of an account at once Payload may forget the session of one.
  let line: Promise<unknown> = Promise.resolve();
  const logIn = ({ email, password }: Account): Promise<string> => {
    const mine = line.then(() => must(at('/api/users/login'), undefined, { email, password }));
    line = mine.catch(() => undefined);
    return mine.then((answer) => (answer as { token: string }).token);
  };
  const seeded = personOf(house, 'admin');
  const boss: Account = { id: '', email: seeded.email, password: seeded.password };
  const owner = `JWT ${await logIn(boss)}`;
  boss.id = String(((await must(at('/api/users/me'), owner)) as { user: { id: number } }).user.id);

  async function account(name: string, role: string): Promise<Account> {
    const made = { email: `${name}@matrix.test`, password: randomBytes(12).toString('hex') };
    const { id } = await doc(must(at('/api/users'), owner, { name, role, ...made }));
    return { id: String(id), ...made };
  }
  const [mia, gus, bea] = [
    await account('mia', 'member'),
    await account('gus', 'agent'),
    await account('bea', 'agent'),
  ];
  await must(at('/api/sites'), owner, {
    key: north,
    name: north,
    origins: pages,
    visitors: true,
    agents: [Number(gus.id)],
    members: [Number(mia.id)],
    secrets: [secret],
  });
  await must(at('/api/sites'), owner, {
    key: south,
    name: south,
    origins: pages,
    visitors: true,
    agents: [Number(bea.id)],
    members: [Number(bea.id)],
    secrets: [secret],
  });
  const room = async (site: string, key: string, isPublic: boolean) =>
    (await doc(must(at('/api/threads'), owner, { site, kind: 'room', key, title: key, public: isPublic }))).id;
  const lobby = await room(north, 'lobby', true);
  const den = await room(north, 'den', false);
  const southLobby = await room(south, 'lobby', true);

  async function session(body: Record<string, unknown>, headers: Record<string, string> = {}): Promise<Session> {
    const response = await fetch(at('/api/chat/session'), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`No session for ${JSON.stringify(body)}: ${response.status} ${text}`);
    return JSON.parse(text) as Session;
  }
  function identity(who: string, lifeS = 3000, site = north): Promise<string> {
    const nowS = Math.floor(Date.now() / 1000);
    return new SignJWT({ name: who })
      .setProtectedHeader({ alg: 'HS256', kid: secret.kid })
      .setIssuer(site)
      .setAudience('payload-chat')
      .setSubject(who)
      .setIssuedAt(nowS)
      .setExpirationTime(nowS + lifeS)
      .sign(new TextEncoder().encode(secret.value));
  }
  const post = async (by: string, body: Record<string, unknown>) =>
    (await doc(must(at('/api/messages'), by, { localId: randomUUID(), ...body }))) as unknown as {
      id: string;
      thread: string;
      seq: number;
    };

  const asAccount = async (who: Account, site: string) =>
    session({ site }, { Authorization: `JWT ${await logIn(who)}` });
  const miaThere = await asAccount(mia, north);
  const ada = await session({ site: north, identity: await identity('ada') });
  const fay = await session({ site: south, identity: await identity('fay', 3000, south) });
  const vic = await session({ site: north });
  const spare = await session({ site: north });
  await post(`Bearer ${spare.token}`, { room: 'lobby', content: 'spare' });
  await must(at('/api/participants'), owner, { thread: den, user: miaThere.user.id });

  const say = (who: Session, body: Record<string, unknown>) => post(`Bearer ${who.token}`, body);
  const said: Record<Letter, { id: string; thread: string }> = {
    d: await say(ada, { receiver: miaThere.user.id, content: 'said in d' }),
    s: await say(ada, { content: 'said in s' }),
    v: await say(vic, { content: 'said in v' }),
    r: await say(miaThere, { room: 'lobby', content: 'said in r' }),
    p: await say(miaThere, { thread: den, content: 'said in p' }),
    f: await say(fay, { content: 'said in f' }),
    o: await say(fay, { room: 'lobby', content: 'said in o' }),
  };
  if (said.r.thread !== lobby || said.o.thread !== southLobby) throw new Error('A room’s message stands elsewhere.');
  // Everybody has written where he may, so that what he sees does not depend on the order of the rows.
  const xena = await session({ site: north, identity: await identity('xena') });
  const southern = await asAccount(bea, south);
  for (const who of [ada, vic, xena, await asAccount(gus, north), await asAccount(boss, north), southern])
    await say(who, { room: 'lobby', content: 'settled' });
  for (const who of [await asAccount(gus, north), await asAccount(boss, north)])
    await say(who, { thread: said.s.thread, content: 'settled' });
  const { docs } = (await must(at('/api/participants?limit=200&depth=0'), owner)) as {
    docs: Array<{ id: string; thread: string }>;
  };
  const by = <T>(pick: (letter: Letter) => T) => Object.fromEntries(letters.map((letter) => [letter, pick(letter)]));
  return {
    server,
    secret,
    accounts: { mia, gus, bea, boss },
    threads: by((letter) => said[letter].thread) as Record<Letter, string>,
    messages: by((letter) => said[letter].id) as Record<Letter, string>,
    seats: by((letter) => docs.find(({ thread }) => thread === said[letter].thread)?.id),
    people: { mia: miaThere.user.id, ada: ada.user.id, fay: fay.user.id, vic: vic.user.id, bea: southern.user.id },
    handle: vic.visitor ?? '',
    spareHandle: spare.visitor ?? '',
    logIn,
    session,
    identity,
    post,
  };
}
