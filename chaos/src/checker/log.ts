/** I3, I6 in the log: dense numbers, one event to a place, versions that rise. */
import type { History, LogRow, Violation } from './history.ts';

export function checkLog(history: History): Violation[] {
  const { numbers, log } = history;
  const found: Violation[] = [];
  for (const [kind, list] of [
    ['pos of site', numbers.sites],
    ['seq of thread', numbers.threads],
  ] as const)
    for (const { of, first, last, count, counter } of list) {
      if (last - first + 1 !== count)
        found.push({ rule: 'I3', says: `${kind} ${of}: ${count} events between ${first} and ${last}` });
      if (counter !== last)
        found.push({ rule: 'I3', says: `${kind} ${of}: the counter says ${counter}, the log ${last}` });
    }

  const places = new Map<string, LogRow>();
  for (const row of log) {
    const place = `${row.site} ${row.epoch}.${row.pos}`;
    const other = places.get(place);
    if (other && !isSame(other, row)) found.push({ rule: 'I3', says: `${place} names two events` });
    places.set(place, row);
  }
  return [...found, ...checkLives(history), ...checkNames(history, places)];
}

const isSame = (one: LogRow, other: LogRow) =>
  one.type === other.type && one.entity === other.entity && one.thread === other.thread && one.seq === other.seq;

/** A message begins once, and nothing of it comes before. */
function checkLives({ log, epoch }: History): Violation[] {
  const found: Violation[] = [];
  const begun = new Map<string, number>();
  for (const row of log)
    if (row.type === 'message.posted' && row.epoch === epoch && row.entity) begun.set(row.entity, row.pos);
  const ended = new Map<string, number>();
  for (const row of [...log].sort((a, b) => a.pos - b.pos)) {
    if (row.epoch !== epoch || !row.entity || !row.type.startsWith('message.')) continue;
    const at = begun.get(row.entity);
    if (at !== undefined && row.pos < at)
      found.push({ rule: 'I6', says: `${row.type} of ${row.entity} at ${row.pos}, before its posting at ${at}` });
    if (ended.has(row.entity) && row.type === 'message.edited')
      found.push({
        rule: 'I6',
        says: `${row.entity} was edited at ${row.pos}, after its end at ${ended.get(row.entity)}`,
      });
    if (row.type === 'message.deleted') ended.set(row.entity, row.pos);
  }
  return found;
}

/** What any reader ever met under a cursor is what the log has there. */
function checkNames({ readers }: History, places: Map<string, LogRow>): Violation[] {
  const found: Violation[] = [];
  for (const { name, site, applied } of readers)
    for (const { epoch, pos, event } of applied) {
      const row = places.get(`${site} ${epoch}.${pos}`);
      if (!row) continue;
      if (row.type !== event.type || row.thread !== event.thread || row.seq !== event.seq)
        found.push({
          rule: 'I3',
          says: `${name} met ${event.type} seq ${event.seq} at ${epoch}.${pos}, the log has ${row.type} seq ${row.seq}`,
        });
    }
  return found;
}
