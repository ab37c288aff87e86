/** What a reader met, with the time of it: the other side of the account that the checker holds against Postgres. */
import {
  type ChatEvent,
  type Frame,
  isBefore,
  parseCursor,
  readEvent,
  reduce,
  type Snapshot,
  type WireEvent,
} from '@payload-chat/protocol';
import type { HopName } from '../house/house.ts';

export interface Seen extends Frame {
  atMs: number;
}

/** One connection, from its first frame on. */
export interface Reading {
  /** What it was opened with; `undefined` for "from now". */
  cursor: string | undefined;
  openedMs: number;
  frames: Seen[];
  /** Absent while it is open. */
  endedMs?: number;
}

export type ReaderKind = 'subscription' | 'EventSource' | 'eventsource' | 'undici' | 'service';

export interface ReaderRecord {
  name: string;
  kind: ReaderKind;
  hop: HopName;
  site: string;
  /** His own id, and the topics that his streams hear: what the log's rows are held against. */
  user: string;
  topics: string[];
  /** Threads that he shows while he sees them. */
  threads: string[];
  readings: Reading[];
  /** What he applied, in order; a reset and a snapshot lie between two `turn`s. */
  applied: Array<{ pos: number; epoch: string; turn: number; event: WireEvent; atMs: number }>;
  /** How far he was, when. */
  cursors: Array<{ cursor: string; atMs: number }>;
  /** Why he was reset, and of which epoch he was then. */
  resets: Array<{ reason: string; atMs: number }>;
  /** What he shows. */
  states: Map<string, Snapshot>;
  /** He was told that nothing more will come: by a final answer, or by himself. */
  ended?: { why: string; atMs: number };
  /** Not to be compared, and why: he is made to end in the run. */
  leavesBy?: 'logout' | 'token';
  /** When his token is over, in ms since 1970. */
  tokenEndsMs?: number;
}

export type RecordStart = Pick<ReaderRecord, 'name' | 'kind' | 'hop' | 'site' | 'user' | 'topics' | 'threads'>;

/** Takes what a reader meets and keeps his state by the one reducer. */
export interface Recorder {
  record: ReaderRecord;
  /** Fresh snapshots; the answer is the cursor to go on from. */
  begin(snapshots: Snapshot[]): string | undefined;
  opened(cursor: string | undefined): Reading;
  frame(reading: Reading, frame: Frame): void;
  ended(reading: Reading): void;
  /** By the reader's own cursor: an event at or before it is dropped. @returns whether a snapshot has to be taken anew */
  apply(event: WireEvent, cursor: string): 'stale' | undefined;
  /** His place in a thread is new: what was there before him is in the snapshot alone. @returns the thread to ask for */
  seated(event: WireEvent): string | undefined;
  /** One thread anew, while events went on. */
  renew(snapshot: Snapshot): void;
  reached(cursor: string): void;
  reset(reason: string): void;
}

export function recorder(start: RecordStart): Recorder {
  const record: ReaderRecord = { ...start, readings: [], applied: [], cursors: [], resets: [], states: new Map() };
  let turn = 0;
  return {
    record,
    begin(snapshots) {
      turn += 1;
      record.states = new Map(snapshots.map((one) => [one.thread.id, one]));
      const cursors = snapshots.map(({ cursor }) => cursor);
      return cursors.reduce<string | undefined>(
        (first, cursor) => (first === undefined || isBefore(cursor, first) ? cursor : first),
        undefined,
      );
    },
    opened(cursor) {
      const reading: Reading = { cursor, openedMs: Date.now(), frames: [] };
      record.readings.push(reading);
      return reading;
    },
    frame: (reading, frame) => void reading.frames.push({ ...frame, atMs: Date.now() }),
    ended(reading) {
      reading.endedMs ??= Date.now();
    },
    apply(event, cursor) {
      const at = parseCursor(cursor);
      record.applied.push({ pos: event.pos, epoch: at?.epoch ?? '', turn, event, atMs: Date.now() });
      record.cursors.push({ cursor, atMs: Date.now() });
      const believed: ChatEvent | undefined = readEvent(event);
      if (!believed) return undefined;
      let isStale = false;
      for (const [thread, state] of record.states) {
        const next = reduce(state, believed);
        if (next === 'stale') isStale = true;
        else record.states.set(thread, next);
      }
      return isStale ? 'stale' : undefined;
    },
    seated({ type, thread, participant }) {
      const { user } = (participant ?? {}) as { user?: { id?: string } };
      return type === 'participant.joined' && user?.id === start.user && record.threads.includes(thread ?? '')
        ? (thread ?? undefined)
        : undefined;
    },
    renew(snapshot) {
      let state = snapshot;
      for (const { event, turn: then } of record.applied) {
        const believed = then === turn ? readEvent(event) : undefined;
        const next = believed ? reduce(state, believed) : state;
        if (next !== 'stale') state = next;
      }
      record.states.set(state.thread.id, state);
    },
    reached: (cursor) => void record.cursors.push({ cursor, atMs: Date.now() }),
    reset: (reason) => void record.resets.push({ reason, atMs: Date.now() }),
  };
}
