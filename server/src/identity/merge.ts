/**
 * What a visitor has becomes a verified person's: his seats, his messages, the places in which his threads are found. One
 * transaction, once. Every reader's state follows by events (I5): the seats left and taken, each message with its new
 * sender; where those would be too many, one `user.erased`, at which whoever shows the visitor takes a new snapshot.
 */
import { ChatError, topic, type User } from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';
import { actAs } from '../collections/actor.ts';
import { know } from '../collections/look-up.ts';
import { ensurePerson, type Person } from '../collections/people/ensure.ts';
import { columns, messageRow, type PersonRow, personRow, type SeatRow, seatRow } from '../collections/rows.ts';
import type { Site } from '../collections/sites/site.ts';
import { slotOf } from '../collections/threads/slot.ts';
import { toMessage, toUser } from '../collections/wire.ts';
import { append, noteWrite } from '../log/append.ts';
import { inTransaction } from '../log/commit-proof.ts';
import { tablesOf, transactionOf } from '../log/database.ts';
import { isDuplicate } from '../log/database-fault.ts';
import { makeSeat, openSeat } from '../messages/seats.ts';
import { holdVisitor, noteClaim } from './claims.ts';
import { endSessions } from './revocation.ts';

/** Messages that are told of one by one; above it one event says that the visitor is no more. */
export const toldMessages = 200;

/** The person may make the same seat or thread at this very moment: then all is looked at anew. */
const attempts = 4;

/** Who claims. `person` where his row is to be made or refreshed from the proof that he has just shown. */
export interface Verified {
  id: string;
  person?: Person;
}

/**
 * Answers the person as his row is then.
 * @throws ChatError `conflict` for a visitor whom somebody else has claimed, `unauthorized` for a person who is gone,
 * `not-stored`.
 */
export async function mergeVisitor(
  req: PayloadRequest,
  site: Site,
  visitor: string,
  claimant: Verified,
): Promise<User> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { value } = await inTransaction(req, () => merge(req, site, visitor, claimant));
      return toUser(value, site);
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      if (attempt === attempts) throw new ChatError('not-stored', { cause: error });
    }
  }
}

async function merge(
  req: PayloadRequest,
  site: Site,
  visitor: string,
  { id: person, person: proven }: Verified,
): Promise<PersonRow> {
  const claimed = await holdVisitor(req, visitor);
  if (claimed !== undefined && claimed !== person)
    throw new ChatError('conflict', { message: 'Somebody else has claimed this visitor.' });
  // Not before: a claim that is refused leaves nothing behind.
  if (proven) await ensurePerson(req, proven, true);
  const query = await transactionOf(req);
  const { participants, people, threads } = tablesOf(req.payload);
  await actAs(req, person);

  // First the person, so that two claims of one person follow each other; his own sends are not held up.
  const [row] = await query(`select ${columns.person} from ${people} u where u.id = $1 for no key update`, [person]);
  if (!row) throw new ChatError('unauthorized');
  const kept = personRow(row);
  if (claimed === person) return kept;
  await know(req, { person: kept });
  await noteClaim(req, site.key, visitor, person);
  await endSessions(req, [{ site: site.key, user: visitor }]);
  // The threads before the visitor's row, as a send of his takes them.
  await query(
    `select 1 from ${threads} where id in (select thread_id from ${participants} where user_id = $1)
      order by id for no key update`,
    [visitor],
  );
  const [wrote] = await query(`select 1 from ${people} where id = $1 for update`, [visitor]);
  if (!wrote) return kept;

  const seats = await query(
    `select ${columns.seat} from ${participants} p where p.user_id = $1 order by p.joined_at, p.id`,
    [visitor],
  );
  for (const seat of seats) await passSeat(req, seatRow(seat), person);
  await passPlaces(req, site.key, visitor, person);
  await passMessages(req, site, visitor, kept);
  await query(`delete from ${people} where id = $1`, [visitor]);
  return kept;
}

