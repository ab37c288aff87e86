/** One timer for all streams of a hub: pings, the end of a token or an age, sinks and rechecks that take too long. */
import type { Audience } from './audience.ts';
import { formatCursor } from './cursor.ts';
import type { Delivery } from './delivery.ts';
import { cursorFrame } from './frame.ts';
import type { History } from './history.ts';
import type { HubOptions } from './hub-options.ts';
import { dateOf } from './steady-clock.ts';
import type { Subscriber } from './subscriber.ts';

/** How often it looks: by so much may a ping or an end be late. */
const tickMs = 500;

export interface Heartbeat {
  /** Beats for as long as somebody is there; call it for each who comes. */
  wake(): void;
  close(): void;
}

export function createHeartbeat(
  { clock, stalledMs, recheckMs }: HubOptions,
  history: History,
  audience: Audience,
  delivery: Delivery,
  atMs: () => number,
): Heartbeat {
  let cancel: (() => void) | undefined;

  function beat() {
    cancel = undefined;
    const nowMs = clock.now();
    const dateMs = dateOf(clock);
    const pings = new Map<number, Uint8Array>();
    for (const subscriber of audience.all) look(subscriber, nowMs, dateMs, pings);
    wake();
  }

  function look(subscriber: Subscriber, nowMs: number, dateMs: number, pings: Map<number, Uint8Array>) {
    if (nowMs >= subscriber.endsAtMs) return delivery.bye(subscriber, subscriber.endReason, isFull(subscriber));
    // A machine that slept counts no span of it: the calendar has gone on.
    if (dateMs >= (subscriber.listener.expiresAtMs ?? Number.POSITIVE_INFINITY))
      return delivery.bye(subscriber, 'token', isFull(subscriber));
    for (const [cause, sinceMs] of subscriber.holds ?? []) {
      if (cause === 'full' && nowMs - sinceMs >= stalledMs) return delivery.bye(subscriber, 'slow', true);
      if (cause !== 'full' && nowMs - sinceMs >= recheckMs) return delivery.bye(subscriber, 'shutdown');
    }
    if (nowMs < subscriber.pingAtMs || subscriber.standing.is === 'waiting' || isFull(subscriber)) return;
    subscriber.pingAtMs = nowMs + subscriber.pingMs;
    const pos = delivery.positionOf(subscriber);
    const ping = pings.get(pos) ?? cursorFrame('ping', formatCursor(history.window.epoch, pos), { atMs: atMs() });
    pings.set(pos, ping);
    delivery.give(subscriber, ping, pos);
  }

  function wake() {
    if (audience.all.size > 0) cancel ??= clock.after(tickMs, beat);
  }

  return {
    wake,
    close() {
      cancel?.();
      cancel = undefined;
    },
  };
}

const isFull = ({ holds }: Subscriber) => holds?.has('full') ?? false;
