import type { SubscriptionState } from '@payload-chat/protocol';
import { expect, test } from 'vitest';
import { nextConnection } from './connection.ts';
import type { Connection } from './view.ts';

const live: Connection = { is: 'live' };
const down: Connection = { is: 'reconnecting', sinceMs: 5 };
const cut: Connection = { is: 'offline', sinceMs: 5 };
const waiting = (why: string, attempt: number): SubscriptionState => ({ is: 'waiting', why, untilMs: 0, attempt });

test.each<[string, Connection, SubscriptionState | undefined, boolean, Connection]>([
  ['no stream yet is connecting', live, undefined, false, { is: 'connecting' }],
  ['caught up is live', down, { is: 'live' }, false, live],
  ['a first break is reconnecting', live, waiting('network', 1), false, { is: 'reconnecting', sinceMs: 9 }],
  ['a second break in a row is offline, since the first', down, waiting('network', 2), false, cut],
  ['a hop that is not ready is never offline', down, waiting('unavailable', 7), false, down],
  ['a hop that answers ends offline', cut, waiting('unavailable', 3), false, down],
  ['offline stays so however the attempts are counted', cut, waiting('network', 1), false, cut],
  ['an attempt changes nothing', cut, { is: 'connecting', attempt: 3 }, false, cut],
  ['a replay changes nothing', down, { is: 'replaying' }, false, down],
  ['a renewal changes nothing', live, { is: 'connecting', attempt: 0 }, false, live],
  [
    'a stream refused for good is down',
    live,
    { is: 'stopped', error: undefined },
    false,
    { is: 'reconnecting', sinceMs: 9 },
  ],
  ['an unplugged browser is offline before anything breaks', live, { is: 'live' }, true, { is: 'offline', sinceMs: 9 }],
  [
    'an unplugged browser is offline before there is a stream',
    { is: 'connecting' },
    undefined,
    true,
    { is: 'offline', sinceMs: 9 },
  ],
])('%s', (_name, now, state, unplugged, next) => {
  expect(nextConnection(now, state, unplugged, 9)).toEqual(next);
});

test('nothing new is the same object', () => {
  expect(nextConnection(down, waiting('silence', 1), false, 9)).toBe(down);
  expect(nextConnection(live, { is: 'live' }, false, 9)).toBe(live);
});
