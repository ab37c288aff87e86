/** What a change of a site does to those who are there. */
import type { CollectionAfterChangeHook, CollectionBeforeDeleteHook, PayloadRequest } from 'payload';
import { allWords, takenBack } from '../../identity/came-by.ts';
import { endSessionsAt } from '../../identity/logout.ts';
import { endSessions } from '../../identity/revocation.ts';
import { append } from '../../log/append.ts';
import { noteOf } from '../../log/commit-proof.ts';
import { tablesOf, transactionOf } from '../../log/database.ts';
import { forgetSite, isMember, readSite, type Site, siteOf } from './site.ts';
import { boundsOf } from './site-limits.ts';

/** Tells readers and edges, and ends the sessions that came by what was taken back. */
export const tellSite: CollectionAfterChangeHook = async ({ doc, operation, previousDoc, req }) => {
  const key = String((doc as { key: unknown }).key);
  (await noteOf(req)).after.push(() => forgetSite(req.payload, key));
  if (operation !== 'update') return;
  // What the hook is handed lacks what its reader must not see.
  const [before, after] = [siteOf(req.payload, previousDoc), await readSite(req.payload, key, req)];
  if (!after) return;
  await append(req, {
    site: key,
    thread: null,
    type: 'site.updated',
    entity: null,
    payload: { bounds: boundsOf(after) },
    actor: null,
    topics: ['all'],
  });
  await endSessionsThatCameBy(req, key, takenBack(req.payload, before, after));
  await endSessionsAt(req, key, await leavers(req, before, after));
};

/** Without a place in the panel: a host's own code may. */
export const tellEnd: CollectionBeforeDeleteHook = async ({ id, req }) => {
  (await noteOf(req)).after.push(() => forgetSite(req.payload, String(id)));
  await endSessionsThatCameBy(req, String(id), allWords());
};

const endSessionsThatCameBy = (req: PayloadRequest, site: string, words: readonly string[]) =>
  endSessions(
    req,
    words.map((sid) => ({ site, user: undefined, sid })),
  );

/** Accounts whose tokens say more than they are now: agents no more, members no more. */
async function leavers(req: PayloadRequest, before: Site, after: Site): Promise<string[]> {
  const agents = before.agents.filter((id) => !after.agents.includes(id));
  // Members that are let in no more, none of them, have ended together.
  if (!after.accounts || after.members.length === 0) return agents;
  const listed = before.members.length ? before.members : await accountsOfPeople(req);
  const members = before.accounts ? listed : [];
  const left = members.filter((id) => !isMember(after, id) && !after.agents.includes(id));
  return [...new Set([...agents, ...left])];
}

/** Where no members were listed, every account was one; those that never came have no session to end. */
async function accountsOfPeople(req: PayloadRequest): Promise<string[]> {
  const query = await transactionOf(req);
  const rows = await query<{ account: unknown }>(
    `select distinct account_id as account from ${tablesOf(req.payload).people} where account_id is not null`,
  );
  return rows.map(({ account }) => String(account));
}
