/**
 * Whose rows a request may see in Payload's own REST, local API and panel. Decided from the chat token where there is
 * one, else from the account; a person of the chat is never an account by his token.
 */
import type { PayloadRequest, Where } from 'payload';
import { bearer, caller } from '../identity/caller.ts';
import { queryIn, tablesOf } from '../log/database.ts';
import { optionsOf } from '../options.ts';

export type Reader =
  | { is: 'nobody' }
  /** Sees everything in the panel. */
  | { is: 'admin' }
  /** Sees his own rows, and as an agent the support threads and rooms of `sites` (keys). */
  | { is: 'person'; user: string; sites: string[]; site: string | undefined };

const asked = new WeakMap<PayloadRequest, Promise<Reader>>();

/** @throws ChatError `unauthorized` for a bad Bearer. */
export function readerOf(req: PayloadRequest): Promise<Reader> {
  const known = asked.get(req);
  if (known) return known;
  const reader = decide(req);
  asked.set(req, reader);
  return reader;
}

async function decide(req: PayloadRequest): Promise<Reader> {
  if (bearer(req.headers?.get('Authorization')) !== undefined) {
    const who = await caller(req);
    if (!who || who.user.kind === 'guest') return { is: 'nobody' };
    // A token answers its own rows and no more, an agent's too: the chat's endpoints give him the rest.
    return { is: 'person', user: who.user.id, sites: [], site: who.site.key };
  }
  const account = accountOf(req);
  if (!account) return { is: 'nobody' };
  if (optionsOf(req.payload).isAdmin(account)) return { is: 'admin' };
  return { is: 'person', user: `m_${account.id}`, sites: await sitesOfAgent(req, account.id), site: undefined };
}

/** The account behind the request, if it is one of the collection that takes part in the chat. */
export function accountOf(req: PayloadRequest): (Record<string, unknown> & { id: string | number }) | undefined {
  const { user } = req;
  return user && user.collection === optionsOf(req.payload).users
    ? (user as unknown as Record<string, unknown> & { id: string | number })
    : undefined;
}

/** Keys of the sites that list the account as an agent. */
export async function sitesOfAgent(req: PayloadRequest, account: string | number): Promise<string[]> {
  // In the request's own transaction: as many writes as there are connections would wait for one more each.
  const { docs } = await req.payload.db.find<{ key: unknown }>({
    collection: 'sites',
    where: { agents: { in: [account] } },
    limit: 0,
    pagination: false,
    select: { key: true },
    req,
  });
  return docs.map(({ key }) => String(key));
}

/** Threads of one person that an access rule lists at most; older seats are seen by the chat's endpoints alone. */
const seatsListed = 5000;

/** Ids of the threads in which a person has a seat, newest seats first. */
export async function threadsOf(req: PayloadRequest, reader: Reader & { is: 'person' }): Promise<string[]> {
  const { participants, threads } = tablesOf(req.payload);
  const query = await queryIn(req);
  const rows = await query<{ id: string }>(
    `select t.id from ${participants} p join ${threads} t on t.id = p.thread_id
      where p.user_id = $1 and ($2::text is null or t.site_id = $2)
        and (p.quiet is not true or (t.kind = 'room' and t.public))
      order by p.joined_at desc limit ${seatsListed}`,
    [reader.user, reader.site ?? null],
  );
  return rows.map(({ id }) => id);
}

/** Ids of the people behind accounts who sit in a thread of these sites, newest first; more than are listed stay unseen. */
export async function accountsSeatedAt(req: PayloadRequest, sites: readonly string[]): Promise<string[]> {
  const { participants, people, threads } = tablesOf(req.payload);
  const query = await queryIn(req);
  const rows = await query<{ id: string }>(
    `select u.id from ${people} u where u.account_id is not null and exists (
        select 1 from ${participants} p join ${threads} t on t.id = p.thread_id
          where p.user_id = u.id and t.site_id = any($1))
      order by u.created_at desc limit ${seatsListed}`,
    [sites],
  );
  return rows.map(({ id }) => id);
}

/** What a rule answers for rows of a thread. `thread` names the field that points to it; `''` is the thread's own row. */
export async function ofVisibleThreads(req: PayloadRequest, thread: '' | 'thread'): Promise<boolean | Where> {
  const reader = await readerOf(req);
  if (reader.is !== 'person') return reader.is === 'admin';
  const field = (name: string) => (thread === '' ? name : name === 'id' ? thread : `${thread}.${name}`);
  const own: Where = { [field('id')]: { in: await threadsOf(req, reader) } };
  return reader.sites.length === 0 ? own : { or: [own, { and: ofSites(reader.sites, field) }] };
}

/** Support threads and rooms of an agent's sites. */
function ofSites(sites: string[], field: (name: string) => string): Where[] {
  return [{ [field('site')]: { in: sites } }, { [field('kind')]: { in: ['support', 'room'] } }];
}

/** As `ofVisibleThreads`, for what a moderator alone may do: admins all, agents in their sites' threads. */
export async function ofModeratedThreads(req: PayloadRequest, thread: '' | 'thread'): Promise<boolean | Where> {
  const reader = await readerOf(req);
  if (reader.is !== 'person') return reader.is === 'admin';
  const field = (name: string) => (thread === '' ? name : `${thread}.${name}`);
  return reader.sites.length > 0 && { and: ofSites(reader.sites, field) };
}
