/** Where in the log it last changed who may listen: an answer of the server as of an earlier position is too old. */
import { parseCursor, type WireEvent } from '@payload-chat/protocol';

export interface Changes {
  /** Told of each event of the log, in order. */
  see(event: WireEvent): void;
  /** The log begins (again) after this position; of what was before nothing is known. */
  start(epoch: string, pos: number): void;
  /** Whether an event after `cursor` may have changed who may listen to the thread, or none can tell any more. */
  since(cursor: string, thread: string): boolean;
  /** Changes remembered, at most `maxChanges`. */
  readonly size: number;
}

/** Most changes remembered; older answers than the oldest of them are taken for outdated. */
export const maxChanges = 1000;
const changing = new Set(['thread.updated', 'participant.left', 'user.erased']);

export function createChanges(): Changes {
  /** By rising pos; without a thread it concerns all. */
  let changes: Array<{ pos: number; thread: string | null }> = [];
  let knownFrom = { epoch: '', pos: 0 };

  return {
    see({ type, pos, thread }) {
      if (!changing.has(type)) return;
      changes.push({ pos, thread });
      if (changes.length <= maxChanges) return;
      knownFrom = { ...knownFrom, pos: changes[0]?.pos ?? pos };
      changes = changes.slice(1);
    },
    start(epoch, pos) {
      knownFrom = { epoch, pos };
      changes = [];
    },
    since(cursor, thread) {
      const at = parseCursor(cursor);
      if (!at || at.epoch !== knownFrom.epoch || at.pos < knownFrom.pos) return true;
      return changes.some((change) => change.pos > at.pos && (change.thread ?? thread) === thread);
    },
    get size() {
      return changes.length;
    },
  };
}
