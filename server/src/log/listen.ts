/**
 * The LISTEN session: one connection of its own, outside the pool, that wakes this process when another one wrote and
 * carries signals between them. Everything it brings is a hint; the log is the truth.
 *
 *   connecting --ok--> listening --lost--> waiting --backoff--> connecting
 */
import { randomUUID } from 'node:crypto';
import {
  backoffMs,
  list,
  object,
  read,
  readWireSignal,
  steadyClock,
  text,
  type WireSignal,
} from '@payload-chat/protocol';
import type { PostgresAdapter } from '@payloadcms/db-postgres';
import { epochChannel } from './epoch.ts';

export interface ListenEvents {
  /** After each LISTEN, before anything it brings: positions may have moved, the epoch may be another. */
  connected(): void;
  /** Another process saw that the epoch is another one. */
  epochRenewed(): void;
  /** Another process wrote. */
  woken(): void;
  signalled(site: string, signal: WireSignal, to: string[]): void;
  log(error: unknown, message: string): void;
}

export interface ListenSession {
  readonly listening: boolean;
  /** Tells the other processes that something was written, at most once per `notifyEveryMs`. */
  notify(): void;
  /** Passes a signal to the other processes. Dropped while not listening, or when too large. */
  signal(site: string, signal: WireSignal, to: readonly string[]): void;
  close(): Promise<void>;
}

/** A write is told at once when the last telling is this long ago, in ms; else with the next one. */
export const notifyEveryMs = 20;
/** `pg_notify` carries at most 8,000 bytes. */
const signalBytes = 7900;
/** Signals that may wait for the session at once; more are dropped. */
const signalsWaiting = 100;

const carried = object({ from: text(), site: text(1), to: list(text(1)) });

type Client = InstanceType<PostgresAdapter['pg']['Client']>;

export function listen(
  { pg, poolOptions }: Pick<PostgresAdapter, 'pg' | 'poolOptions'>,
  events: ListenEvents,
): ListenSession {
  const self = randomUUID();
  let client: Client | undefined;
  let listening = false;
  let closed = false;
  let attempt = 0;
  let retry: NodeJS.Timeout | undefined;
  let telling: NodeJS.Timeout | undefined;
  let toldAtMs = Number.NEGATIVE_INFINITY;
  /** The session does one thing at a time. */
  let sending: Promise<void> = Promise.resolve();
  let waiting = 0;

  async function connect() {
    const mine = new pg.Client({ ...poolOptions, keepAlive: true, application_name: 'payload-chat listen' });
    client = mine;
    mine.on('error', (error) => lost(mine, error));
    mine.on('end', () => lost(mine));
    mine.on('notification', ({ channel, payload = '' }) => {
      if (channel === 'chat_log' && payload !== self) events.woken();
      if (channel === 'chat_signal') receive(payload);
      if (channel === epochChannel) events.epochRenewed();
    });
    try {
      await mine.connect();
      await mine.query('listen chat_log');
      await mine.query('listen chat_signal');
      await mine.query(`listen ${epochChannel}`);
      if (closed || client !== mine) return;
      listening = true;
      attempt = 0;
      events.connected();
    } catch (error) {
      lost(mine, error);
    }
  }

  function lost(mine: Client, error?: unknown) {
    if (closed || client !== mine) return;
    client = undefined;
    listening = false;
    if (error && attempt === 0) events.log(error, 'The chat lost its LISTEN session; it tries again.');
    // It may be half open: then its end says nothing new.
    mine.end().catch(() => undefined);
    retry = setTimeout(() => void connect(), 50 + backoffMs(attempt, Math.random, 200, 5000));
    attempt += 1;
  }

  function receive(payload: string) {
    let data: unknown;
    try {
      data = JSON.parse(payload);
    } catch {
      // Not ours: anybody who may connect may NOTIFY.
      return;
    }
    const envelope = read(carried, data);
    const signal = readWireSignal((data as { signal?: unknown } | null)?.signal);
    if (envelope && signal && envelope.from !== self) events.signalled(envelope.site, signal, envelope.to);
  }

  function send(channel: string, payload: string) {
    if (!listening) return;
    waiting += 1;
    sending = sending.then(async () => {
      try {
        if (listening) await client?.query('select pg_notify($1, $2)', [channel, payload]);
      } catch (error) {
        events.log(error, 'The chat could not notify its other processes; they poll.');
      }
      waiting -= 1;
    });
  }

  function tell() {
    telling = undefined;
    toldAtMs = steadyClock.now();
    send('chat_log', self);
  }

  void connect();
  return {
    get listening() {
      return listening;
    },
    notify() {
      const waitMs = toldAtMs + notifyEveryMs - steadyClock.now();
      if (waitMs <= 0 && !telling) tell();
      else telling ??= setTimeout(tell, waitMs);
    },
    signal(site, signal, to) {
      const payload = JSON.stringify({ from: self, site, signal, to });
      if (Buffer.byteLength(payload) <= signalBytes && waiting < signalsWaiting) send('chat_signal', payload);
    },
    async close() {
      if (closed) return;
      closed = true;
      listening = false;
      clearTimeout(retry);
      clearTimeout(telling);
      // A session that is gone already has nothing to end.
      await client?.end().catch(() => undefined);
    },
  };
}
