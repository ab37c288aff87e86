/**
 * The fan-out of one site: subscribers as cursors over one history. Server, Node edge and Durable Object use this one.
 *
 *   feed --append--> history --flush--> live subscribers     (fan-out: found by topic, one shared chunk)
 *                       \------pump---> lagging subscribers  (delivery, replay: each at its own cursor)
 */
import { createAudience } from './audience.ts';
import { createBatch } from './batch.ts';
import { formatCursor } from './cursor.ts';
import { type ByeReason, createDelivery } from './delivery.ts';
import { ChatError } from './errors.ts';
import type { WireEvent, WireSignal } from './event.ts';
import { fanOut, type Outgoing } from './fan-out.ts';
import { encodeFrame, joinFrames } from './frame.ts';
import { createHeartbeat } from './heartbeat.ts';
import { createHistory, type Entry, type Window } from './history.ts';
import { defaultHubOptions, type HubOptions, jittered } from './hub-options.ts';
import { createReplay } from './replay.ts';
import { endNames, isEnded, readEndWord } from './session-end.ts';
import { dateOf } from './steady-clock.ts';
import { changesAudience, effectOf, type Listener, type Subscriber } from './subscriber.ts';
import { topic } from './topic.ts';

export type { ByeReason } from './delivery.ts';
export { defaultHubOptions, type HubOptions } from './hub-options.ts';
export type { Listener, Sink } from './subscriber.ts';

export interface Hub {
  /** What the ring covers; `undefined` before the first `start`. */
  readonly window: Readonly<Window> | undefined;
  /** Open streams, service streams included. */
  readonly readers: number;
  /** Bytes of frames in the ring. */
  readonly bytes: number;
  /**
   * Begins at a position with an empty ring. Another epoch resets everybody; in the same one a reader whose place the
   * events that follow reach within `aheadMs` goes on from it, the others are told `reset`.
   */
  start(epoch: string, pos: number): void;
  /** The site's next event, without a field `to`. @throws on a hole. */
  append(event: WireEvent, to: readonly string[]): void;
  /** Passes a signal on to the topics; typing never to the typist. May be lost. */
  signal(signal: WireSignal, to: readonly string[]): void;
  /**
   * Opens a stream: `hello` leaves before this returns. The answer closes it without a word: the reader has gone.
   * @throws ChatError `unavailable` before the first `start` and after `drain` or `close`.
   */
  subscribe(listener: Listener): () => void;
  /** Ends every stream of ended sessions with `bye revoked`, for an end that has not come through the log. */
  revoke(endWord: string): void;
  /** Told of every event when it is in the ring, before it goes out: how an owner drops grants and cached snapshots. */
  onEvent(run: (event: WireEvent) => void): void;
  /** Drops the oldest of the ring until so many bytes are left: several hubs share one memory. */
  shrink(bytes: number): void;
  /**
   * Takes no more streams and ends those there are with `bye shutdown`, each at a moment of its own within `ms`; until
   * then they hear everything. `close` ends what is left.
   */
  drain(ms: number): void;
  /** Ends every stream with `bye`; the hub is over, what is appended later goes nowhere. */
  close(reason?: ByeReason): void;
}

