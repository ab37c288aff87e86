/** I5, I6, I16 at the reader's: what he shows is what a reload would show, and nothing that was taken back. */
import type { Message, Snapshot } from '@payload-chat/protocol';
import type { ReaderRecord } from '../readers/record.ts';
import type { History, Violation } from './history.ts';
import { isOwed } from './writes.ts';

export function checkStates(history: History): Violation[] {
  const found: Violation[] = [];
  for (const reader of history.readers) {
    if (!reader.leavesBy)
      for (const fresh of history.fresh[reader.name] ?? []) {
        const state = reader.states.get(fresh.thread.id);
        const why = state ? difference(state, fresh) : 'nothing';
        if (why)
          found.push({ rule: 'I5', says: `${reader.name} shows of ${fresh.thread.kind} ${fresh.thread.id}: ${why}` });
      }
    found.push(...checkLives(reader));
  }
  for (const { hop, page, atServer } of history.pages) {
    const why = difference(page, atServer);
    if (why) found.push({ rule: 'I5', says: `${hop} gives of ${page.thread.kind} ${page.thread.id}: ${why}` });
  }
  return [...found, ...checkTakenBack(history), ...checkRewritten(history)];
}

/** In words; `undefined` where both show the same. `readSeq` and `me` have no event and are not compared. */
export function difference(state: Snapshot, fresh: Snapshot): string | undefined {
  const thread = unlike(state.thread, fresh.thread);
  if (thread) return `the thread ${thread}`;
  const seats = (of: Snapshot) =>
    of.participants.map(({ readSeq: _, ...seat }) => seat).sort((a, b) => (a.user.id < b.user.id ? -1 : 1));
  const seated = unlike(seats(state), seats(fresh));
  if (seated) return `participants ${seated}`;
  // A fresh one has a page; who was there longer holds more.
  const held = state.messages.slice(-fresh.messages.length || state.messages.length);
  if (held.length !== fresh.messages.length) return `${held.length} messages of ${fresh.messages.length}`;
  for (const [index, message] of fresh.messages.entries()) {
    const other = unlike(held[index] as Message, message);
    if (other) return `message ${message.id} (seq ${message.seq}) ${other}`;
  }
  return undefined;
}

function unlike(one: unknown, other: unknown): string | undefined {
  const [a, b] = [canonical(one), canonical(other)];
  return a === b ? undefined : `${a} instead of ${b}`;
}

/** Absent and null are the same, and so is any order of fields. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(
          Object.entries(inner)
            .filter(([, field]) => field !== null && field !== undefined)
            .sort(([a], [b]) => (a < b ? -1 : 1)),
        )
      : inner,
  );
}

/** By the events that he applied: versions rise, and the dead stay dead. */
function checkLives({ name, applied }: ReaderRecord): Violation[] {
  const found: Violation[] = [];
  const versions = new Map<string, number>();
  const gone = new Set<string>();
  let turn = 0;
  for (const one of applied) {
    if (one.turn !== turn) {
      versions.clear();
      gone.clear();
      turn = one.turn;
    }
    const { type } = one.event;
    const message = (one.event as { message?: Message }).message;
    if (!message) continue;
    const version = one.event.seq ?? 0;
    if (version <= (versions.get(message.id) ?? 0))
      found.push({ rule: 'I6', says: `${name}: version of ${message.id} fell to ${version}` });
    versions.set(message.id, version);
    if (gone.has(message.id) && message.content !== '')
      found.push({ rule: 'I6', says: `${name}: ${message.id} came back to life` });
    if (type === 'message.deleted' || type === 'message.erased') gone.add(message.id);
  }
  return found;
}

/** Contents of messages that were deleted, and earlier contents of those that were edited, are nowhere. */
function checkTakenBack(history: History): Violation[] {
  const standing = new Set(history.messages.filter(({ isDeleted }) => !isDeleted).map(({ content }) => content));
  const taken = new Map<string, string>();
  const byMessage = new Map<string, string[]>();
  for (const act of history.acts) {
    if (!act.message || act.content === undefined) continue;
    byMessage.set(act.message, [...(byMessage.get(act.message) ?? []), act.content]);
  }
  for (const act of history.acts)
    if (act.does === 'delete' && act.message && isOwed(history, act))
      for (const content of byMessage.get(act.message) ?? [])
        if (!standing.has(content)) taken.set(content, act.message);
  if (taken.size === 0) return [];

  const found: Violation[] = [];
  const look = (where: string, text: string) => {
    for (const content of contentsIn(text)) {
      const message = taken.get(content);
      if (message) found.push({ rule: 'I16', says: `${where} still has the text of ${message}` });
    }
  };
  // A log that was left behind is nobody's any more.
  for (const row of history.log)
    if (row.epoch === history.epoch && !row.isGone) look(`the log at ${row.pos}`, row.payload);
  for (const { hop, frames } of history.replays)
    for (const { data } of frames) look(`a replay at ${hop}`, JSON.stringify(data));
  for (const { hop, page } of history.pages) look(`a snapshot at ${hop}`, JSON.stringify(page));
  for (const [name, list] of Object.entries(history.fresh)) look(`a fresh snapshot for ${name}`, JSON.stringify(list));
  // Who has left a thread is told nothing of it any more.
  for (const { name, states, leavesBy } of history.readers)
    for (const { thread } of history.fresh[name] ?? [])
      if (!leavesBy) look(`the page of ${name}`, JSON.stringify(states.get(thread.id) ?? null));
  return found;
}

/** Wherever an event of a message is held, it has the message's text of now. */
function checkRewritten({ messages, log, replays, epoch }: History): Violation[] {
  const found: Violation[] = [];
  const now = new Map(messages.map(({ id, content }) => [id, content]));
  const look = (where: string, data: unknown) => {
    const message = (data as { message?: { id?: string; content?: string } } | null)?.message;
    const content = message?.id === undefined ? undefined : now.get(message.id);
    if (content !== undefined && message?.content !== content)
      found.push({ rule: 'I16', says: `${where} has another text of ${message?.id} than its row` });
  };
  for (const row of log) if (row.epoch === epoch && !row.isGone) look(`the log at ${row.pos}`, JSON.parse(row.payload));
  for (const { hop, frames } of replays)
    for (const { event, data } of frames) if (event === 'message') look(`a replay at ${hop}`, data);
  return found;
}

/** Every content in a text of JSON. */
function contentsIn(text: string): string[] {
  return [...text.matchAll(/"content":\s*"((?:[^"\\]|\\.)*)"/g)].map(
    ([, content]) => JSON.parse(`"${content}"`) as string,
  );
}
