/** A guest's session is the same for everybody of one (site, room, Origin): the server is asked once in five minutes. */
import { type Clock, object, read, text } from '@payload-chat/protocol';
import { type Answer, parseJson } from './answer.ts';
import { createFlights } from './flights.ts';

const keptMs = 300_000;
/** Most answers kept; at the bound the oldest goes. */
export const maxAnswers = 1000;

/** How many refusals of others one waits for; the last is his own. */
const turnsMax = 4;

export interface GuestSessions {
  /**
   * Answers a session request: from memory, or by `forward`. A request with any proof but `room` is always forwarded.
   * Of many who wait for one answer few ask themselves: what is refused to one guest is refused to all, his rate excepted.
   */
  answer(headers: Headers, body: Uint8Array | undefined, forward: () => Promise<Answer>): Promise<Answer>;
}

const guestRequest = object({ site: text(1, 256), room: text(1, 256) });

export function createGuestSessions(clock: Clock): GuestSessions {
  const kept = new Map<string, { answer: Answer; untilMs: number }>();
  const flights = createFlights<Answer>(clock);

  return {
    async answer(headers, body, forward) {
      const key = keyOf(headers, body);
      if (!key) return forward();
      for (let turn = 1; ; turn += 1) {
        const held = kept.get(key);
        if (held && held.untilMs > clock.now()) return held.answer;
        const flight = flights.share(key, async () => {
          const answer = await forward();
          if (answer.status === 200) keep(key, answer);
          return answer;
        });
        const answer = await flight.answer;
        // A rate may be that of the one who asked: the next one asks in his own name, and the others wait for him.
        if (answer.status !== 429 || flight.leads || turn === turnsMax) return answer;
      }
    },
  };

  function keep(key: string, answer: Answer) {
    kept.delete(key);
    kept.set(key, { answer, untilMs: clock.now() + keptMs });
    // The oldest stand in front: what is over, and what is too many.
    for (const [oldest, { untilMs }] of kept) {
      if (untilMs > clock.now() && kept.size <= maxAnswers) return;
      kept.delete(oldest);
    }
  }
}

/** `undefined` unless the request is a guest's: a body of `site` and `room` alone, and no `Authorization`. */
function keyOf(headers: Headers, body: Uint8Array | undefined): string | undefined {
  if (!body || headers.has('Authorization')) return undefined;
  const data = parseJson(new TextDecoder().decode(body));
  const asked = read(guestRequest, data);
  if (!asked || Object.keys(data as object).length !== 2) return undefined;
  return JSON.stringify([asked.site, asked.room, headers.get('Origin') ?? '']);
}
