/** What one address may ask of this edge, before a body is read or a token looked at. */
import type { Clock, RouteName } from '@payload-chat/protocol';
import { blockOf, createAllowance } from '@payload-chat/protocol/limits';

/** Each for a minute, all of it at once or spread. 0 limits nothing. */
export interface AddressBounds {
  sessions: number;
  sends: number;
  /** Streams opened, snapshots, and everything else that is answered by the server or a hub. */
  requests: number;
}

export interface AddressLimits {
  /** Counts one request of a client. @throws ChatError `rate-limited` with the wait until there is room for one */
  take(route: RouteName, client: string | undefined): void;
}

const minuteMs = 60_000;

export function createAddressLimits({ sessions, sends, requests }: AddressBounds, clock: Clock): AddressLimits {
  const others = createAllowance(requests, minuteMs, clock);
  const own = new Map([
    ['session', createAllowance(sessions, minuteMs, clock)],
    ['send', createAllowance(sends, minuteMs, clock)],
  ]);
  return {
    take: (route, client) => (own.get(route) ?? others).take(blockOf(client)),
  };
}
