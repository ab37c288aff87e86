/**
 * Everything that is done to one subscriber: bytes given to its sink, reading on from the ring, holding, ending.
 * A write may end the stream before it returns, so its standing is asked for again after each.
 */
import type { Audience } from './audience.ts';
import { formatCursor } from './cursor.ts';
import { cursorFrame, encodeFrame } from './frame.ts';
import { type History, judge, type ResetReason } from './history.ts';
import type { HubOptions } from './hub-options.ts';
import type { Replay } from './replay.ts';
import { type Effect, effectOf, isDeaf, type Subscriber } from './subscriber.ts';

export type ByeReason = 'age' | 'slow' | 'shutdown' | 'token' | 'revoked';

export interface Delivery {
  /** A new epoch is about to send so many readers for their snapshots. */
  renew(readers: number): void;
  /** Places a subscriber by its cursor: on from there, waiting for the head, or `reset`. */
  place(subscriber: Subscriber, cursor: string): void;
  /** A chunk for a live subscriber, who stands at `pos` after it. */
  give(subscriber: Subscriber, chunk: Uint8Array, pos: number): void;
  /** Carries out what the event at `pos` means for a subscriber that was just given it. */
  effect(subscriber: Subscriber, effect: Effect, pos: number): void;
  /** Begins those whose cursor the head has reached. */
  arrive(): void;
  /** How far the subscriber was given everything. */
  positionOf(subscriber: Subscriber): number;
  bye(subscriber: Subscriber, reason: ByeReason, cut?: boolean): void;
  /** Forgets a subscriber; its last words are written already. */
  drop(subscriber: Subscriber, cut?: boolean): void;
}

/** What a delivery reads of its hub. `flushed` is the position that every live subscriber has. */
export interface DeliveryContext {
  options: HubOptions;
  history: History;
  audience: Audience;
  replay: Replay;
  flushed(): number;
}

const full = 'full';
/** Nobody is asked to wait longer for his snapshot, however many wait. */
const longestSpreadMs = 60_000;

