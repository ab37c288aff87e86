/** The one stream of a client: every open thread rides on it, whatever their number (six connections per origin). */
import {
  backoffMs,
  type ChatError,
  type Clock,
  isBefore,
  type LineEvent,
  read,
  readEvent,
  type Subscription,
  signal as signalShape,
  subscribe,
} from '@payload-chat/protocol';
import { nextConnection } from './connection.ts';
import { sameEpoch } from './epoch.ts';
import type { KeptThread } from './kept-thread.ts';
import { later } from './later.ts';
import type { createLateness } from './more/lateness.ts';
import type { Session } from './session.ts';
import type { Connection } from './view.ts';

export interface LineOptions {
  /** All threads, the closed ones too. */
  threads(): KeptThread[];
  session(): Session;
  /** Opens a stream; `query` names its topics. */
  open(query: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response>;
  /** The network may be back, or the server is there at that time: whoever waits tries now. */
  wake(atMs?: number): void;
  onFrame: ((event: LineEvent) => void) | undefined;
  clock: Clock;
  random: () => number;
  /** Says `online`, `offline`, `pagehide`, `pageshow`, `visibilitychange`. */
  events: EventTarget | null;
}

export interface Line {
  readonly connection: Connection;
  /** Topics came or went, or a thread needs what follows `cursor`: opens, moves or ends the stream as need be. */
  sync(cursor?: string): void;
  /** Opens the next stream beside this one: the token is another. */
  renew(): void;
  /** Whoever waits, the stream too, tries now. */
  hasten(): void;
  /** Ends the stream; `sync` may begin a new one. */
  end(): void;
  /** After `end`: hears no more of the page. */
  close(): void;
}

/** How often the clock is looked at, and how far it must have jumped to say that the machine slept. */
const beatMs = 20_000;
const sleptMs = 90_000;
/** How soon at the earliest a stream that was refused for good is tried again. */
const refusedMs = 1000;
const heard = ['online', 'offline', 'pagehide', 'pageshow', 'visibilitychange'];

export function createLine({ threads, session, open, wake, onFrame, clock, random, events }: LineOptions): Line {
  let connection: Connection = { is: 'connecting' };
  let stream: Subscription | undefined;
  /** The topics of the stream that was opened last, and the token it was opened with. */
  let opened: string[] = [];
  let token = '';
  let refusals = 0;
  /** Why what comes comes late, and who finds out. */
  let held: string | undefined;
  let judge: ReturnType<typeof createLateness> | undefined;
  let unplugged = globalThis.navigator?.onLine === false;
  let cancelBeat = () => {};
  let cancelRetry = () => {};

  /** What the open threads need to hear; `undefined` where none does. Nothing: it is not known yet. */
  function topics(): string[] | undefined {
    const needs = threads().flatMap(({ topic }) => topic ?? []);
    const named = new Set(needs.filter(Boolean));
    if (named.size && session().user?.kind !== 'guest') named.add('me');
    return needs.length ? [...named] : undefined;
  }

  /** From where all of them can go on. */
  const cursor = () => threads().reduce((first, { cursor: at }) => (at && isBefore(at, first) ? at : first), none);

  function look() {
    const next = nextConnection(connection, stream?.state, unplugged, clock.now(), refusals, held);
    if (next === connection) return;
    connection = next;
    for (const thread of threads()) thread.changed();
  }

  const refresh = () => Promise.all(threads().map((thread) => thread.refresh()));

  /** Opens a stream of the topics and the token that there are. */
  const ask = (last: string | undefined, signal: AbortSignal) =>
    open(
      opened.map((name) => `topic=${encodeURIComponent(name)}`).join('&'),
      { Authorization: `Bearer ${token}`, ...(last ? { 'Last-Event-ID': last } : {}) },
      signal,
    );

  /** The stream brings what there is late: what is new is asked for meanwhile. */
  function tell(why?: string) {
    held = why;
    look();
    if (why) void refresh();
  }

  function begin() {
    end();
    const mine = subscribe({
      clock,
      random,
      cursor: cursor(),
      async open(last, signal) {
        token = await session()
          .token()
          .catch((failure: ChatError) => {
            throw failure.cause ?? failure; // A network that broke there is broken here as well.
          });
        opened = topics() ?? [];
        return ask(last, signal);
      },
      onLine(event) {
        onFrame?.(event);
        judge ??= later._lateness?.(clock, ask, tell);
        void judge?.(event);
      },
      async onUnauthorized() {
        session().refuse(token);
        await session().token();
      },
      onEvent(wire) {
        const event = readEvent(wire);
        wake(clock.now());
        for (const thread of threads()) thread.onEvent(wire, event);
      },
      onSignal(wire) {
        const signal = read(signalShape, wire);
        if (signal) for (const thread of threads()) thread.onSignal(signal);
      },
      onReady(reached) {
        for (const thread of threads()) thread.lookAgain(reached);
      },
      async onReset() {
        await refresh();
        return cursor();
      },
      onState(state) {
        if (mine !== stream) return;
        // A browser that thinks itself offline may still reach this machine's own edge.
        if (state.is === 'live') unplugged = false;
        look();
        if (state.is === 'live') {
          refusals = 0;
          wake();
        }
        // What the stream does not bring is asked for.
        if (state.is === 'waiting' && connection.is === 'slow') void refresh();
        if (state.is !== 'stopped') return;
        cancelRetry = clock.after(Math.max(refusedMs, backoffMs(refusals++, random)), refresh);
      },
    });
    stream = mine;
    beat();
  }

  function beat() {
    const lastMs = clock.now();
    cancelBeat = clock.after(beatMs, () => {
      // A stream that was open when the machine fell asleep may be dead without knowing.
      if (clock.now() - lastMs > sleptMs) hasten(true);
      beat();
    });
  }

  function end() {
    cancelBeat();
    cancelRetry();
    const last = stream;
    stream = undefined;
    opened = [];
    last?.close();
  }

  function hasten(reopen?: boolean) {
    if (reopen) stream?.move();
    stream?.nudge();
    wake();
  }

  function sync(needed?: string) {
    const names = topics();
    if (!names) end();
    else if (!names.length) return;
    // A snapshot of another epoch: which of the two is over shows when the stream begins anew.
    else if (!stream || stream.state.is === 'stopped' || !sameEpoch(needed, stream.cursor)) begin();
    else {
      const back = needed !== undefined && isBefore(needed, stream.cursor);
      if (back || names.some((name) => !opened.includes(name))) stream.move(back ? needed : stream.cursor);
    }
    look();
  }

  function hear({ type }: Event) {
    // A browser's cache keeps no page for long that has a request under way; and nobody looks at it there.
    if (type === 'pagehide') return end();
    if (type.endsWith('line')) unplugged = type === 'offline';
    if (type === 'pageshow') sync();
    look();
    if (!unplugged) hasten(type === 'online');
  }
  for (const name of heard) events?.addEventListener(name, hear);

  return {
    get connection() {
      return connection;
    },
    sync,
    renew: () => stream?.move(),
    hasten,
    end() {
      end();
      look();
    },
    close() {
      for (const name of heard) events?.removeEventListener(name, hear);
    },
  };
}

const none: string | undefined = undefined;
