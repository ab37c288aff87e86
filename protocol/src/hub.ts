/**
 * The fan-out of one site: subscribers as cursors over one history. Server, Node edge and Durable Object use this one.
 *
 *   feed --append--> history --flush--> live subscribers (found by topic, one shared chunk)
 *                       \--pump--> lagging subscribers (each at its own cursor)
 *
 * A quiet hub sends an event at once; what follows within `batchMs` leaves in one write per subscriber.
 */
import { type Clock, systemClock } from './clock.ts';
import { formatCursor } from './cursor.ts';
import type { WireEvent, WireSignal } from './event.ts';
import { encodeFrame } from './frame.ts';
import {
  createHistory,
  defaultBounds,
  type Entry,
  type HistoryBounds,
  judge,
  type ResetReason,
  serviceFrameOf,
  type Window,
} from './history.ts';
import { changesAudience, effectOf, hears, type Listener, type Subscriber } from './subscriber.ts';
import { topic } from './topic.ts';

export type { Listener, Sink } from './subscriber.ts';

export type ByeReason = 'age' | 'slow' | 'shutdown' | 'token' | 'revoked';

/** Every bound of a hub, each with its unit. */
export interface HubOptions extends HistoryBounds {
  clock: Clock;
  /** 0 to 1, as `Math.random`. */
  random(): number;
  /** Time between pings, +-20 % per subscriber; service streams have their own. */
  pingMs: number;
  servicePingMs: number;
  /** Longest life of a stream, +-20 % per subscriber. */
  maxAgeMs: number;
  /** How long events gather after one has been sent. */
  batchMs: number;
  /** How long a cursor ahead of the head is waited for (S3). */
  aheadMs: number;
  /** How long a sink may stay full before its stream is closed with `bye slow` (S5). */
  stalledMs: number;
  /** Over how long a shutdown asks its readers to come back. */
  spreadMs: number;
  /** Bytes that a replay writes at most in one chunk. */
  chunkBytes: number;
}

export const defaultHubOptions: HubOptions = {
  ...defaultBounds,
  clock: systemClock,
  random: Math.random,
  pingMs: 20_000,
  servicePingMs: 2000,
  maxAgeMs: 20 * 60_000,
  batchMs: 20,
  aheadMs: 2000,
  stalledMs: 30_000,
  spreadMs: 5000,
  chunkBytes: 65_536,
};

export interface Hub {
  /** What the ring covers; `undefined` before the first `start`. */
  readonly window: Readonly<Window> | undefined;
  /** Open streams, service streams included. */
  readonly readers: number;
  /** Bytes of frames in the ring. */
  readonly bytes: number;
  /** Begins at a position with an empty ring; readers that it does not cover are told `reset`. */
  start(epoch: string, pos: number): void;
  /** The site's next event. @throws on a hole. */
  append(event: WireEvent, to: readonly string[]): void;
  /** Passes a signal on to the topics; typing never to the typist. */
  signal(signal: WireSignal, to: readonly string[]): void;
  /** Opens a stream: `hello` leaves before this returns. The answer closes it without a word: the reader has gone. */
  subscribe(listener: Listener): () => void;
  /** Ends every stream of a session with `bye revoked`, for a revocation that has not come through the log yet. */
  revoke(sid: string): void;
  /** Told of every event after it went out: how an owner drops grants and cached snapshots. */
  onEvent(run: (event: WireEvent) => void): void;
  /** Ends every stream with `bye`; the hub is over. */
  close(reason?: ByeReason): void;
}

/** How often the one timer looks after pings, ages and stalled sinks. */
const tickMs = 500;