export function createHub(given: Partial<HubOptions> = {}): Hub {
  const options = { ...defaultHubOptions, ...given };
  const { clock, random } = options;
  const history = createHistory(options);
  const audience = createAudience();
  const replay = createReplay(history, options.chunkBytes);
  const watchers: Array<(event: WireEvent) => void> = [];
  let state: 'new' | 'running' | 'closed' = 'new';
  let isDraining = false;
  /** The position that every live subscriber has; behind the head while events gather. */
  let flushed = 0;
  /** Events after `flushed`, and signals, in the order they came. */
  let gathered: Array<Entry | Outgoing> = [];
  let gatheredBytes = 0;
  let flushing = false;
  const delivery = createDelivery({ options, history, audience, replay, flushed: () => flushed });
  // No other hub's clock is near this one: a reader who compares two of them sees it.
  const zeroMs = random() * 1e12;
  const atMs = () => Math.round(zeroMs + clock.now());
  const heartbeat = createHeartbeat(options, history, audience, delivery, atMs);
  const batch = createBatch(clock, options.batchMs, flush);

  function gather(item: Entry | Outgoing, now: boolean) {
    gathered.push(item);
    gatheredBytes += item.frame.byteLength;
    if (now || gatheredBytes >= options.chunkBytes) flush();
    else batch.gathered();
  }

  /** Sends what has gathered, if anything. What is appended by a sink's doing leaves after it, in this same call. */
  function flush(): boolean {
    if (flushing || gathered.length === 0) return false;
    flushing = true;
    const beganMs = clock.now();
    while (gathered.length > 0) {
      const turnAt = gathered.findIndex((item) => 'event' in item && changesAudience(item.event));
      const run = turnAt < 0 ? gathered : gathered.slice(0, turnAt + 1);
      gathered = turnAt < 0 ? [] : gathered.slice(turnAt + 1);
      sendRun(run, turnAt < 0 ? undefined : (run[turnAt] as Entry));
    }
    gatheredBytes = 0;
    flushing = false;
    batch.flushed(clock.now() - beganMs);
    delivery.arrive();
    return true;
  }

  /** One write for each live subscriber who hears any of it; `turn`, its last, may then change what they hear. */
  function sendRun(run: Array<Entry | Outgoing>, turn: Entry | undefined) {
    const last = run.findLast((item) => 'event' in item) as Entry | undefined;
    flushed = last?.event.pos ?? flushed;
    const regaining: Subscriber[] = [];
    for (const subscriber of turn ? audience.partial : [])
      if (turn && effectOf(subscriber, turn).is === 'regain') regaining.push(subscriber);
    fanOut(run, audience, regaining, (subscriber, chunk) => {
      if (subscriber.standing.is !== 'live') return;
      delivery.give(subscriber, chunk, flushed);
      if (turn) delivery.effect(subscriber, effectOf(subscriber, turn), turn.event.pos);
    });
  }

  return {
    get window() {
      return state === 'new' ? undefined : history.window;
    },
    get readers() {
      return audience.all.size;
    },
    get bytes() {
      return history.bytes;
    },

    start(epoch, pos) {
      if (state === 'closed') return;
      if (flushing) throw new Error('A sink must not begin its hub anew.');
      flush();
      const places = [...audience.all].map((subscriber) => ({
        subscriber,
        cursor: formatCursor(history.window.epoch, delivery.positionOf(subscriber)),
      }));
      if (epoch !== history.window.epoch) delivery.renew(places.length);
      history.start(epoch, pos);
      replay.forget();
      flushed = pos;
      state = 'running';
      for (const { subscriber, cursor } of places) delivery.place(subscriber, cursor);
    },

    append(event, to) {
      if (state === 'closed') return;
      if (state === 'new') throw new Error('The hub was not started.');
      const text = contentAfter(event);
      if (text) {
        history.rewrite(text.id, text.content);
        replay.forget();
      }
      const entry = history.append(event, to);
      try {
        // Before it goes out: a recheck that it causes must not be answered from a grant that it ends.
        for (const run of watchers) run(event);
      } finally {
        gather(entry, changesAudience(event) || event.type === 'user.erased');
      }
      if (event.type !== 'user.erased') return;
      history.empty();
      replay.forget();
    },

    signal(signal, to) {
      if (state !== 'running') return;
      const typist = signal.type === 'typing' ? (signal.user as { id?: string } | undefined)?.id : undefined;
      gather({ to, frame: encodeFrame({ event: 'signal', data: signal }), except: typist }, false);
    },

    subscribe(listener) {
      if (state !== 'running' || isDraining) throw new ChatError('unavailable');
      const subscriber = newSubscriber(listener, options, history.window.head);
      audience.add(subscriber);
      if (!subscriber.service) {
        for (const name of [...subscriber.asked, topic.all]) audience.listen(subscriber, name);
        for (const name of endNames(listener)) audience.listen(subscriber, topic.session(name));
      }
      heartbeat.wake();

      const { window } = history;
      const head = formatCursor(window.epoch, window.head);
      const { pingMs, maxAgeMs } = subscriber;
      const hello = { epoch: window.epoch, cursor: head, pingMs, maxAgeMs, atMs: atMs(), ...listener.hello };
      const first = encodeFrame({ event: 'hello', retry: 3000 + Math.round(random() * 5000), data: hello });
      // Not live yet, so a full sink only holds what follows.
      delivery.give(subscriber, listener.preface ? joinFrames([first, listener.preface]) : first, window.head);
      const tailAt = Math.max(window.oldest, window.head - (listener.tail ?? 0));
      delivery.place(subscriber, listener.cursor || formatCursor(window.epoch, tailAt));
      return () => delivery.drop(subscriber);
    },

    revoke(word) {
      const end = readEndWord(word);
      for (const subscriber of audience.of(topic.session(end.sid)))
        if (isEnded(end, subscriber.listener)) delivery.bye(subscriber, 'revoked');
    },

    onEvent(run) {
      watchers.push(run);
    },

    shrink(bytes) {
      history.shrink(bytes);
    },

    drain(ms) {
      isDraining = true;
      const nowMs = clock.now();
      for (const subscriber of audience.all) {
        const endsAtMs = nowMs + random() * ms;
        if (endsAtMs >= subscriber.endsAtMs) continue;
        subscriber.endsAtMs = endsAtMs;
        subscriber.endReason = 'shutdown';
      }
    },

    close(reason = 'shutdown') {
      if (state === 'closed') return;
      flush();
      state = 'closed';
      batch.close();
      heartbeat.close();
      for (const subscriber of audience.all) delivery.bye(subscriber, reason);
    },
  };
}

/** What the event leaves of a message's text: earlier events that carry it are rewritten (I16). */
function contentAfter(event: WireEvent): { id: string; content: string } | undefined {
  if (!['message.edited', 'message.deleted', 'message.erased'].includes(event.type)) return undefined;
  const message = event.message as { id: string; content?: string } | undefined;
  return message && { id: message.id, content: event.type === 'message.edited' ? (message.content ?? '') : '' };
}

function newSubscriber(listener: Listener, options: HubOptions, head: number): Subscriber {
  const { clock, random } = options;
  const nowMs = clock.now();
  const service = listener.topics === '*';
  const pingMs = jittered(service ? options.servicePingMs : options.pingMs, random);
  const maxAgeMs = jittered(options.maxAgeMs, random);
  const leftMs = (listener.expiresAtMs ?? Number.POSITIVE_INFINITY) - dateOf(clock);
  return {
    listener,
    service,
    topics: new Set(),
    asked: new Set(service ? [] : listener.topics),
    standing: { is: 'waiting', pos: head, cancel: () => {} },
    holds: undefined,
    readyAt: head,
    pingMs,
    pingAtMs: nowMs + pingMs,
    maxAgeMs,
    endsAtMs: nowMs + Math.min(maxAgeMs, leftMs),
    endReason: leftMs < maxAgeMs ? 'token' : 'age',
    share: undefined,
  };
}
