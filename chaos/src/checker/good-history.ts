/** A small history in which all went well, for the checker's own test to spoil. */
import type { Snapshot } from '@payload-chat/protocol';
import type { Act } from '../people/act.ts';
import type { ReaderRecord, Seen } from '../readers/record.ts';
import type { History, LogRow } from './history.ts';

export const epoch = 'abcdefabcdef';
const site = 'halden';
const thread = 't1';
const ana = { id: 'x_ana', name: 'Ana', kind: 'external' as const };
const ben = { id: 'x_ben', name: 'Ben', kind: 'external' as const };
const topics = [`thread:${thread}`, `user:${ana.id}`, `user:${ben.id}`];
const at = '2026-11-24T12:00:00.000Z';

const message = (nth: number, seq: number, changed: number, content: string, more: object = {}) => ({
  id: `m${nth}`,
  thread,
  sender: ana,
  content,
  localId: `l${nth}`,
  timestamp: at,
  seq,
  changed,
  ...more,
});
const tombstone = message(2, 2, 4, '', { deletedAt: at });
const edited = message(1, 1, 3, 'one, edited', { editedAt: at });

/** Positions 11 to 15: two are posted, the first is edited, the second deleted, a third is posted. */
const events = [
  { pos: 11, type: 'message.posted', message: message(1, 1, 1, 'one, edited') },
  { pos: 12, type: 'message.posted', message: message(2, 2, 2, '') },
  { pos: 13, type: 'message.edited', message: edited },
  { pos: 14, type: 'message.deleted', message: tombstone },
  { pos: 15, type: 'message.posted', message: message(3, 5, 5, 'three') },
].map(({ pos, type, message: entity }) => ({ pos, type, thread, seq: pos - 10, at, actor: ana.id, message: entity }));

const rows = (): LogRow[] =>
  events.map(({ pos, type, message: entity }) => ({
    epoch,
    site,
    pos,
    thread,
    seq: pos - 10,
    type,
    entity: entity.id,
    topics,
    payload: JSON.stringify({ message: entity }),
  }));

/** Copies, so that spoiling one place spoils no other. */
const frames = (from: number): Seen[] => structuredClone(framesFrom(from));
const framesFrom = (from: number): Seen[] => [
  { event: 'hello', id: undefined, data: { epoch, cursor: `${epoch}.13`, pingMs: 1500, maxAgeMs: 60_000 }, atMs: 1000 },
  ...events
    .filter(({ pos }) => pos > from && pos <= 13)
    .map((event): Seen => ({ event: 'message', id: `${epoch}.${event.pos}`, data: event, atMs: 1001 })),
  { event: 'ready', id: `${epoch}.13`, data: { cursor: `${epoch}.13` }, atMs: 1002 },
  { event: 'signal', id: undefined, data: { type: 'typing', thread, user: ana }, atMs: 1003 },
  ...events
    .filter(({ pos }) => pos > 13)
    .map((event): Seen => ({ event: 'message', id: `${epoch}.${event.pos}`, data: event, atMs: 1004 })),
  { event: 'ping', id: `${epoch}.15`, data: { cursor: `${epoch}.15` }, atMs: 1005 },
];

const snapshot = (): Snapshot =>
  structuredClone({
    thread: { id: thread, kind: 'direct' as const, status: 'open' as const, changed: 0, createdAt: at },
    participants: [ana, ben].map((user, nth) => ({ id: `p${nth}`, thread, user, readSeq: 0, joinedAt: at })),
    messages: [edited, tombstone, message(3, 5, 5, 'three')],
    cursor: `${epoch}.15`,
    me: { unread: 0, readSeq: 0 },
  });

const act = (does: Act['does'], nth: number, changed: number, more: Partial<Act> = {}): Act => ({
  does,
  by: ana.id,
  site,
  message: `m${nth}`,
  beganMs: 900,
  tries: 1,
  answer: { status: 200, atMs: 950, code: undefined, doc: { id: `m${nth}`, thread, changed } },
  ...more,
});
const posted = (nth: number, content: string, seq: number): Act =>
  act('post', nth, seq, {
    localId: `l${nth}`,
    content,
    answer: {
      status: 201,
      atMs: 950,
      code: undefined,
      doc: { id: `m${nth}`, thread, seq, pos: seq + 10, changed: seq },
    },
  });

const reader = (): ReaderRecord => ({
  name: 'ben',
  kind: 'subscription',
  hop: 'node',
  site,
  user: ben.id,
  topics: [`user:${ben.id}`, 'all'],
  threads: [thread],
  readings: [{ cursor: `${epoch}.10`, openedMs: 999, frames: frames(10) }],
  applied: structuredClone(events).map((event) => ({ pos: event.pos, epoch, turn: 1, event, atMs: 1004 })),
  cursors: events.map(({ pos }) => ({ cursor: `${epoch}.${pos}`, atMs: 1004 })),
  resets: [],
  states: new Map([[thread, snapshot()]]),
});

export function goodHistory(): History {
  return {
    acts: [
      posted(1, 'one', 1),
      posted(2, 'two', 2),
      act('edit', 1, 3, { content: 'one, edited' }),
      act('delete', 2, 4),
      posted(3, 'three', 5),
      act('read', 3, 0, { thread, seq: 5 }),
      { ...posted(9, 'of elsewhere', 9), site: 'elsewhere', by: 'x_eve', answer: undefined as never },
    ],
    readers: [reader()],
    log: rows(),
    messages: [
      { nth: 1, content: 'one, edited', seq: 1, changed: 3 },
      { nth: 2, content: '', seq: 2, changed: 4 },
      { nth: 3, content: 'three', seq: 5, changed: 5 },
    ].map(({ nth, ...row }) => ({
      id: `m${nth}`,
      thread,
      sender: ana.id,
      localId: `l${nth}`,
      isDeleted: nth === 2,
      ...row,
    })),
    seats: [
      { id: 'p0', thread, user: ana.id, readSeq: 5 },
      { id: 'p1', thread, user: ben.id, readSeq: 0 },
    ],
    numbers: {
      sites: [{ of: site, first: 1, last: 15, count: 15, counter: 15 }],
      threads: [{ of: thread, first: 1, last: 5, count: 5, counter: 5 }],
    },
    epoch,
    fresh: { ben: [snapshot()] },
    pages: [{ hop: 'worker', page: snapshot(), atServer: snapshot() }],
    replays: [
      { hop: 'worker', topics: [`user:${ben.id}`, 'all'], site, cursor: `${epoch}.10`, head: 15, frames: frames(10) },
    ],
    afterLogout: [{ hop: 'server-b', status: 401 }],
    behindMs: {},
    mayReset: [],
    hubs: [{ hop: 'node', site, readers: 1, sockets: 1 }],
    healed: [],
    quietMs: 2000,
    caughtUpMs: 10,
  };
}
