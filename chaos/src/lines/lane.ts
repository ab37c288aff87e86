/** One direction of one connection: what is sent leaves in order, when the line's fault lets it. */
import type { Socket } from 'node:net';
import type { LineFault } from './line.ts';

interface Lane {
  send(bytes: Buffer): void;
  /** Everything that waits leaves now. */
  flush(): void;
  /** The other side has ended: so does this one, after what waits. */
  end(): void;
  /** Not reading from this socket while nothing can leave: its sender feels it. */
  holdBack(from: Socket): void;
}

export function lane(to: Socket, fault: () => LineFault | undefined, isMute: () => boolean): Lane {
  /** Chunks and when they may leave, in ms of `Date.now`; a stall has no end of its own. */
  const waiting: Array<{ bytes: Buffer; atMs: number }> = [];
  let timer: NodeJS.Timeout | undefined;
  let source: Socket | undefined;
  let isEnding = false;

  function write(bytes: Buffer) {
    if (to.destroyed || to.write(bytes)) return;
    source?.pause();
    to.once('drain', () => source?.resume());
  }

  function drain(nowMs = Date.now()) {
    clearTimeout(timer);
    while (waiting[0] && waiting[0].atMs <= nowMs) write((waiting.shift() as { bytes: Buffer }).bytes);
    if (waiting[0] && waiting[0].atMs < Infinity) timer = setTimeout(drain, waiting[0].atMs - Date.now());
    if (isEnding && waiting.length === 0) to.end();
    if (waiting.length === 0) source?.resume();
  }

  return {
    send(bytes) {
      if (isMute()) return;
      const now = fault();
      const dueMs = now && dueAt(now);
      if (dueMs === undefined && waiting.length === 0) return write(bytes);
      waiting.push({ bytes, atMs: Math.max(dueMs ?? 0, waiting.at(-1)?.atMs ?? 0) });
      if (dueMs === Infinity) source?.pause();
      drain();
    },
    flush() {
      drain(Infinity);
    },
    end() {
      isEnding = true;
      drain();
    },
    holdBack(from) {
      source = from;
    },
  };
}

function dueAt(fault: LineFault): number | undefined {
  if (fault.is === 'delay') return Date.now() + fault.ms;
  // Everybody's buffer is given away at the same moments.
  if (fault.is === 'buffer') return (Math.floor(Date.now() / fault.ms) + 1) * fault.ms;
  if (fault.is === 'stall') return Infinity;
  return undefined;
}
