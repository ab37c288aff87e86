import type { SubscriptionState } from '@payload-chat/protocol';
import { expect, test } from 'vitest';
import { nextConnection } from './connection.ts';
import type { Connection } from './view.ts';

const live: Connection = { is: 'live' };
const down: Connection = { is: 'reconnecting', sinceMs: 5 };
const cut: Connection = { is: 'offline', sinceMs: 5 };
const up: SubscriptionState = { is: 'live', attempt: 0 };
const failing: Connection = { is: 'failing', sinceMs: 5, why: 'gap' };
const slow: Connection = { is: 'slow', sinceMs: 5, why: 'buffered' };
const waiting = (why: string, attempt: number): SubscriptionState => ({ is: 'waiting', why, untilMs: 0, attempt });

test.each<[string, Connection, SubscriptionState | undefined, boolean, Connection]>([
  ['no stream yet is connecting', live, undefined, false, { is: 'connecting' }],
  ['caught up is live', down, up, false, live],
  [
    'a first break is reconnecting',
    live,
    waiting('network', 1),
    false,
    { is: 'reconnecting', sinceMs: 9, why: 'network' },
  ],
  [
    'a second break in a row is offline, since the first',
    down,
    waiting('network', 2),
    false,
    { ...cut, why: 'network' },
  ],
  ['a hop that is not ready is never offline', down, waiting('unavailable', 4), false, down],
  ['a hop that answers ends offline', cut, waiting('unavailable', 3), false, { ...down, why: 'unavailable' }],
  ['the fifth bad stream in a row is failing', down, waiting('gap', 5), false, failing],
  ['failing goes on while streams begin and end', failing, { is: 'live', attempt: 6 }, false, failing],
  ['failing ends with a stream that stays', failing, up, false, live],
  ['failing ends where the network is what broke', failing, waiting('network', 8), false, { ...cut, why: 'network' }],
  ['tried by hand, a failing one is only down', failing, waiting('gap', 1), false, { ...down, why: 'gap' }],
  [
    'one stream without a hello is reconnecting',
    live,
    waiting('buffered', 1),
    false,
    { ...down, sinceMs: 9, why: 'buffered' },
  ],
  ['a second one is slow', down, waiting('buffered', 2), false, slow],
  ['so is one without an answer', down, waiting('silence', 2), false, { ...slow, why: 'silence' }],
  ['slow stays so, however often', slow, waiting('buffered', 9), false, slow],
  ['slow ends with a stream that caught up', slow, { is: 'live', attempt: 6 }, false, live],
  ['offline stays so however the attempts are counted', cut, waiting('network', 1), false, cut],
  ['an attempt changes nothing', cut, { is: 'connecting', attempt: 3 }, false, cut],
  ['a replay changes nothing', down, { is: 'replaying' }, false, down],
  ['a renewal changes nothing', live, { is: 'connecting', attempt: 0 }, false, live],
  [
    'a stream refused for good is down',
    live,
    { is: 'stopped', error: undefined },
    false,
    { is: 'reconnecting', sinceMs: 9, why: '' },
  ],
  ['an unplugged browser is offline before anything breaks', live, up, true, { is: 'offline', sinceMs: 9 }],
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

test('a live stream that is held back is slow, and says why', () => {
  expect(nextConnection(live, up, false, 9, 0, 'buffered')).toEqual({ is: 'slow', sinceMs: 9, why: 'buffered' });
  expect(nextConnection(slow, up, false, 9, 0, 'buffered')).toBe(slow);
  expect(nextConnection(slow, up, false, 9)).toEqual(live);
});

test('nothing new is the same object', () => {
  expect(nextConnection(down, waiting('silence', 1), false, 9)).toBe(down);
  expect(nextConnection(down, { is: 'stopped', error: undefined }, false, 9, 5).is).toBe('failing');
  expect(nextConnection(live, up, false, 9)).toBe(live);
});
