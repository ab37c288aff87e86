/**
 * What a watcher of one line has seen, as entries to show: a function from log and event to log, without clock or page.
 *
 *   down --attempt--> asking --hello--> replaying --ready--> live
 *    ^                  |                   |                  |
 *    +------------------+------- wait ------+------------------+
 *
 * While replaying, every durable event is counted, and its number in its thread held against the one before: only so
 * can "none lost" be said.
 */
import type { LineEvent } from '@payload-chat/components';
import { describeFrame, epochOf, erasedIn, newWordsIn, seatOf, type Words, wordsOf } from './frame-words.ts';

export interface Row {
  is: 'row';
  key: number;
  atMs: number;
  /** The SSE event's name, or `→` for what the browser itself does. */
  name: string;
  /** The cursor, `<epoch>.<pos>`, where there is one. */
  cursor: string | undefined;
  text: string;
  durable: boolean;
  replayed: boolean;
  /** Whose words stand in it, by message and by person: what he takes back is taken out of it. */
  of?: Words;
}

export type Entry =
  | Row
  | { is: 'cut'; key: number; atMs: number }
  /** The line is back. `lost` events are missing between those replayed; null after a reset, which replays nothing. */
  | { is: 'back'; key: number; replayed: number; tookMs: number; lost: number | null };

type Line =
  | { is: 'down' }
  | { is: 'asking'; sinceMs: number; row: number }
  | { is: 'replaying'; sinceMs: number; replayed: number; lost: number }
  | { is: 'live' };

export interface LineLog {
  entries: readonly Entry[];
  /** Of the last hello. */
  epoch: string | undefined;
  line: Line;
  /** The line was lost and is not back yet; `reset` when it can't go on from where it stopped. */
  broken: false | 'resume' | 'reset';
  /** The newest seq seen of each thread. */
  seqs: ReadonlyMap<string, number>;
  nextKey: number;
}

/** Entries kept; the oldest go. */
export const keptEntries = 300;

export const emptyLog: LineLog = {
  entries: [],
  epoch: undefined,
  line: { is: 'down' },
  broken: false,
  seqs: new Map(),
  nextKey: 1,
};

/** `known`: the newest seq of each thread that the reader holds by snapshot, for threads whose events were not seen. */
export function cutLine(log: LineLog, nowMs: number, known: ReadonlyMap<string, number>): LineLog {
  const seqs = new Map(known);
  for (const [thread, seq] of log.seqs) seqs.set(thread, Math.max(seq, known.get(thread) ?? 0));
  return { ...add(log, { is: 'cut', atMs: nowMs }), seqs, broken: log.broken || 'resume' };
}

export function takeLine(log: LineLog, event: LineEvent, nowMs: number): LineLog {
  if (event.is === 'attempt') {
    const text = event.cursor ? 'resume after this one' : 'from now on';
    const asked = add(log, arrow(nowMs, event.cursor, text));
    return { ...asked, line: { is: 'asking', sinceMs: nowMs, row: log.nextKey } };
  }
  if (event.is === 'wait') return waits(log, event, nowMs);
  return takeFrame(log, event.frame, nowMs);
}

function waits(log: LineLog, { why, ms, cursor }: LineEvent & { is: 'wait' }, nowMs: number): LineLog {
  const text = `${whyWords[why] ?? why}, again ${ms < 50 ? 'at once' : `in ${(ms / 1000).toFixed(1)} s`}`;
  const failed = log.line.is === 'asking' ? log.line.row : undefined;
  // An attempt and its failure are one line to read.
  const told = failed === undefined ? add(log, arrow(nowMs, cursor, text)) : reword(log, failed, text);
  return { ...told, line: { is: 'down' }, broken: log.broken || 'resume' };
}

type Frame = (LineEvent & { is: 'frame' })['frame'];

