/** Fills an empty database with a site, people and a few words, so that there is something to see. Runs at each start. */
import { randomBytes } from 'node:crypto';
import { createLocalReq, type Payload } from 'payload';
import { ensurePerson, personOfAccount } from '../collections/people/ensure.ts';
import { forgetSite, readSite, type Site } from '../collections/sites/site.ts';
import { slotOf } from '../collections/threads/slot.ts';
import type { Environment } from '../environment.ts';
import type { Caller } from '../identity/caller.ts';
import { inTransaction } from '../log/commit-proof.ts';
import { withLock } from '../log/lock.ts';
import { post } from '../messages/post.ts';
import * as cast from './cast.ts';
import { readSeedFile, type SeedFile, writeSeedFile } from './seed-file.ts';

/** Any number that nobody else locks: several processes may start on one empty database. */
const seedLock = 7_231_934_511;

/** What the ready app does once the chat stands. */
export async function seed(payload: Payload, environment: Environment): Promise<void> {
  if (process.env.NEXT_PHASE === 'phase-production-build') return;
  const { seedFile, seedOrigins, admin } = environment;
  if (seedFile) await withLock(payload, seedLock, () => fill(payload, seedFile, seedOrigins));
  else if (admin) await withLock(payload, seedLock, () => firstAdmin(payload, admin));
}

async function firstAdmin(payload: Payload, { email, password }: { email: string; password: string }): Promise<void> {
  const { totalDocs } = await payload.count({ collection: 'users', overrideAccess: true });
  if (totalDocs > 0) return;
  await payload.create({
    collection: 'users',
    data: { name: 'Admin', email, password, role: 'admin' },
    overrideAccess: true,
  });
}

type Account = Record<string, unknown> & { id: string | number };

async function fill(payload: Payload, file: string, origins: string[]): Promise<void> {
  const before = await readSeedFile(file);
  const accounts = new Map<string, Account>();
  const people: SeedFile['people'] = [];
  for (const { name, email, kind } of cast.people) {
    const known = before?.people.find((person) => person.email === email)?.password;
    const password = known ?? randomBytes(9).toString('base64url');
    const account = await ensureAccount(payload, { name, email, role: kind }, password, known !== undefined);
    accounts.set(email, account);
    people.push({ name, email, password, kind, id: `m_${account.id}` });
  }
  const secret = before?.site.secret ?? { kid: 'seed', value: randomBytes(32).toString('base64url') };
  const site = await ensureSite(payload, accounts.get('agent@example.com') as Account, secret, origins);
  const callers = new Map<string, Caller>();
  for (const [email, account] of accounts) callers.set(email, await callerOf(payload, site, account));
  const threads = await ensureThreads(payload, site, callers);
  await writeSeedFile(file, { site: { key: site.key, secret }, people, threads });
}

/** An account whose password nobody has written down gets the new one. */
async function ensureAccount(
  payload: Payload,
  data: { name: string; email: string; role: cast.Role },
  password: string,
  known: boolean,
): Promise<Account> {
  const { docs } = await payload.find({
    collection: 'users',
    where: { email: { equals: data.email } },
    limit: 1,
    depth: 0,
    overrideAccess: true,
  });
  const held = docs[0] as unknown as Account | undefined;
  if (!held) {
    return (await payload.create({
      collection: 'users',
      data: { ...data, password },
      overrideAccess: true,
    })) as unknown as Account;
  }
  if (!known) await payload.update({ collection: 'users', id: held.id, data: { password }, overrideAccess: true });
  return held;
}

async function ensureSite(
  payload: Payload,
  agent: Account,
  secret: { kid: string; value: string },
  origins: string[],
): Promise<Site> {
  const held = await readSite(payload, cast.siteKey);
  if (!held) {
    await payload.create({
      collection: 'sites',
      data: { key: cast.siteKey, name: cast.siteName, visitors: true, agents: [agent.id], origins, secrets: [secret] },
      overrideAccess: true,
    });
  } else {
    const sameOrigins =
      held.origins.length === origins.length && held.origins.every((origin) => origins.includes(origin));
    const sameSecret = held.secrets.some(({ kid, value }) => kid === secret.kid && value === secret.value);
    if (!sameOrigins || !sameSecret)
      await payload.update({
        collection: 'sites',
        id: held.id,
        data: { origins, ...(sameSecret ? {} : { secrets: [secret] }) },
        overrideAccess: true,
      });
  }
  forgetSite(payload, cast.siteKey);
  return (await readSite(payload, cast.siteKey)) as Site;
}

/** The person behind a seeded account, with his row. */
async function callerOf(payload: Payload, site: Site, account: Account): Promise<Caller> {
  const req = await createLocalReq({}, payload);
  const person = personOfAccount(req, site, account);
  await inTransaction(req, () => ensurePerson(req, person));
  const { id, name, kind } = person;
  return { user: { id, name, kind }, site, isAdmin: false, isModerator: kind === 'agent' };
}

async function ensureThreads(payload: Payload, site: Site, callers: Map<string, Caller>): Promise<SeedFile['threads']> {
  const [ana, ben, maya] = ['ana@example.com', 'ben@example.com', 'agent@example.com'].map(
    (email) => callers.get(email) as Caller,
  ) as [Caller, Caller, Caller];
  const say = async (who: Caller, localId: string, where: { receiver?: string; room?: string }, content: string) => {
    const req = await createLocalReq({}, payload);
    return (await post(req, who, { ...where, content, localId: `seed-${localId}` })).message.thread;
  };

  const room = await threadBySlot(payload, slotOf({ kind: 'room', site: site.key, key: cast.room.key }));
  if (!room) {
    await payload.create({
      collection: 'threads',
      data: { site: site.key, kind: 'room', ...cast.room, public: true },
      overrideAccess: true,
    });
    await say(maya, 'room', { room: cast.room.key }, cast.words.room);
  }
  const pair = [ana.user.id, ben.user.id] as const;
  const direct = await threadBySlot(payload, slotOf({ kind: 'direct', site: site.key, pair }));
  if (!direct) {
    await say(ana, 'direct', { receiver: ben.user.id }, cast.words.direct[0]);
    await say(ben, 'direct', { receiver: ana.user.id }, cast.words.direct[1]);
  }
  const support = await threadBySlot(payload, slotOf({ kind: 'support', site: site.key, user: ana.user.id }));
  if (!support) await say(ana, 'support', {}, cast.words.support);

  const found = async (slot: string) => String(await threadBySlot(payload, slot));
  return {
    direct: await found(slotOf({ kind: 'direct', site: site.key, pair })),
    support: await found(slotOf({ kind: 'support', site: site.key, user: ana.user.id })),
    room: await found(slotOf({ kind: 'room', site: site.key, key: cast.room.key })),
  };
}

async function threadBySlot(payload: Payload, slot: string): Promise<string | undefined> {
  const { docs } = await payload.find({
    collection: 'threads',
    where: { slot: { equals: slot } },
    limit: 1,
    depth: 0,
    overrideAccess: true,
    showHiddenFields: true,
  });
  return docs[0] && String(docs[0].id);
}
