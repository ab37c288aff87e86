/** What a reader makes of a snapshot and the events that follow it (I5). */
import { type ChatEvent, readEvent, reduce, type Snapshot } from '@payload-chat/protocol';
import { queryOf } from '../src/log/database.ts';
import { readAfter } from '../src/log/read.ts';
import type { App } from './app.ts';

/** What the log of the site holds after a cursor, as a reader is told. @throws for an event that no reader knows */
export async function eventsAfter(app: App, site: string, { cursor }: Pick<Snapshot, 'cursor'>): Promise<ChatEvent[]> {
  const pos = Number(cursor.split('.')[1]);
  const entries = (await readAfter(queryOf(app.payload), new Map([[site, { pos }]]))).get(site) ?? [];
  return entries.map(({ event }) => {
    const parsed = readEvent(JSON.parse(JSON.stringify(event)));
    if (!parsed) throw new Error(`Not an event that a reader knows: ${JSON.stringify(event)}`);
    return parsed;
  });
}

/** `stale` where only a fresh snapshot can tell. */
export function replayOf(before: Snapshot, events: readonly ChatEvent[]): Snapshot | 'stale' {
  let state = before;
  for (const event of events) {
    const next = reduce(state, event);
    if (next === 'stale') return 'stale';
    state = next;
  }
  return state;
}

export async function replayed(app: App, site: string, before: Snapshot): Promise<Snapshot> {
  const state = replayOf(before, await eventsAfter(app, site, before));
  if (state === 'stale') throw new Error('Only a fresh snapshot can tell.');
  return state;
}

/** Receipts are the one durable value without an event. */
export const comparable = ({ me: _, participants, ...rest }: Snapshot) => ({
  ...rest,
  participants: participants.map(({ readSeq: __, ...seat }) => seat),
});