function takeFrame(log: LineLog, frame: Frame, nowMs: number): LineLog {
  const text = describeFrame(frame);
  const durable = frame.event === 'message';
  const replayed = durable && log.line.is === 'replaying';
  const of = wordsOf(frame);
  const row = { is: 'row', atMs: nowMs, name: frame.event, cursor: frame.id, text, durable, replayed } as const;
  const seen = add(takeBack(log, frame), of ? { ...row, of } : row);
  switch (frame.event) {
    case 'hello': {
      const sinceMs = log.line.is === 'asking' ? log.line.sinceMs : nowMs;
      const line: Line = { is: 'replaying', sinceMs, replayed: 0, lost: 0 };
      return { ...seen, epoch: epochOf(frame.data) ?? log.epoch, line };
    }
    case 'message':
      return countEvent(seen, frame.data);
    case 'ready':
      return comesBack(seen, nowMs);
    case 'reset':
      return { ...seen, broken: 'reset', seqs: new Map() };
    default:
      return seen;
  }
}

/** What was edited, deleted or erased stands in no earlier line either. After a reset nobody tells what was. */
function takeBack(log: LineLog, frame: Frame): LineLog {
  const words = newWordsIn(frame);
  const erased = erasedIn(frame);
  const isReset = frame.event === 'reset';
  if (!words && erased === undefined && !isReset) return log;
  const entries = log.entries.map((entry) => {
    if (entry.is !== 'row' || !entry.of) return entry;
    const { verb, message, sender } = entry.of;
    const isHis = erased !== undefined && erased === sender;
    if (!isHis && !isReset && words?.message !== message) return entry;
    return { ...entry, text: words?.content ? `${verb} · ${words.content}` : verb };
  });
  return { ...log, entries };
}

function countEvent(log: LineLog, data: unknown): LineLog {
  const { thread, seq } = seatOf(data);
  const held = thread === undefined ? undefined : log.seqs.get(thread);
  const seqs = new Map(log.seqs);
  if (thread !== undefined && seq !== undefined) seqs.set(thread, Math.max(seq, held ?? 0));
  if (log.line.is !== 'replaying') return { ...log, seqs };
  const lost = held === undefined || seq === undefined ? 0 : Math.max(0, seq - held - 1);
  return { ...log, seqs, line: { ...log.line, replayed: log.line.replayed + 1, lost: log.line.lost + lost } };
}

function comesBack(log: LineLog, nowMs: number): LineLog {
  const { line, broken } = log;
  const live: LineLog = { ...log, line: { is: 'live' }, broken: false };
  if (line.is !== 'replaying' || !broken) return live;
  const lost = broken === 'reset' ? null : line.lost;
  return add(live, { is: 'back', replayed: line.replayed, tookMs: nowMs - line.sinceMs, lost });
}

const arrow = (atMs: number, cursor: string | undefined, text: string): Omit<Row, 'key'> => ({
  is: 'row',
  atMs,
  name: '→',
  cursor,
  text,
  durable: false,
  replayed: false,
});

/** A `bye`'s or `reset`'s reason, a code of the closed list of errors, or what the reader itself found. */
const whyWords: Record<string, string> = {
  network: 'no network',
  silence: 'nothing heard',
  epoch: 'another epoch',
  expired: 'too old to resume',
  ahead: 'ahead of the log',
  gap: 'a gap in the log',
  age: 'old enough',
  slow: 'too slow',
  shutdown: 'the other end restarts',
  token: 'the token ran out',
  revoked: 'the token was revoked',
  unauthorized: 'a new token is needed',
  unavailable: 'not ready',
  unreachable: 'the server does not answer',
};

type WithoutKey<E> = E extends Entry ? Omit<E, 'key'> : never;

function add(log: LineLog, entry: WithoutKey<Entry>): LineLog {
  const entries = [...log.entries, { ...entry, key: log.nextKey } as Entry].slice(-keptEntries);
  return { ...log, entries, nextKey: log.nextKey + 1 };
}

function reword(log: LineLog, key: number, text: string): LineLog {
  return {
    ...log,
    entries: log.entries.map((entry) => (entry.is === 'row' && entry.key === key ? { ...entry, text } : entry)),
  };
}
