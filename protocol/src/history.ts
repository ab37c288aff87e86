/**
 * The ring: the newest events of one site, bounded, a cache and never the truth. What it can't give whole it doesn't
 * give at all: the reader is told `reset` and takes a snapshot.
 */
import { type Cursor, formatCursor, parseCursor } from './cursor.ts';
import type { WireEvent } from './event.ts';
import { encodeFrame } from './frame.ts';

/** An event in the ring with the topics it is for and its frame, encoded once and shared by all. */
export interface Entry {
  event: WireEvent;
  readonly to: readonly string[];
  /** Size of its frame in bytes. */
  bytes: number;
  frame: Uint8Array;
}

export interface HistoryBounds {
  /** Most events held; what is older falls out. */
  maxEvents: number;
  /** Most bytes of their frames. */
  maxBytes: number;
}

export const defaultBounds: HistoryBounds = { maxEvents: 2000, maxBytes: 16 * 1024 * 1024 };

export type ResetReason = 'epoch' | 'expired' | 'ahead' | 'gap';

/** What a cursor deserves. */
export type Verdict =
  | { is: 'resume'; pos: number }
  | { is: 'ahead'; pos: number }
  | { is: 'reset'; reason: ResetReason };

/** The positions that a ring covers: a reader at `oldest` or later can be given everything. */
export interface Window {
  epoch: string;
  oldest: number;
  head: number;
}

/** Decides purely, from a cursor's text and what the ring covers (SPEC S2, S3, S4). Without a cursor: from now. */
export function judge(cursor: string | undefined, window: Window): Verdict {
  if (!cursor) return { is: 'resume', pos: window.head };
  const parsed: Cursor | undefined = parseCursor(cursor);
  if (!parsed) return { is: 'reset', reason: 'gap' };
  if (parsed.epoch !== window.epoch) return { is: 'reset', reason: 'epoch' };
  if (parsed.pos > window.head) return { is: 'ahead', pos: parsed.pos };
  if (parsed.pos < window.oldest) return { is: 'reset', reason: 'expired' };
  return { is: 'resume', pos: parsed.pos };
}

export interface History {
  readonly window: Window;
  readonly bytes: number;
  /** Forgets everything; the next event is `pos + 1`. */
  start(epoch: string, pos: number): void;
  /** Takes the next event. @throws when its pos is not `head + 1`: a hole must never pass for a whole. */
  append(event: WireEvent, to: readonly string[]): Entry;
  /** The entry at `pos`, `undefined` outside the ring. */
  at(pos: number): Entry | undefined;
  /** Replaces the content of a message in every earlier event that carries it; answers whether any did. */
  rewrite(messageId: string, content: string): boolean;
  /** Drops the oldest entries until so many bytes of frames are left, or the newest entry alone. */
  shrink(bytes: number): void;
  /** Drops all entries but stays at the head: whoever is behind takes a snapshot. */
  empty(): void;
}

export function createHistory({ maxEvents, maxBytes }: HistoryBounds = defaultBounds): History {
  // A circular list: index of an entry is its pos modulo the bound.
  let ring = new Array<Entry | undefined>(maxEvents);
  let window: Window = { epoch: '', oldest: 0, head: 0 };
  let bytes = 0;

  const entryOf = (event: WireEvent, to: readonly string[]): Entry => {
    const frame = encodeFrame({ id: formatCursor(window.epoch, event.pos), data: event });
    return { event, to, frame, bytes: frame.byteLength };
  };
  const dropOldest = () => {
    window.oldest += 1;
    const slot = window.oldest % maxEvents;
    bytes -= ring[slot]?.bytes ?? 0;
    ring[slot] = undefined;
  };
  /** Keeps to the bytes; the newest stays whatever its size, else it could reach nobody. */
  const trim = (to = maxBytes) => {
    while (bytes > to && window.oldest < window.head - 1) dropOldest();
  };
  const empty = () => {
    ring = new Array(maxEvents);
    bytes = 0;
    window.oldest = window.head;
  };

  return {
    get window() {
      return window;
    },
    get bytes() {
      return bytes;
    },
    start(epoch, pos) {
      window = { epoch, oldest: pos, head: pos };
      empty();
    },
    append(event, to) {
      if (event.pos !== window.head + 1) throw new Error(`Event ${event.pos} came where ${window.head + 1} was due.`);
      if (event.pos - window.oldest > maxEvents) dropOldest();
      const entry = entryOf(event, to);
      ring[event.pos % maxEvents] = entry;
      window.head = event.pos;
      bytes += entry.bytes;
      trim();
      return entry;
    },
    at: (pos) => (pos > window.oldest && pos <= window.head ? ring[pos % maxEvents] : undefined),
    rewrite(messageId, content) {
      let found = false;
      for (let pos = window.oldest + 1; pos <= window.head; pos += 1) {
        const entry = ring[pos % maxEvents];
        const message = entry?.event.message as { id?: unknown; content?: unknown } | undefined;
        if (!entry || message?.id !== messageId || message.content === content) continue;
        const changed = entryOf({ ...entry.event, message: { ...message, content } }, entry.to);
        bytes += changed.bytes - entry.bytes;
        // In place: what has gathered for a flush is the same entry.
        Object.assign(entry, changed);
        found = true;
      }
      trim();
      return found;
    },
    shrink: trim,
    empty,
  };
}
