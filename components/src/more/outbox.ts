/**
 * What the caller wrote and the log has not shown yet, in order of writing; one message at a time goes out.
 *
 *   waiting its turn --send--> taken (the edge's answer) --the thread's own state shows it--> gone
 *          ^    \--final refusal--> failed --discard--> gone
 *          +----------retry----------/
 */
import type { ChatError, Clock, Message } from '@payload-chat/protocol';
import type { Persistence } from '../persist.ts';

/** An entry is never changed, only replaced. `error` and `taken` exclude each other. */
export interface Entry {
  readonly localId: string;
  readonly content: string;
  readonly replyTo: string | undefined;
  readonly timestamp: string;
  readonly error?: ChatError | undefined;
  readonly taken?: Message | undefined;
}

export interface Outbox {
  readonly entries: readonly Entry[];
  /** 429: when the next send may go out, in milliseconds since 1970; null when now. */
  readonly againAtMs: number | null;
  add(content: string, replyTo: string | undefined): void;
  /** Sends a failed message again under the same localId. */
  retry(localId: string): void;
  /** Drops the others, without a word; one of them that is on its way is not sent again. */
  keep(test: (entry: Entry) => boolean): void;
}

export function createOutbox(
  post: (entry: Entry) => Promise<Message>,
  persist: Persistence['persist'],
  clock: Clock,
  onChange: () => void,
): Outbox {
  let entries: readonly Entry[] = [];
  let againAtMs: number | null = null;
  let busy = false;

  function set(localId: string, into: Partial<Entry>) {
    entries = entries.map((entry) => (entry.localId === localId ? { ...entry, ...into } : entry));
    onChange();
    void work();
  }

  async function work() {
    const next = entries.find(({ taken, error }) => !taken && !error);
    if (busy || !next) return;
    busy = true;
    const { localId } = next;
    const into = await persist(
      () => {
        againAtMs = null;
        return post(next);
      },
      () => entries.some((entry) => entry.localId === localId),
      (error, ms) => {
        if (error.code === 'rate-limited') againAtMs = clock.now() + ms;
        onChange();
      },
    ).then(
      (taken) => ({ taken }),
      (error: ChatError) => ({ error }),
    );
    busy = false;
    againAtMs = null;
    set(localId, into);
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
      const localId = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
      entries = [...entries, { localId, content, replyTo, timestamp: new Date(clock.now()).toISOString() }];
      set('', {});
    },
    retry: (localId) => set(localId, { error: undefined }),
    keep(test) {
      entries = entries.filter(test);
    },
  };
}