export function createHub(given: Partial<HubOptions> = {}): Hub {
  const options = { ...defaultHubOptions, ...given };
  const { clock, random } = options;
  const history = createHistory(options);
  const byTopic = new Map<string, Set<Subscriber>>();
  const services = new Set<Subscriber>();
  const subscribers = new Set<Subscriber>();
  /** Those whose cursor is ahead of the head. */
  const waiting = new Set<Subscriber>();
  /** Those who lost a topic that a later event may give back. */
  const partial = new Set<Subscriber>();
  const watchers: Array<(event: WireEvent) => void> = [];
  /** Chunks of a replay, shared by all who resume from the same place; dropped when the ring changes. */
  const replays = new Map<string, Uint8Array>();
  let started = false;
  let flushed = 0;
  /** Armed while events gather; its callback flushes. */
  let cancelCooling: (() => void) | undefined;
  let cancelTick: (() => void) | undefined;
  let closed = false;

  const jitter = (ms: number) => Math.round(ms * (0.8 + 0.4 * random()));
  const cursorAt = (pos: number) => formatCursor(history.window.epoch, pos);
  const positionOf = ({ standing }: Subscriber) => ('pos' in standing ? standing.pos : flushed);

  function listen(subscriber: Subscriber, name: string) {
    subscriber.topics.add(name);
    const set = byTopic.get(name) ?? new Set();
    byTopic.set(name, set.add(subscriber));
  }

  function unlisten(subscriber: Subscriber, name: string) {
    subscriber.topics.delete(name);
    const set = byTopic.get(name);
    set?.delete(subscriber);
    if (set?.size === 0) byTopic.delete(name);
  }

  /** Forgets a subscriber; its last words are written already. */
  function drop(subscriber: Subscriber) {
    if (subscriber.standing.is === 'closed') return;
    if (subscriber.standing.is === 'waiting') subscriber.standing.cancel();
    subscriber.standing = { is: 'closed' };
    subscribers.delete(subscriber);
    services.delete(subscriber);
    waiting.delete(subscriber);
    partial.delete(subscriber);
    for (const name of [...subscriber.topics]) unlisten(subscriber, name);
    subscriber.listener.sink.close();
    subscriber.listener.onClose?.();
    if (subscribers.size === 0) {
      cancelTick?.();
      cancelTick = undefined;
    }
  }

  function bye(subscriber: Subscriber, reason: ByeReason) {
    if (subscriber.standing.is === 'closed') return;
    const spreadMs = reason === 'shutdown' ? options.spreadMs : reason === 'slow' ? 2000 : 0;
    const retryMs = Math.round(random() * spreadMs);
    subscriber.listener.sink.write(encodeFrame({ event: 'bye', data: { reason, retryMs } }));
    drop(subscriber);
  }

  function reset(subscriber: Subscriber, reason: ResetReason) {
    if (subscriber.standing.is === 'closed') return;
    // A new epoch sends everybody for a snapshot at once: spread them.
    const afterMs = Math.round(random() * (reason === 'epoch' ? options.spreadMs : 1000));
    subscriber.listener.sink.write(encodeFrame({ event: 'reset', data: { reason, afterMs } }));
    drop(subscriber);
  }

  /** Writes and, where the sink is full, lets the subscriber lag from `pos` on. */
  function write(subscriber: Subscriber, chunk: Uint8Array, pos: number): boolean {
    if (subscriber.listener.sink.write(chunk)) return true;
    if (subscriber.standing.is === 'closed') return false;
    subscriber.standing = { is: 'lagging', pos, full: true, sinceMs: clock.now() };
    subscriber.listener.sink.onDrain(() => {
      if (subscriber.standing.is !== 'lagging') return;
      subscriber.standing.full = false;
      pump(subscriber);
    });
    return false;
  }

  const frameFor = (subscriber: Subscriber, entry: Entry) =>
    subscriber.listener.topics === '*' ? serviceFrameOf(entry, history.window.epoch) : entry.frame;

  /** Carries out what an event means for one subscriber, who stands right after it. `false`: go no further now. */
  function applyEffect(subscriber: Subscriber, entry: Entry): boolean {
    const effect = effectOf(subscriber, entry);
    switch (effect.is) {
      case 'nothing':
        return true;
      case 'regain':
        listen(subscriber, effect.topic);
        return true;
      case 'drop':
        unlisten(subscriber, effect.topic);
        partial.add(subscriber);
        return revokeIfDeaf(subscriber, entry.event.pos);
      case 'end':
        bye(subscriber, 'revoked');
        return false;
      case 'recheck':
        hold(subscriber, effect.topic, entry.event.pos);
        return false;
    }
  }

  /** A stream none of whose asked topics is left ends, unless a replay may still give one back. */
  function revokeIfDeaf(subscriber: Subscriber, pos: number): boolean {
    if (subscriber.listener.topics === '*' || pos < history.window.head) return true;
    for (const name of subscriber.asked) if (subscriber.topics.has(name)) return true;
    bye(subscriber, 'revoked');
    return false;
  }

  /** Frames wait until the hop has heard whether this reader may still listen. */
  function hold(subscriber: Subscriber, name: string, pos: number) {
    if (subscriber.standing.is === 'closed') return;
    const full = subscriber.standing.is === 'lagging' && subscriber.standing.full;
    subscriber.standing = { is: 'lagging', pos, full, sinceMs: clock.now() };
    subscriber.holds.add(name);
    const settle = (allowed: boolean) => {
      subscriber.holds.delete(name);
      if (subscriber.standing.is === 'closed') return;
      if (!allowed) {
        unlisten(subscriber, name);
        subscriber.asked.delete(name);
        if (!revokeIfDeaf(subscriber, history.window.head)) return;
      }
      pump(subscriber);
    };
    subscriber.listener.recheck?.(name).then(settle, () => bye(subscriber, 'shutdown'));
  }

  /** Lets a lagging subscriber read on from the ring until it is live, full, held or gone. */
  function pump(subscriber: Subscriber) {
    while (subscriber.standing.is === 'lagging' && !subscriber.standing.full && subscriber.holds.size === 0) {
      const from = subscriber.standing.pos;
      if (from < history.window.oldest) return bye(subscriber, 'slow');
      if (from >= flushed) {
        subscriber.standing = { is: 'live' };
        if (!revokeIfDeaf(subscriber, history.window.head)) return;
        return sendReady(subscriber);
      }
      if (subscriber.readyAt !== undefined && from >= subscriber.readyAt) sendReady(subscriber);
      if (subscriber.standing.is !== 'lagging' || subscriber.standing.full) return;
      step(subscriber, from);
    }
  }

  /** One chunk of a replay: entries after `from` up to the chunk's size or an event that changes the audience. */
  function step(subscriber: Subscriber, from: number) {
    const entries: Entry[] = [];
    let last: Entry | undefined;
    let pos = from;
    let size = 0;
    const end = subscriber.readyAt !== undefined && from < subscriber.readyAt ? subscriber.readyAt : flushed;
    while (pos < end && size < options.chunkBytes) {
      last = history.at(pos + 1);
      if (!last) return bye(subscriber, 'slow');
      pos += 1;
      // A newcomer hears his own joining: the topic is back before the match.
      if (effectOf(subscriber, last).is === 'regain') listen(subscriber, topic.thread(last.event.thread ?? ''));
      if (hears(subscriber, last)) {
        entries.push(last);
        size += last.bytes;
      }
      if (changesAudience(last.event)) break;
    }
    (subscriber.standing as { pos: number }).pos = pos;
    if (entries.length) write(subscriber, replayChunk(subscriber, entries), pos);
    if (last && subscriber.standing.is === 'lagging') applyEffect(subscriber, last);
  }

  function replayChunk(subscriber: Subscriber, entries: Entry[]): Uint8Array {
    const service = subscriber.listener.topics === '*';
    const key = `${service}${entries.map(({ event }) => event.pos).join()}`;
    const held = replays.get(key);
    if (held) return held;
    const chunk = joined(entries.map((entry) => frameFor(subscriber, entry)));
    if (replays.size > 64) replays.clear();
    replays.set(key, chunk);
    return chunk;
  }

  function sendReady(subscriber: Subscriber) {
    if (subscriber.readyAt === undefined || subscriber.standing.is === 'closed') return;
    subscriber.readyAt = undefined;
    const pos = positionOf(subscriber);
    const cursor = cursorAt(pos);
    write(subscriber, encodeFrame({ event: 'ready', id: cursor, data: { cursor } }), pos);
  }

  /** At once in a quiet spell; within `batchMs` of the last flush the timer armed there will do it. */
  function scheduleFlush() {
    if (!cancelCooling) flush();
  }

  function cool() {
    cancelCooling?.();
    cancelCooling = clock.after(options.batchMs, () => {
      cancelCooling = undefined;
      flush();
    });
  }

  /** Sends what has gathered to the live subscribers it is for. */
  function flush() {
    const { head } = history.window;
    if (flushed >= head) return;
    replays.clear();
    const entries: Entry[] = [];
    for (let pos = Math.max(flushed, history.window.oldest) + 1; pos <= head; pos += 1)
      entries.push(history.at(pos) as Entry);
    const touched = gather(entries);
    flushed = head;

    const chunks = new Map<string, Uint8Array>();
    const whole = entries.length === 1;
    for (const subscriber of touched) {
      const { due } = subscriber;
      subscriber.due = [];
      if (subscriber.standing.is !== 'live') continue;
      const service = subscriber.listener.topics === '*';
      // Most share one audience: the key is then the same and so is the chunk.
      const key = whole ? String(service) : `${service}${due.join()}`;
      let chunk = chunks.get(key);
      if (!chunk) {
        chunk = joined(due.map((index) => frameFor(subscriber, entries[index] as Entry)));
        chunks.set(key, chunk);
      }
      write(subscriber, chunk, head);
      if (whole && entries[0] && changesAudience(entries[0].event)) applyEffect(subscriber, entries[0]);
    }
    // From the end, and by a timer: a flush that takes longer than `batchMs`, or a late loop, must still let events gather.
    cool();
    arrive();
  }

  /** Finds by topic who hears the entries; notes the indexes on each. */
  function gather(entries: Entry[]): Set<Subscriber> {
    const touched = new Set<Subscriber>();
    const note = (subscriber: Subscriber, index: number) => {
      if (subscriber.due.at(-1) === index) return;
      subscriber.due.push(index);
      touched.add(subscriber);
    };
    entries.forEach((entry, index) => {
      for (const name of entry.to) for (const subscriber of byTopic.get(name) ?? []) note(subscriber, index);
      for (const subscriber of services) note(subscriber, index);
      for (const subscriber of partial) if (effectOf(subscriber, entry).is === 'regain') note(subscriber, index);
    });
    return touched;
  }

  /** Readers whose cursor was ahead may have been caught up with. */
  function arrive() {
    for (const subscriber of waiting) {
      const { standing } = subscriber;
      if (standing.is !== 'waiting' || standing.pos > history.window.head) continue;
      standing.cancel();
      waiting.delete(subscriber);
      begin(subscriber, standing.pos);
    }
  }
  function begin(subscriber: Subscriber, pos: number) {
    subscriber.readyAt = history.window.head;
    subscriber.standing = { is: 'lagging', pos, full: false, sinceMs: clock.now() };
    pump(subscriber);
  }

  function tick() {
    const nowMs = clock.now();
    for (const subscriber of [...subscribers]) {
      const { standing } = subscriber;
      if (nowMs >= subscriber.endsAtMs) bye(subscriber, subscriber.endReason);
      else if (standing.is === 'lagging' && standing.full) {
        if (nowMs - standing.sinceMs > options.stalledMs || standing.pos < history.window.oldest)
          bye(subscriber, 'slow');
      } else if (nowMs >= subscriber.pingAtMs && standing.is !== 'waiting') {
        subscriber.pingAtMs = nowMs + subscriber.pingMs;
        const pos = positionOf(subscriber);
        const cursor = cursorAt(pos);
        write(subscriber, encodeFrame({ event: 'ping', id: cursor, data: { cursor } }), pos);
      }
    }
    cancelTick = subscribers.size > 0 && !closed ? clock.after(tickMs, tick) : undefined;
  }

  return {
    get window() {
      return started ? history.window : undefined;
    },
    get readers() {
      return subscribers.size;
    },
    get bytes() {
      return history.bytes;
    },

    start(epoch, pos) {
      const renewed = started && epoch !== history.window.epoch;
      flush();
      const behind = [...subscribers].filter((subscriber) => renewed || positionOf(subscriber) !== pos);
      history.start(epoch, pos);
      replays.clear();
      flushed = pos;
      if (started) for (const subscriber of behind) reset(subscriber, renewed ? 'epoch' : 'expired');
      started = true;
    },

    append(event, to) {
      if (!started) throw new Error('The hub was not started.');
      const message = event.message as { id: string; content: string } | undefined;
      if (message && event.type !== 'message.posted') {
        flush();
        if (history.rewrite(message.id, message.content)) replays.clear();
      }
      const alone = changesAudience(event);
      // What gathered before it leaves first, then it leaves alone: its effect holds exactly from here on.
      if (alone) flush();
      history.append(event, to);
      if (event.type === 'user.erased') {
        flush();
        history.empty();
        replays.clear();
      } else if (alone) flush();
      else scheduleFlush();
      for (const run of watchers) run(event);
    },

    signal(signal, to) {
      const frame = encodeFrame({ event: 'signal', data: signal });
      const heard = new Set<Subscriber>();
      for (const name of to) for (const subscriber of byTopic.get(name) ?? []) heard.add(subscriber);
      const typist = signal.type === 'typing' ? (signal.user as { id?: string } | undefined)?.id : undefined;
      for (const subscriber of heard)
        if (subscriber.standing.is === 'live' && (!typist || subscriber.listener.user !== typist))
          write(subscriber, frame, flushed);
      if (services.size === 0) return;
      const serviceFrame = encodeFrame({ event: 'signal', data: { ...signal, to } });
      for (const subscriber of services)
        if (subscriber.standing.is === 'live') write(subscriber, serviceFrame, flushed);
    },

    subscribe(listener) {
      if (!started || closed) throw new Error('The hub is not running.');
      flush();
      const nowMs = clock.now();
      const service = listener.topics === '*';
      const pingMs = jitter(service ? options.servicePingMs : options.pingMs);
      const maxAgeMs = jitter(options.maxAgeMs);
      const expiresAtMs = listener.expiresAtMs ?? Number.POSITIVE_INFINITY;
      const asked = new Set(listener.topics === '*' ? [] : listener.topics);
      const subscriber: Subscriber = {
        listener,
        topics: new Set(),
        asked,
        standing: { is: 'live' },
        readyAt: undefined,
        pingMs,
        pingAtMs: nowMs + pingMs,
        endsAtMs: Math.min(nowMs + maxAgeMs, expiresAtMs),
        endReason: expiresAtMs < nowMs + maxAgeMs ? 'token' : 'age',
        holds: new Set(),
        due: [],
      };
      subscribers.add(subscriber);
      if (service) services.add(subscriber);
      else for (const name of [...asked, topic.all]) listen(subscriber, name);
      if (listener.sid) listen(subscriber, topic.session(listener.sid));
      cancelTick ??= clock.after(tickMs, tick);

      const { window } = history;
      const hello = { epoch: window.epoch, cursor: cursorAt(window.head), pingMs, maxAgeMs, ...listener.hello };
      const first = encodeFrame({ event: 'hello', retry: 3000 + Math.round(random() * 5000), data: hello });
      listener.sink.write(listener.preface ? joined([first, listener.preface]) : first);

      const tail = listener.cursor ? 0 : (listener.tail ?? 0);
      const verdict = judge(listener.cursor, window);
      if (verdict.is === 'reset') reset(subscriber, verdict.reason);
      else if (verdict.is === 'ahead') {
        const cancel = clock.after(options.aheadMs, () => {
          waiting.delete(subscriber);
          reset(subscriber, 'ahead');
        });
        subscriber.standing = { is: 'waiting', pos: verdict.pos, cancel };
        waiting.add(subscriber);
      } else begin(subscriber, Math.max(window.oldest, verdict.pos - tail));
      return () => drop(subscriber);
    },

    revoke(sid) {
      for (const subscriber of [...(byTopic.get(topic.session(sid)) ?? [])]) bye(subscriber, 'revoked');
    },

    onEvent(run) {
      watchers.push(run);
    },

    close(reason = 'shutdown') {
      if (closed) return;
      if (started) flush();
      closed = true;
      cancelCooling?.();
      cancelTick?.();
      for (const subscriber of [...subscribers]) bye(subscriber, reason);
      waiting.clear();
    },
  };
}

function joined(chunks: Uint8Array[]): Uint8Array {
  if (chunks.length === 1 && chunks[0]) return chunks[0];
  const whole = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}
