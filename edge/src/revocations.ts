/** Sessions of one site that ended before their tokens did. */
import {
  type Claims,
  type Clock,
  dateOf,
  endNames,
  endWord,
  hangsOn,
  isEnded,
  object,
  optional,
  read,
  readEndWord,
  text,
  tokenUse,
  type WireEvent,
  whole,
} from '@payload-chat/protocol';

type Token = Pick<Claims, 'sid' | 'sub' | 'iat'> & Partial<Pick<Claims, 'kind' | 'via'>>;

export interface Revocations {
  /** Whether the session of this token was ended, alone, with all of its user's, or with all that came by the same. */
  has(token: Token): boolean;
  /** By the word of a service stream's hello. */
  add(word: string): void;
  /** Told of each event of the site. */
  see(event: WireEvent): void;
}

const ended = object({ session: object({ sid: text(1), before: optional(whole()) }) });

/** A token outlives its session by its own life at most: then there is nothing left to refuse. */
const keptMs = (tokenUse.lifeS + tokenUse.skewS) * 1000;
/**
 * Most ends remembered. At the bound those that were told first are forgotten, and with them every token is refused
 * that was issued before: its owner renews it at the server, which remembers, and goes on. A flood of logouts brings
 * nobody's session back.
 */
export const maxEnds = 200_000;

export function createRevocations(clock: Clock): Revocations {
  /** By the sid or user that it names; oldest first. */
  const ends = new Map<string, { before: number | undefined; atMs: number; toldS: number }>();
  /** Until when there may be ends that are not remembered; a second is what tokens tell. */
  let forgottenS = Number.NEGATIVE_INFINITY;

  function add(word: string) {
    const { sid, before } = readEndWord(word);
    const held = ends.get(sid);
    ends.delete(sid);
    const latest = before === undefined ? undefined : Math.max(before, held?.before ?? 0);
    ends.set(sid, { before: latest, atMs: clock.now(), toldS: dateOf(clock) / 1000 });
    for (const [oldest, { atMs, toldS }] of ends) {
      const isOver = clock.now() - atMs >= keptMs;
      if (!isOver && ends.size <= maxEnds) break;
      if (!isOver) forgottenS = Math.max(forgottenS, toldS + tokenUse.skewS);
      ends.delete(oldest);
    }
  }

  return {
    has(token) {
      const { sid, sub: user, iat: issuedS } = token;
      const open = { sid, user, issuedS, via: hangsOn(token) };
      return (
        issuedS <= forgottenS ||
        endNames(open).some((name) => {
          const end = ends.get(name);
          return end !== undefined && isEnded({ ...end, sid: name }, open);
        })
      );
    },
    add,
    see(event) {
      const end = event.type === 'session.ended' ? read(ended, event)?.session : undefined;
      if (end) add(endWord(end));
    },
  };
}