export function createDelivery({ options, history, audience, replay, flushed }: DeliveryContext): Delivery {
  const { clock, random } = options;
  const waiting = new Set<Subscriber>();
  /** Over how long those are spread whose epoch is over. */
  let epochSpreadMs = options.spreadMs;

  const isClosed = ({ standing }: Subscriber) => standing.is === 'closed';
  const positionOf = ({ standing }: Subscriber) => ('pos' in standing ? standing.pos : flushed());

  function drop(subscriber: Subscriber, cut = false) {
    if (isClosed(subscriber)) return;
    leaveWaiting(subscriber);
    subscriber.standing = { is: 'closed' };
    audience.remove(subscriber);
    for (const end of [() => subscriber.listener.sink.close(cut), () => subscriber.listener.onClose?.()])
      try {
        end();
      } catch {
        // It is over either way, and a flush to everybody else may be under way.
      }
  }

  function lastWords(subscriber: Subscriber, event: 'bye' | 'reset', data: object, cut?: boolean) {
    if (isClosed(subscriber)) return;
    send(subscriber, encodeFrame({ event, data }));
    drop(subscriber, cut);
  }

  function bye(subscriber: Subscriber, reason: ByeReason, cut?: boolean) {
    const spreadMs = reason === 'shutdown' ? options.spreadMs : reason === 'slow' ? 2000 : 0;
    lastWords(subscriber, 'bye', { reason, retryMs: Math.round(random() * spreadMs) }, cut);
  }

  function reset(subscriber: Subscriber, reason: ResetReason) {
    // A new epoch sends everybody for a snapshot at once: spread them, the more the longer.
    const afterMs = Math.round(random() * (reason === 'epoch' ? epochSpreadMs : 1000));
    lastWords(subscriber, 'reset', { reason, afterMs });
  }

  /** One write; a sink that throws has lost its peer, and must not take the neighbours along. */
  function send(subscriber: Subscriber, chunk: Uint8Array): boolean {
    try {
      return subscriber.listener.sink.write(chunk);
    } catch {
      drop(subscriber, true); // The peer comes back from its cursor.
      return true;
    }
  }

  function give(subscriber: Subscriber, chunk: Uint8Array, pos: number) {
    if (send(subscriber, chunk) || isClosed(subscriber)) return;
    hold(subscriber, full, pos);
    subscriber.listener.sink.onDrain(() => release(subscriber, full));
  }

  function hold(subscriber: Subscriber, cause: string, pos: number) {
    subscriber.holds ??= new Map();
    subscriber.holds.set(cause, clock.now());
    if (subscriber.standing.is !== 'waiting') subscriber.standing = { is: 'lagging', pos };
  }

  function release(subscriber: Subscriber, cause: string) {
    subscriber.holds?.delete(cause);
    pump(subscriber);
  }

  /** Lets a lagging subscriber read on from the ring until it is live, held or gone. */
  function pump(subscriber: Subscriber) {
    while (subscriber.standing.is === 'lagging' && !subscriber.holds?.size) {
      const { pos } = subscriber.standing;
      if (pos < history.window.oldest) return bye(subscriber, 'slow');
      if (subscriber.readyAt !== undefined && pos >= subscriber.readyAt) {
        subscriber.readyAt = undefined;
        give(subscriber, cursorFrame('ready', formatCursor(history.window.epoch, pos)), pos);
      } else if (pos < flushed()) readOn(subscriber, pos);
      else if (isDeaf(subscriber)) return bye(subscriber, 'revoked');
      else subscriber.standing = { is: 'live' };
    }
  }

  function readOn(subscriber: Subscriber, from: number) {
    const { pos, chunk, turn } = replay.read(subscriber, from, flushed(), (entry) => {
      const found = effectOf(subscriber, entry);
      if (found.is === 'regain') effect(subscriber, found, entry.event.pos);
    });
    // A hole in the ring can't be: whatever made it, nobody is told a part for the whole.
    if (pos === from) return bye(subscriber, 'slow');
    subscriber.standing = { is: 'lagging', pos };
    if (chunk) give(subscriber, chunk, pos);
    if (turn && !isClosed(subscriber)) effect(subscriber, effectOf(subscriber, turn), pos);
  }

  function effect(subscriber: Subscriber, found: Effect, pos: number) {
    switch (found.is) {
      case 'nothing':
        return;
      case 'regain':
        return audience.listen(subscriber, found.topic);
      case 'drop':
        audience.unlisten(subscriber, found.topic);
        // In a replay a later event may still give it back: going live asks again.
        if (pos >= flushed() && isDeaf(subscriber)) bye(subscriber, 'revoked');
        return;
      case 'end':
        return bye(subscriber, 'revoked');
      case 'recheck':
        return recheck(subscriber, found.topic, pos);
    }
  }

  /** Frames wait until the hop has heard whether this reader may still listen. */
  function recheck(subscriber: Subscriber, name: string, pos: number) {
    hold(subscriber, name, pos);
    const ask = async () => subscriber.listener.recheck?.(name);
    ask().then(
      (allowed) => {
        if (isClosed(subscriber)) return;
        if (!allowed) audience.unlisten(subscriber, name, true);
        release(subscriber, name);
      },
      () => bye(subscriber, 'shutdown'), // Nobody can say: the reader comes back and is asked for anew.
    );
  }

  function leaveWaiting(subscriber: Subscriber) {
    if (subscriber.standing.is === 'waiting') subscriber.standing.cancel();
    waiting.delete(subscriber);
  }

  /** Where the hub has to be for a subscriber to begin: at its cursor, and at all that was there at its connect. */
  function dueAt({ readyAt = 0 }: Subscriber, pos: number): number {
    return Math.max(readyAt, pos);
  }

  function begin(subscriber: Subscriber, pos: number) {
    leaveWaiting(subscriber);
    if (subscriber.readyAt !== undefined) subscriber.readyAt = flushed();
    subscriber.standing = { is: 'lagging', pos };
    pump(subscriber);
  }

  return {
    renew(readers) {
      const ms = (readers * 1000) / options.resetsPerSecond;
      epochSpreadMs = Math.min(Math.max(options.spreadMs, ms), longestSpreadMs);
    },
    place(subscriber, cursor) {
      if (isClosed(subscriber)) return;
      const { window } = history;
      const verdict = judge(cursor, window);
      if (verdict.is === 'reset') return reset(subscriber, verdict.reason);
      const { pos } = verdict;
      leaveWaiting(subscriber);
      // Who comes while events gather waits for their flush, so that a storm of readers does not undo the batching.
      if (dueAt(subscriber, pos) <= flushed() && window.head === flushed()) return begin(subscriber, pos);
      const isAhead = dueAt(subscriber, pos) > window.head;
      const cancel = isAhead ? clock.after(options.aheadMs, () => reset(subscriber, 'ahead')) : () => {};
      subscriber.standing = { is: 'waiting', pos, cancel };
      waiting.add(subscriber);
    },
    arrive() {
      for (const subscriber of waiting) {
        const { standing } = subscriber;
        if (standing.is === 'waiting' && dueAt(subscriber, standing.pos) <= flushed()) begin(subscriber, standing.pos);
      }
    },
    give,
    effect,
    positionOf,
    bye,
    drop,
  };
}
