/** Reading on from the ring: what lies after a cursor, cut where it has to be, as chunks shared by all who come alike. */

import { serviceFrame } from './fan-out.ts';
import { joinFrames } from './frame.ts';
import type { Entry, History } from './history.ts';
import { changesAudience, hears, type Subscriber } from './subscriber.ts';

/** A stretch of the ring as one subscriber hears it. */
export interface Stretch {
  /** Where the subscriber stands after it. */
  pos: number;
  /** Absent where nothing of it is for the subscriber. */
  chunk: Uint8Array | undefined;
  /** The event at `pos`, where it may change what anybody hears: a stretch ends with such an event. */
  turn: Entry | undefined;
}

export interface Replay {
  /**
   * The entries after `from` up to `upTo`, or less: up to a chunk's size, or an event that changes the audience.
   * `arrive` is called with that event before it is matched: a newcomer hears his own joining.
   */
  read(subscriber: Subscriber, from: number, upTo: number, arrive: (entry: Entry) => void): Stretch;
  /** Forgets the shared chunks: the ring was rewritten. */
  forget(): void;
}

/** Most chunks kept for sharing; at the bound all are dropped, and who comes next makes them again. */
const maxShared = 16;

export function createReplay(history: History, chunkBytes: number): Replay {
  const shared = new Map<string, { positions: number[]; chunk: Uint8Array }>();

  function chunkOf(service: boolean, from: number, entries: Entry[]): Uint8Array {
    const positions = entries.map(({ event }) => event.pos);
    // Who resumes from the same cursor nearly always hears the same; the comparison catches the others.
    const key = `${service ? '*' : ''}${from}-${positions.at(-1)}/${positions.length}`;
    const held = shared.get(key);
    if (held?.positions.every((pos, index) => pos === positions[index])) return held.chunk;
    const chunk = joinFrames(entries.map((entry) => (service ? serviceFrame(entry) : entry.frame)));
    if (shared.size >= maxShared) shared.clear();
    shared.set(key, { positions, chunk });
    return chunk;
  }

  return {
    read(subscriber, from, upTo, arrive) {
      const entries: Entry[] = [];
      let pos = from;
      let turn: Entry | undefined;
      for (let size = 0; pos < upTo && size < chunkBytes && !turn; ) {
        const entry = history.at(pos + 1);
        if (!entry) break;
        pos += 1;
        if (changesAudience(entry.event)) {
          turn = entry;
          arrive(entry);
        }
        if (!hears(subscriber, entry)) continue;
        entries.push(entry);
        size += entry.bytes;
      }
      return { pos, turn, chunk: entries.length > 0 ? chunkOf(subscriber.service, from, entries) : undefined };
    },
    forget: () => shared.clear(),
  };
}