async function passSeat(req: PayloadRequest, seat: SeatRow, person: string): Promise<void> {
  const query = await transactionOf(req);
  const { participants } = tablesOf(req.payload);
  const rows = await query(
    `select ${columns.seat} from ${participants} p where p.thread_id = $1 and p.user_id = $2 for no key update`,
    [seat.thread, person],
  );
  const own = rows[0] && seatRow(rows[0]);
  if (seat.quiet) await query(`delete from ${participants} where id = $1`, [seat.id]);
  else {
    await req.payload.delete({ collection: 'participants', id: seat.id, depth: 0, overrideAccess: true, req });
    if (own?.quiet) await openSeat(req, own);
  }
  if (!own) await makeSeat(req, { thread: seat.thread, user: person, quiet: seat.quiet });
  await query(
    `update ${participants} set read_seq = greatest(read_seq, $3::bigint) where thread_id = $1 and user_id = $2`,
    [seat.thread, person, seat.readSeq],
  );
  await noteWrite(req);
}

/**
 * A person has one support thread, and one direct thread with each other person, that is found without its id. Where both
 * have one, that with the newest message is found from now on; the other stays his and is found in his list.
 */
async function passPlaces(req: PayloadRequest, site: string, visitor: string, person: string): Promise<void> {
  const query = await transactionOf(req);
  const { messages, participants, people, threads } = tablesOf(req.payload);
  const newest = (id: string) =>
    `(select coalesce(max(m.timestamp), 'epoch') from ${messages} m where m.thread_id = ${id})`;
  const found = await query<{ id: string; slot: string }>(
    `select t.id, t.slot from ${threads} t where t.slot is not null and (t.slot = $1
      or (t.kind = 'direct' and t.id in (select p.thread_id from ${participants} p where p.user_id = $2)))`,
    [slotOf({ kind: 'support', site, user: visitor }), person],
  );
  for (const { id, slot } of found) {
    const place = movedSlot(slot, visitor, person);
    if (place === slot) continue;
    const [held] = await query<{ id: string; newer: boolean }>(
      `select t.id, ${newest('t.id')} > ${newest('$2')} as newer from ${threads} t where t.slot = $1`,
      [place ?? '', id],
    );
    if (held && !held.newer) await query(`update ${threads} set slot = null where id = $1`, [held.id]);
    await query(
      `update ${threads} t set slot = $2, label = case when t.kind = 'support'
        then 'Support: ' || (select u.name from ${people} u where u.id = $3) else t.label end where t.id = $1`,
      [id, held?.newer ? null : place, person],
    );
  }
}

/** `null` for a thread of the two with each other, which nobody can begin. */
function movedSlot(slot: string, visitor: string, person: string): string | null {
  const [kind, site = '', ...users] = JSON.parse(slot) as string[];
  if (!users.includes(visitor)) return slot;
  const [one = '', two = ''] = users.map((user) => (user === visitor ? person : user));
  if (kind === 'support') return slotOf({ kind, site, user: one });
  return one === two ? null : slotOf({ kind: 'direct', site, pair: [one, two] });
}

async function passMessages(req: PayloadRequest, site: Site, visitor: string, person: PersonRow): Promise<void> {
  const query = await transactionOf(req);
  const { messages } = tablesOf(req.payload);
  const rows = await query(
    // A localId that the person has used himself would make two messages one.
    `update ${messages} m set sender_id = $2, local_id = case when exists
        (select 1 from ${messages} o where o.sender_id = $2 and o.local_id = m.local_id) then null else m.local_id end
      where m.sender_id = $1 returning ${columns.message}`,
    [visitor, person.id],
  );
  if (rows.length === 0) return noteWrite(req);
  if (rows.length > toldMessages) {
    await append(req, {
      site: site.key,
      thread: null,
      type: 'user.erased',
      entity: null,
      payload: { user: { id: visitor } },
      actor: person.id,
      topics: [topic.all],
    });
    return;
  }
  for (const row of rows.map(messageRow).sort((a, b) => a.seq - b.seq)) {
    const { changed: _, ...message } = toMessage(row, toUser(person, site));
    await append(req, {
      site: site.key,
      thread: row.thread,
      type: row.deletedAt ? 'message.deleted' : 'message.edited',
      entity: row.id,
      payload: { message },
      actor: person.id,
    });
  }
}
