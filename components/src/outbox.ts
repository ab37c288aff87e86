/**
 * What the caller wrote and the log has not shown yet, in order of writing; one message at a time goes out.
 *
 *   waiting its turn --send--> taken (the edge's answer) --the thread's own state shows it--> gone
 *          ^    \--final refusal--> failed --discard--> gone
 *          +----------retry----------/
 */
import { type ChatError, type Clock, type Message, parseCursor, type Snapshot } from '@payload-chat/protocol';
import type { Persistence } from './persist.ts';

/** The answer to a send: the message with its place in the log, as far as the thread's own epoch is known. */
export interface Taken extends Message {
  pos: number;
  epoch: string | undefined;
}

/** An entry is never changed, only replaced. `error` and `taken` exclude each other. */
export interface Entry {
  readonly localId: string;
  readonly content: string;
  readonly replyTo: string | undefined;
  readonly timestamp: string;
  readonly error?: ChatError | undefined;
  readonly taken?: Taken;
}

export interface OutboxOptions {
  post(entry: Entry, signal: AbortSignal): Promise<Taken>;
  persist: Persistence['persist'];
  clock: Clock;
  onChange(): void;
}

export interface Outbox {
  readonly entries: readonly Entry[];
  /** 429: when the next send may go out, in milliseconds since 1970; null when now. */
  readonly againAtMs: number | null;
  add(content: string, replyTo?: string): void;
  retry(localId: string): void;
  discard(localId: string): void;
  /** Drops the entries that the thread's own state shows or has passed: by echo or by answer, whichever came first. */
  settle(snapshot: Snapshot, me: string | undefined): void;
  /** Forgets everything, also what is on its way. */
  clear(): void;
}

export function createOutbox({ post, persist, clock, onChange }: OutboxOptions): Outbox {
  let entries: readonly Entry[] = [];
  let againAtMs: number | null = null;
  let life = new AbortController();
  let busy = false;

  function put(next: readonly Entry[]) {
    entries = next;
    onChange();
  }
  const set = (localId: string, into: Partial<Entry>) =>
    put(entries.map((entry) => (entry.localId === localId ? { ...entry, ...into } : entry)));

  function pausedUntil(ms: number | null) {
    if (ms === againAtMs) return;
    againAtMs = ms;
    onChange();
  }

  async function work() {
    if (busy) return;
    const { signal } = life;
    for (;;) {
      const entry = entries.find(({ taken, error }) => !taken && !error);
      busy = entry !== undefined;
      if (!entry) return;
      let into: Partial<Entry> | undefined;
      try {
        const taken = await persist(
          () => {
            pausedUntil(null);
            return post(entry, signal);
          },
          signal,
          (error, ms) => {
            if (error.code === 'rate-limited') pausedUntil(clock.now() + ms);
          },
        );
        into = taken && { taken };
      } catch (error) {
        into = { error: error as ChatError };
      }
      if (signal.aborted) return;
      set(entry.localId, into ?? {});
    }
  }

  return {
    get entries() {
      return entries;
    },
    get againAtMs() {
      return againAtMs;
    },
    add(content, replyTo) {
      // Not randomUUID, which pages without TLS lack.
      const bytes = crypto.getRandomValues(new Uint8Array(16));
      const localId = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
      put([...entries, { localId, content, replyTo, timestamp: new Date(clock.now()).toISOString() }]);
      void work();
    },
    retry(localId) {
      set(localId, { error: undefined });
      void work();
    },
    discard(localId) {
      put(entries.filter((entry) => entry.localId !== localId || !entry.error));
    },
    settle({ messages, cursor }, me) {
      const at = parseCursor(cursor);
      const left = entries.filter(
        ({ localId, taken }) =>
          !(taken && at && (taken.pos <= at.pos || taken.epoch !== at.epoch)) &&
          !messages.some((message) => message.localId === localId && message.sender.id === me),
      );
      if (left.length < entries.length) put(left);
    },
    clear() {
      life.abort();
      life = new AbortController();
      busy = false;
      againAtMs = null;
      put([]);
    },
  };
}
