/** The one stream of a client: every open thread rides on it, whatever their number (six connections per origin). */
import {
  backoffMs,
  type Clock,
  isBefore,
  type LineEvent,
  type StreamResponse,
  type Subscription,
  type SubscriptionOptions,
  subscribe,
} from '@payload-chat/protocol';
import { nextConnection } from './connection.ts';
import type { Connection } from './view.ts';

export interface LineOptions extends Pick<SubscriptionOptions, 'onEvent' | 'onSignal' | 'onReady' | 'onUnauthorized'> {
  /** What the open threads need to hear now; `undefined`: no stream. Nothing: it is not known yet. */
  topics(): string[] | undefined;
  /** From where all of them can go on: the earliest of their cursors. */
  cursor(): string | undefined;
  connect(topics: string[], cursor: string | undefined, signal: AbortSignal): Promise<StreamResponse>;
  /** The cursor could not be honoured: every thread takes a fresh snapshot. */
  refresh(): Promise<unknown>;
  /** The edge refused the stream for good: every thread asks for itself. */
  onRefused(): void;
  onConnection(): void;
  /** The network may be back: whoever waits tries now. */
  onWake(): void;
  onLine: ((event: LineEvent) => void) | undefined;
  clock: Clock;
  random: () => number;
  /** Says `online`, `offline`, `pageshow`, `visibilitychange`. */
  events: EventTarget | null;
}

export interface Line {
  readonly connection: Connection;
  /** Topics came or went, or a thread needs what follows `cursor`: opens, moves or ends the stream as need be. */
  sync(cursor?: string): void;
  /** Opens the next stream beside this one: the token is another. */
  renew(): void;
  /** Ends the stream; `sync` may begin a new one. */
  end(): void;
  /** Ends it for good. */
  close(): void;
}

/** How often the clock is looked at, and how far it must have jumped to say that the machine slept. */
const beatMs = 20_000;
const sleptMs = 90_000;
/** How soon at the earliest a refused stream is tried again. */
const refusedMs = 1000;
const heard = ['online', 'offline', 'pageshow', 'visibilitychange'];

export function createLine(options: LineOptions): Line {
  const { clock, random, events } = options;
  let connection: Connection = { is: 'connecting' };
  let stream: Subscription | undefined;
  /** The topics of the stream that was opened last. */
  let opened: string[] = [];
  let resetting = false;
  let refusals = 0;
  let unplugged = globalThis.navigator?.onLine === false;
  let cancelBeat = () => {};
  let cancelRetry = () => {};

  function look() {
    const next = nextConnection(connection, stream?.state, unplugged, clock.now());
    if (next === connection) return;
    connection = next;
    options.onConnection();
  }

  function begin(cursor: string | undefined) {
    end();
    const mine = subscribe({
      ...options,
      cursor,
      open(from, signal) {
        opened = options.topics() ?? [];
        return options.connect(opened, from, signal);
      },
      async onReset() {
        resetting = true;
        try {
          await options.refresh();
        } finally {
          resetting = false;
        }
        return options.cursor();
      },
      onState(state) {
        if (mine !== stream) return;
        look();
        if (state.is === 'live') {
          refusals = 0;
          options.onWake();
        }
        if (state.is === 'stopped' && state.error)
          cancelRetry = clock.after(Math.max(refusedMs, backoffMs(refusals++, random)), options.onRefused);
      },
    });
    stream = mine;
    beat();
  }

  function beat() {
    const lastMs = clock.now();
    cancelBeat = clock.after(beatMs, () => {
      // A stream that was open when the machine fell asleep may be dead without knowing.
      if (clock.now() - lastMs > sleptMs) wake(true);
      beat();
    });
  }

  function end() {
    cancelBeat();
    cancelRetry();
    const last = stream;
    stream = undefined;
    opened = [];
    resetting = false;
    last?.close();
  }

  function wake(reopen: boolean) {
    if (reopen && stream?.state.is === 'live') stream.move();
    else stream?.nudge();
    options.onWake();
  }

  function hear(event: Event & { persisted?: boolean }) {
    const { type } = event;
    if (type.endsWith('line')) {
      unplugged = type === 'offline';
      look();
    }
    if (!unplugged && (type !== 'pageshow' || event.persisted)) wake(type !== 'visibilitychange');
  }
  for (const name of heard) events?.addEventListener(name, hear);

  return {
    get connection() {
      return connection;
    },
    sync(cursor) {
      const topics = options.topics();
      if (!topics) end();
      else if (!topics.length) return;
      else if (!stream || stream.state.is === 'stopped') begin(options.cursor());
      else if (!resetting) {
        const back = cursor !== undefined && isBefore(cursor, stream.cursor);
        if (back || topics.some((name) => !opened.includes(name))) stream.move(back ? cursor : stream.cursor);
      }
      look();
    },
    renew: () => stream?.move(),
    end() {
      end();
      look();
    },
    close() {
      end();
      for (const name of heard) events?.removeEventListener(name, hear);
    },
  };
}
