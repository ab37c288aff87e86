/**
 * What lives as long as the process: the tail, the hubs, the LISTEN session, whatever else endpoints keep between
 * requests. One `next start` process holds several instances of this very module, so all of it hangs on `globalThis`,
 * by Payload instance.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { ChatError, type Hub, steadyClock, type WireSignal } from '@payload-chat/protocol';
import type { Payload } from 'payload';
import { notebookOf } from './log/commit-proof.ts';
import { adapterOf, queryOf, tablesOf } from './log/database.ts';
import { watchEpoch } from './log/epoch-watch.ts';
import { createHubs, type Hubs } from './log/hubs.ts';
import { type ListenSession, listen } from './log/listen.ts';
import type { LastRead } from './log/read.ts';
import { createTail, type Tail } from './log/tail.ts';
import { keepTrimmed } from './log/trim.ts';
import { optionsOf } from './options.ts';
import { quietError } from './quiet-error.ts';

export interface Runtime {
  /** The hub of a site, by key. @throws ChatError `unavailable` while starting, draining or without a database. */
  hub(site: string): Promise<Hub>;
  readonly hubs: Hubs;
  readonly tail: Tail;
  /** Whether the LISTEN session stands. */
  readonly listening: boolean;
  /** The process is on its way out: no stream is opened any more. */
  readonly draining: boolean;
  /** 12 characters of `[0-9a-f]`; the beginning of every cursor. */
  epoch(): Promise<string>;
  /** Gives a signal to the site's readers, here and in the other processes. */
  signal(site: string, signal: WireSignal, to: readonly string[]): void;
  /** A value that lives with the process, made at the first call. One that has `close()` is closed with it. */
  own<T>(name: string, make: () => T): T;
  /**
   * Opens no stream any more and sends the readers away one by one within `ms`; until then they hear everything. Closes when
   * the last has gone. Called again, it closes at once.
   */
  drain(ms: number): Promise<void>;
  /** Says `bye shutdown` to every reader and lets go of everything; callable twice. */
  close(): Promise<void>;
}

const shelf = Symbol.for('payload-chat');
type Shelf = WeakMap<Payload, Runtime>;

function runtimes(): Shelf {
  const holder = globalThis as { [shelf]?: Shelf };
  holder[shelf] ??= new WeakMap();
  return holder[shelf];
}

/** The runtime of this Payload. @throws ChatError `unavailable` before `onInit` made it. */
export function runtime(payload: Payload): Runtime {
  const found = runtimes().get(payload);
  if (!found) throw new ChatError('unavailable', { cause: new Error('The chat has not started yet.') });
  return found;
}

/** As `runtime`, `undefined` before `onInit` made it. */
export function runtimeIfStarted(payload: Payload): Runtime | undefined {
  return runtimes().get(payload);
}

/** How far the sites of the hubs of this epoch were read. */
function readOf(hubs: Hubs, tail: Tail, epoch: string): Map<string, LastRead> {
  const read = new Map<string, LastRead>();
  for (const [site, { window }] of hubs.each())
    if (window?.epoch === epoch) read.set(site, tail.lastRead(site) ?? { pos: window.head });
  return read;
}

/** How often a process that drains looks whether the last reader has gone, in ms. */
const lookEveryMs = 100;

/** How often hubs without readers are looked for, in ms. */
const sweepEveryMs = 60_000;

/** Called once, by `onInit`, when the schema stands. */
export function startRuntime(payload: Payload): Runtime {
  const adapter = adapterOf(payload);
  const query = queryOf(payload);
  const kept = new Map<string, unknown>();
  const log = (err: unknown, msg: string) => payload.logger.warn({ err: quietError(err), msg });
  let closing: Promise<void> | undefined;
  let isDraining = false;

  const tail = createTail(query, {
    log,
    arrived: (site, entries) => hubs.arrived(site, entries),
    isOf: (history) => epoch.isOf(history),
    strange: () => epoch.look(),
    gap(site, expected, met) {
      log(new Error(`Site ${site}: event ${met} came where ${expected} was due.`), 'The chat begins a hub anew.');
      hubs.restart(site);
    },
  });
  const epoch = watchEpoch(query, tablesOf(payload), {
    log,
    read: (name) => readOf(hubs, tail, name),
    known(name) {
      hubs.restartOthers(name);
      tail.wake();
    },
  });
  const hubs: Hubs = createHubs({ query, tail, log, epoch: epoch.now, isOf: epoch.isOf });
  const session: ListenSession = listen(adapter, {
    log,
    // The database may be another one now: a restore, a failover.
    connected: epoch.look,
    epochRenewed: epoch.look,
    woken: () => tail.wake(),
    signalled: (site, signal, to) => hubs.peek(site)?.signal(signal, to),
  });
  notebookOf(adapter).onCommit = () => {
    tail.wake();
    session.notify();
  };

  const sweeper = setInterval(() => hubs.sweep(), sweepEveryMs);
  const trimmer = keepTrimmed(query, optionsOf(payload).log, log);
  sweeper.unref();

  const self: Runtime = {
    async hub(site) {
      if (self.draining) throw new ChatError('unavailable');
      try {
        return await hubs.get(site);
      } catch (error) {
        throw error instanceof ChatError ? error : new ChatError('unavailable', { cause: error });
      }
    },
    hubs,
    tail,
    get listening() {
      return session.listening;
    },
    get draining() {
      return isDraining || closing !== undefined;
    },
    epoch: epoch.now,
    signal(site, signal, to) {
      hubs.peek(site)?.signal(signal, to);
      session.signal(site, signal, to);
    },
    own<T>(name: string, make: () => T) {
      if (!kept.has(name)) kept.set(name, make());
      return kept.get(name) as T;
    },
    async drain(ms) {
      if (isDraining) return self.close();
      isDraining = true;
      hubs.drain(ms);
      const untilMs = steadyClock.now() + ms;
      const hasReaders = () => [...hubs.each()].some(([, hub]) => hub.readers > 0);
      while (!closing && steadyClock.now() < untilMs && hasReaders()) await pause(lookEveryMs);
      await self.close();
    },
    close() {
      closing ??= (async () => {
        process.removeListener('SIGTERM', onSignal);
        clearInterval(sweeper);
        trimmer.close();
        epoch.close();
        notebookOf(adapter).onCommit = undefined;
        hubs.close();
        tail.close();
        for (const value of kept.values()) await (value as { close?: () => unknown } | null)?.close?.();
        await session.close();
      })();
      return closing;
    },
  };

  // Next waits for open streams without limit: ending them is what lets it go. Told twice, at once.
  const onSignal = () =>
    void self.drain(optionsOf(payload).drainMs).catch((error) => log(error, 'The chat could not close.'));
  process.on('SIGTERM', onSignal);
  runtimes().set(payload, self);
  return self;
}
