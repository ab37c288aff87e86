/**
 * What a site allows an address is counted by the server, which alone knows the number. Where it has refused one, the edge
 * says so itself until the wait is over: a crowd behind one address does not reach the server by asking on and on.
 */
import { ChatError, type Clock, object, read, text } from '@payload-chat/protocol';
import { blockOf } from '@payload-chat/protocol/limits';
import { type Answer, parseJson, refusalOf } from './answer.ts';

export interface SessionRefusals {
  /** Answers a session request by `ask`, unless its address still has to wait at its site: then 429 for as long as is left. */
  answer(body: Uint8Array | undefined, client: string | undefined, ask: () => Promise<Answer>): Promise<Answer>;
}

/** Longest wait that is held here, in ms. */
const longestMs = 60_000;
/** Most waits remembered; at the bound the oldest is forgotten, and the server is asked again. */
export const maxWaits = 10_000;

const sessionRequest = object({ site: text(1, 128) });

export function createSessionRefusals(clock: Clock): SessionRefusals {
  /** By address and site: until when. */
  const waits = new Map<string, number>();

  return {
    async answer(body, client, ask) {
      const site = body && read(sessionRequest, parseJson(new TextDecoder().decode(body)))?.site;
      const address = blockOf(client);
      const key = site && address && `${address} ${site}`;
      if (!key) return ask();
      const leftMs = (waits.get(key) ?? 0) - clock.now();
      if (leftMs > 0) return refusalOf(new ChatError('rate-limited', { retryAfterS: Math.ceil(leftMs / 1000) }));
      const answer = await ask();
      waits.delete(key);
      if (answer.status === 429) {
        const waitS = Number(answer.headers['Retry-After']) || 1;
        waits.set(key, clock.now() + Math.min(waitS * 1000, longestMs));
        if (waits.size > maxWaits) waits.delete(waits.keys().next().value as string);
      }
      return answer;
    },
  };
}
