/** What people are told about the line: decided purely from where the stream stands. */
import type { SubscriptionState } from '@payload-chat/protocol';
import type { Connection } from './view.ts';

/** So many bad streams in a row are told. */
const failingAttempts = 5;

/**
 * The connection after the stream entered `state`; the same object where nothing is new. A network that failed twice in
 * a row, or that the browser says is `unplugged`, counts as offline; a stream without a `hello` twice in a row as slow.
 * Attempts alone change nothing: a line is live when it has caught up, and down since it was last live. One that was
 * failing has to stay for a while. `refusals` counts the final ones, which the line tries anew. `held` says why what comes comes late.
 */
export function nextConnection(
  now: Connection,
  state: SubscriptionState | undefined,
  unplugged: boolean,
  nowMs: number,
  refusals = 0,
  held?: string,
): Connection {
  let { is } = now;
  let reason = held;
  if (!state) is = 'connecting';
  else if (state.is === 'live') is = held ? 'slow' : is === 'failing' && state.attempt ? is : 'live';
  else if (state.is === 'waiting' || state.is === 'stopped') {
    const { why = '', attempt = refusals } = state as { why?: string; attempt?: number };
    reason = why;
    if (why === 'network') is = attempt > 1 || is === 'offline' ? 'offline' : 'reconnecting';
    else if (attempt > 1 && /buffered|silence/.test(why)) is = 'slow';
    else is = attempt < failingAttempts ? 'reconnecting' : 'failing';
  }
  if (unplugged) is = 'offline';
  if (is === now.is) return now;
  return is === 'live' || is === 'connecting'
    ? { is }
    : { is, why: reason, sinceMs: 'sinceMs' in now ? now.sinceMs : nowMs };
}
