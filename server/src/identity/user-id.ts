/** Ids of `chat-users`, derived without a row (SPEC: Shapes). */
import type { Payload } from 'payload';
import { keyedHash } from './sealing.ts';

/** A member or agent: the same person at every site. */
export const accountUserId = (account: string | number) => `m_${account}`;

/** Somebody whom the embedding site vouches for. Keyed, so that nobody can try e-mail addresses as `sub`. */
export const externalUserId = (payload: Payload, site: string, sub: string) =>
  `x_${derived(payload, 'external', site, sub)}`;

/** A visitor, by what his handle says at random. */
export const visitorUserId = (payload: Payload, site: string, handle: string) =>
  `v_${derived(payload, 'visitor', site, handle)}`;

/** All guests of a room share one id, which no row ever has. */
export const guestUserId = (payload: Payload, site: string, room: string) =>
  `g_${derived(payload, 'guest', site, room)}`;

/** 132 bits of a keyed hash; the same parts give the same word for as long as Payload's secret stays. */
export function derived(payload: Payload, ...parts: string[]): string {
  return keyedHash(payload.secret, 'ids', parts).slice(0, 22);
}
