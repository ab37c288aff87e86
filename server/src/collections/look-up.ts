/** What hooks and operations need to know of a thread's surroundings, read once per transaction. */
import { ChatError, type User } from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';
import { noteOf } from '../log/commit-proof.ts';
import { type Row, tablesOf, transactionOf } from '../log/database.ts';
import { runtimeIfStarted } from '../runtime.ts';
import { columns, type PersonRow, personRow, type ThreadRow, threadRow } from './rows.ts';
import { knownSite, readSite, type Site } from './sites/site.ts';
import { toUser } from './wire.ts';

/** Makes what was just read or written known to the hooks of the same transaction. */
export async function know(req: PayloadRequest, what: { person?: PersonRow; thread?: ThreadRow }): Promise<void> {
  const { memo } = await noteOf(req);
  if (what.person) memo.set(`person:${what.person.id}`, what.person);
  if (what.thread) memo.set(`thread:${what.thread.id}`, what.thread);
}

async function once<T>(req: PayloadRequest, key: string, read: () => Promise<T | undefined>): Promise<T | undefined> {
  const { memo } = await noteOf(req);
  if (memo.has(key)) return memo.get(key) as T;
  const value = await read();
  if (value !== undefined) memo.set(key, value);
  return value;
}

/** @throws ChatError `invalid` where there is no such person. */
export async function personIn(req: PayloadRequest, id: string, field = 'user'): Promise<PersonRow> {
  const found = await once(req, `person:${id}`, async () => {
    const query = await transactionOf(req);
    const rows = await query<Row>(`select ${columns.person} from ${tablesOf(req.payload).people} u where u.id = $1`, [
      id,
    ]);
    return rows[0] && personRow(rows[0]);
  });
  if (!found) throw new ChatError('invalid', { faults: [{ field, message: 'There is no such person.' }] });
  return found;
}

/** @throws ChatError `invalid` where there is no such thread. */
export async function threadIn(req: PayloadRequest, id: string): Promise<ThreadRow> {
  const found = await once(req, `thread:${id}`, async () => {
    const query = await transactionOf(req);
    const rows = await query<Row>(`select ${columns.thread} from ${tablesOf(req.payload).threads} t where t.id = $1`, [
      id,
    ]);
    return rows[0] && threadRow(rows[0]);
  });
  if (!found) throw new ChatError('invalid', { faults: [{ field: 'thread', message: 'There is no such thread.' }] });
  return found;
}

/**
 * Never over a second connection: with as many transactions open as the pool has connections, all would wait for one.
 * @throws ChatError `invalid` where there is no such site.
 */
export async function siteIn(req: PayloadRequest, key: string): Promise<Site> {
  const known = runtimeIfStarted(req.payload) && (await knownNow(req, key));
  const found = known ?? (await once(req, `site:${key}`, () => readSite(req.payload, key, req)));
  if (!found) throw new ChatError('invalid', { faults: [{ field: 'site', message: 'There is no such site.' }] });
  return found;
}

/** A read under way elsewhere is not waited for: it may be waiting for our connection. */
async function knownNow(req: PayloadRequest, key: string): Promise<Site | undefined> {
  const reading = knownSite(req.payload, key);
  return reading && Promise.race([reading, undefined]).catch(() => undefined);
}

/** A person as the readers of this thread see him. */
export async function userIn(req: PayloadRequest, thread: ThreadRow, id: string, field?: string): Promise<User> {
  const person = await personIn(req, id, field);
  return toUser(person, await siteIn(req, thread.site));
}
