/** I1, I2, I6, I16 in the rows: what was acknowledged is there once, and what was taken back is nowhere. */
import { type Act, isAcknowledged } from '../people/act.ts';
import type { History, StoredMessage, Violation } from './history.ts';

export function checkWrites(history: History): Violation[] {
  return [...checkPosts(history), ...checkChanges(history), ...checkReceipts(history)];
}

/** Told so before the copy was made, or after the copy had taken the database's place. */
export function isOwed({ restored }: History, act: Act): boolean {
  if (!isAcknowledged(act)) return false;
  const atMs = act.answer?.atMs ?? 0;
  return !restored || atMs < restored.copiedMs || act.beganMs > restored.backMs;
}

const keyOf = ({ sender, localId }: { sender: string; localId: string | null | undefined }) => `${sender} ${localId}`;

function checkPosts(history: History): Violation[] {
  const found: Violation[] = [];
  const stored = new Map<string, StoredMessage[]>();
  for (const row of history.messages) {
    if (row.localId === null) continue;
    const key = keyOf(row);
    stored.set(key, [...(stored.get(key) ?? []), row]);
  }
  const postings = new Map<string, number>();
  for (const { type, entity, epoch } of history.log) {
    if (type !== 'message.posted' || epoch !== history.epoch || entity === null) continue;
    postings.set(entity, (postings.get(entity) ?? 0) + 1);
  }
  for (const [key, rows] of stored)
    if (rows.length > 1) found.push({ rule: 'I2', says: `${rows.length} messages for ${key}` });
  for (const [entity, count] of postings)
    if (count > 1) found.push({ rule: 'I1', says: `${count} postings of message ${entity} in the log` });

  for (const act of history.acts) {
    if (act.does !== 'post' || !isOwed(history, act)) continue;
    const rows = stored.get(keyOf({ sender: act.by, localId: act.localId })) ?? [];
    const [row] = rows;
    const doc = act.answer?.doc;
    if (!row) {
      found.push({ rule: 'I1', says: `acknowledged ${act.answer?.status} and lost: ${act.localId}` });
      continue;
    }
    if (row.id !== doc?.id)
      found.push({ rule: 'I2', says: `${act.localId} was answered as ${doc?.id} and is ${row.id}` });
    // A restored database numbers anew.
    if (doc?.seq !== undefined && doc.seq !== row.seq && !history.restored)
      found.push({ rule: 'I3', says: `${act.localId} was answered seq ${doc.seq} and has ${row.seq}` });
    const posting = history.log.find(
      ({ type, entity, epoch }) => type === 'message.posted' && entity === row.id && epoch === history.epoch,
    );
    if (!posting && !history.restored) found.push({ rule: 'I1', says: `no event posted ${act.localId}` });
    if (posting && doc?.pos !== undefined && doc.pos !== posting.pos && !history.restored)
      found.push({ rule: 'I3', says: `${act.localId} was answered pos ${doc.pos} and stands at ${posting.pos}` });
  }
  return found;
}

function checkChanges(history: History): Violation[] {
  const found: Violation[] = [];
  const stored = new Map(history.messages.map((row) => [row.id, row]));
  const contents = new Map<string, Set<string>>();
  const deleted = new Set<string>();
  for (const act of history.acts) {
    if (!act.message) continue;
    const tried = contents.get(act.message) ?? new Set();
    if (act.content !== undefined) tried.add(act.content);
    contents.set(act.message, tried);
    if (act.does === 'delete' && isOwed(history, act)) deleted.add(act.message);
    const row = stored.get(act.message);
    const changed = act.answer?.doc?.changed;
    if (!row || !isOwed(history, act) || changed === undefined || history.restored) continue;
    if (row.changed < changed)
      found.push({ rule: 'I6', says: `version of ${act.message} fell from ${changed} to ${row.changed}` });
    if (act.does === 'edit' && row.changed === changed && !row.isDeleted && row.content !== act.content)
      found.push({ rule: 'I1', says: `an acknowledged edit of ${act.message} is not what stands there` });
  }
  for (const row of history.messages) {
    if (row.isDeleted && row.content !== '')
      found.push({ rule: 'I16', says: `tombstone ${row.id} still has its text` });
    if (!row.isDeleted && deleted.has(row.id))
      found.push({ rule: 'I6', says: `message ${row.id} was deleted, acknowledged, and lives` });
    const tried = contents.get(row.id);
    if (tried && !row.isDeleted && !tried.has(row.content))
      found.push({ rule: 'I1', says: `message ${row.id} says what nobody wrote: ${row.content}` });
  }
  return found;
}

function checkReceipts(history: History): Violation[] {
  const found: Violation[] = [];
  const seats = new Set(history.seats.map(({ id }) => id));
  for (const act of history.acts)
    if (act.does === 'leave' && isOwed(history, act) && act.participant && seats.has(act.participant))
      found.push({ rule: 'I1', says: `an acknowledged leave of seat ${act.participant} did not happen` });
  const hasLeft = new Set(
    history.acts.filter(({ does }) => does === 'leave').map(({ by, thread }) => `${by} ${thread}`),
  );
  for (const act of history.acts) {
    if (act.does !== 'read' || act.seq === undefined || !isOwed(history, act)) continue;
    // A seat that was taken anew has read nothing.
    if (hasLeft.has(`${act.by} ${act.thread}`)) continue;
    const seat = history.seats.find(({ user, thread }) => user === act.by && thread === act.thread);
    if (seat && seat.readSeq < act.seq)
      found.push({
        rule: 'I1',
        says: `${act.by} has read ${act.thread} up to ${act.seq}, acknowledged, and it says ${seat.readSeq}`,
      });
  }
  return found;
}
