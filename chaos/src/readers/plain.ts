/**
 * Readers that know nothing of us: an SSE client gives frames, and what to do with them is the list of SPEC's "How to
 * write a reader", as plain as it stands there. Ours is only what happens around the client.
 */
import { type Frame, parseCursor, readWireEvent } from '@payload-chat/protocol';
import { ask } from '../people/ask.ts';
import { type Reader, type ReaderOptions, within } from './reader.ts';
import { type ReaderKind, type Reading, recorder } from './record.ts';
import { renewThread, takeSnapshots } from './snapshots.ts';

/** A client on one URL; it may come back by itself, with the last id that it has met. */
export interface Client {
  close(): void;
}

export interface ClientEvents {
  frame(frame: Frame): void;
  /** It has ended for good; `refused` for an answer that was no stream. */
  end(why: 'refused' | 'broken'): void;
  /** It has lost its connection and comes back by itself. */
  lost(): void;
}

export interface PlainOptions extends ReaderOptions {
  kind: ReaderKind;
  /** `ticket` for one that can't send headers. */
  open(cursor: string | undefined, ticket: string | undefined, events: ClientEvents): Client;
  needsTicket: boolean;
  /** Waits for the client's own way back, with the `retry` of the hop; else begins a new one at once. */
  isPatient: boolean;
  random(): number;
}

/** As the rule says: silent for so many pings, and it is dead (S10). Until `hello`, so many ms. */
const silencePings = 2.5;
const helloMs = 10_000;

export async function readPlainly(options: PlainOptions): Promise<Reader> {
  const { person, threads, random } = options;
  const kept = recorder({
    name: options.name,
    kind: options.kind,
    hop: options.hop,
    site: person.site,
    user: person.id,
    topics: options.hears,
    threads,
  });
  const closing = new AbortController();
  const started = Promise.withResolvers<void>();
  let cursor = kept.begin(await takeSnapshots(person, threads, AbortSignal.timeout(30_000)));
  let client: Client | undefined;
  let reading: Reading | undefined;
  let isOpen = false;
  let watchdog: NodeJS.Timeout | undefined;
  let failures = 0;

  function over(wish = 0, before?: () => Promise<void>) {
    clearTimeout(watchdog);
    client?.close();
    client = undefined;
    isOpen = false;
    if (reading) kept.ended(reading);
    if (closing.signal.aborted) return;
    const waitMs = Math.max(wish, random() * Math.min(4000, 300 * 2 ** Math.min(failures++, 6)));
    setTimeout(() => {
      void (before?.() ?? Promise.resolve()).then(connect).catch(() => over());
    }, waitMs);
  }

  async function connect(): Promise<void> {
    if (closing.signal.aborted) return;
    let ticket: string | undefined;
    if (options.needsTicket) {
      const answer = await ask(`${person.at()}/api/chat/ticket`, {
        method: 'POST',
        body: {},
        headers: person.headers(),
      });
      if (answer.status === 401) await person.renew();
      ticket = (answer.body as { ticket?: string } | undefined)?.ticket;
      if (!ticket) throw new Error('No ticket.');
    }
    if (closing.signal.aborted) return;
    let mine: Client | undefined;
    const isMine = () => mine === client && mine !== undefined;
    let pingMs = 0;
    const watch = (ms: number) => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => isMine() && over(), ms);
    };
    reading = kept.opened(cursor);
    mine = options.open(cursor, ticket, {
      frame(frame) {
        if (!isMine() || !reading) return;
        if (frame.event === 'hello') {
          // One that came back by itself went on from the last id that it had met.
          if (reading.frames.length) {
            kept.ended(reading);
            reading = kept.opened(cursor);
          }
          isOpen = true;
          pingMs = (frame.data as { pingMs: number }).pingMs;
        }
        kept.frame(reading, frame);
        watch((pingMs || helloMs / silencePings) * silencePings);
        take(frame);
      },
      end(why) {
        if (!isMine()) return;
        if (why === 'refused') over(0, () => person.renew().catch(() => {}));
        else over();
      },
      lost() {
        if (!isMine()) return;
        isOpen = false;
        if (reading) kept.ended(reading);
        clearTimeout(watchdog);
        if (!options.isPatient) over();
        else watch(8000 + helloMs);
      },
    });
    client = mine;
    watch(helloMs);
  }

  function take({ event, id, data }: Frame) {
    if (event === 'message') {
      const believed = readWireEvent(data);
      const at = parseCursor(id);
      const held = parseCursor(cursor);
      if (!at || !id || (held && held.epoch === at.epoch && at.pos <= held.pos)) return;
      cursor = id;
      if (!believed) return;
      if (kept.apply(believed, id) === 'stale') reset('stale', 0);
      void renewThread(person, kept.seated(believed), closing.signal, kept.renew);
    } else if (event === 'ready' || event === 'ping') {
      const said = (data as { cursor?: string }).cursor;
      if (!said) return;
      cursor = said;
      kept.reached(said);
      failures = 0;
      if (event === 'ready') started.resolve();
    } else if (event === 'reset') {
      const { reason, afterMs } = data as { reason: string; afterMs?: number };
      kept.reset(reason);
      reset(reason, afterMs ?? 0);
    } else if (event === 'bye') over((data as { retryMs?: number }).retryMs ?? 0);
  }

  function reset(_reason: string, afterMs: number) {
    over(afterMs, async () => {
      cursor = kept.begin(await takeSnapshots(person, threads, closing.signal));
    });
  }

  void connect().catch(() => over());

  return {
    record: kept.record,
    person,
    get isOpen() {
      return isOpen;
    },
    started: within(started.promise, 30_000, `${options.name}'s first ready`),
    async close() {
      closing.abort();
      clearTimeout(watchdog);
      client?.close();
      if (reading) kept.ended(reading);
      kept.record.ended ??= { why: 'closed', atMs: Date.now() };
    },
  };
}
