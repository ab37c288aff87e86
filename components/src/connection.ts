/** What people are told about the line: decided purely from where the stream stands. */
import type { SubscriptionState } from '@payload-chat/protocol';
import type { Connection } from './view.ts';

/**
 * The connection after the stream entered `state`; the same object where nothing is new. A network that failed twice in
 * a row, or that the browser says is `unplugged`, counts as offline. Attempts alone change nothing: a line is live when
 * it has caught up, and down since it was last live.
 */
export function nextConnection(
  now: Connection,
  state: SubscriptionState | undefined,
  unplugged: boolean,
  nowMs: number,
): Connection {
  if (!state && !unplugged) return now.is === 'connecting' ? now : { is: 'connecting' };
  if (state?.is === 'live' && !unplugged) return now.is === 'live' ? now : { is: 'live' };
  const broken = state?.is === 'waiting' && state.why === 'network';
  const is = unplugged || (broken && (state.attempt > 1 || now.is === 'offline')) ? 'offline' : 'reconnecting';
  if (now.is === is || (is === 'reconnecting' && state?.is !== 'waiting' && state?.is !== 'stopped')) return now;
  return { is, sinceMs: 'sinceMs' in now ? now.sinceMs : nowMs };
}
