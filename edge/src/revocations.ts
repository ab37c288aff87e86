/** Sessions of one site that ended before their tokens did. */
import { type Clock, object, read, text, tokenUse, type WireEvent } from '@payload-chat/protocol';

export interface Revocations {
  has(sid: string): boolean;
  add(sid: string): void;
  /** Told of each event of the site. */
  see(event: WireEvent): void;
}

const ended = object({ session: object({ sid: text(1) }) });

/** A token outlives its session by its own life at most: then there is nothing left to refuse. */
const keptMs = (tokenUse.lifeS + tokenUse.skewS) * 1000;
/** Most sessions remembered; at the bound those that ended first are forgotten. */
const maxSids = 200_000;

export function createRevocations(clock: Clock): Revocations {
  /** When each was told of, oldest first. */
  const atMsOf = new Map<string, number>();

  function add(sid: string) {
    atMsOf.delete(sid);
    atMsOf.set(sid, clock.now());
    for (const [oldest, atMs] of atMsOf) {
      if (atMsOf.size <= maxSids && clock.now() - atMs < keptMs) break;
      atMsOf.delete(oldest);
    }
  }

  return {
    has: (sid) => atMsOf.has(sid),
    add,
    see(event) {
      const sid = event.type === 'session.ended' ? read(ended, event)?.session.sid : undefined;
      if (sid) add(sid);
    },
  };
}
