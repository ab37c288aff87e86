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
  let { is } = now;
  if (!state) is = 'connecting';
  else if (state.is === 'live') is = 'live';
  else if (state.is === 'waiting' && state.why === 'network') {
    if (is !== 'offline') is = state.attempt > 1 ? 'offline' : 'reconnecting';
  } else if (state.is === 'waiting' || state.is === 'stopped') is = 'reconnecting';
  if (unplugged) is = 'offline';
  if (is === now.is) return now;
  return is === 'live' || is === 'connecting' ? { is } : { is, sinceMs: 'sinceMs' in now ? now.sinceMs : nowMs };
}
