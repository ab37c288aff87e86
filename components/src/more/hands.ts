/**
 * What is done to a thread by who reads it: he writes, changes what he wrote, pages back. In `chat.js` a part of the
 * second file; all that it needs of the thread is what `KeptThread` shows.
 */
import type { Signal, Snapshot, User } from '@payload-chat/protocol';
import { core } from '../core.ts';
import type { KeptThread } from '../kept-thread.ts';
import type { Session } from '../session.ts';
import type { Written } from '../shown.ts';
import type { ThreadStore } from '../view.ts';
import { createOutbox, type Entry } from './outbox.ts';

const { docAnswer, limits, pageMessages, snapshotShape } = core;

const anything = () => true;

/** The caller before there is a session. */
const nobody: User = { id: '', name: '', kind: 'guest' };

/** How long receipts gather. */
const readMs = 500;

/** The methods of a store that change something. */
export type Acts = Pick<ThreadStore, 'send' | 'retry' | 'discard' | 'edit' | 'remove' | 'loadOlder' | 'typing'>;

export interface Hands {
  readonly acts: Acts;
  /** What was written and is not shown by the thread's own state, in order of writing. */
  written(thread: string): Written[];
  /** Who types now. */
  readonly typists: readonly User[];
  /** A signal of this thread. */
  hear(signal: Signal): void;
  /** One of them, or all. */
  stopTyping(user?: string): void;
  /** 429: when the next send may go out, in milliseconds since 1970; null when now. */
  readonly againAtMs: number | null;
  readonly paging: boolean;
  /** What others wrote up to there was seen: moves the receipt, forward only. */
  read(upTo: number): void;
  /** Forgets the receipt. */
  drop(): void;
  /** Drops of what was written what the thread's state shows or has passed, by echo or answer, whichever came first. */
  settle(state: Snapshot, seq: number): void;
  /** Drops of what was written what does not pass the test, without a word. */
  keep(test: (entry: Entry) => boolean): void;
}

export function createHands(thread: KeptThread): Hands {
  const { host, target, path } = thread;
  const { clock, persist } = host;
  const outbox = createOutbox(post, persist, clock, thread.changed);
  const typing = new Map<string, { user: User; cancel: () => void }>();
  let paging: Promise<void> | undefined;
  let typedAtMs = 0;
  let readSeq = 0;
  /** The thread may be closed by the time it is told. */
  let readIn: string | undefined;
  let cancelRead: (() => void) | undefined;

  function stopTyping(user: string) {
    typing.get(user)?.cancel();
    if (typing.delete(user)) thread.changed();
  }

  async function post({ content, localId, replyTo }: Entry) {
    const { session } = host;
    await keepVisit(session);
    const body = { ...('support' in target ? {} : target), content, localId, replyTo };
    const { doc } = await session.call(docAnswer, 'messages', { body });
    thread.lookAgain();
    return doc;
  }

  function tellRead() {
    const upTo = readSeq;
    cancelRead = undefined;
    // A refusal is the last word: what the server did not take stays unread there.
    persist(
      () => host.session.call(anything, `chat/threads/${readIn}/read`, { body: { seq: upTo } }),
      () => readSeq === upTo,
    ).catch(() => {});
  }

  async function page() {
    const { open, snapshot } = thread;
    const first = snapshot?.messages[0];
    if (!first || !thread.hasOlder) return;
    const older = await persist(
      () => host.session.call(snapshotShape, `${path}/snapshot?limit=${pageMessages}&before=${first.seq}`),
      () => thread.open === open,
    );
    // A fresh snapshot meanwhile may have dropped what this page goes before.
    if (older && thread.snapshot?.messages[0]?.id === first.id) thread.prepend(older.messages);
  }

  async function change(messageId: string, method: 'PATCH' | 'DELETE', body?: { content: string }) {
    const { doc } = await host.session.call(docAnswer, `messages/${messageId}`, { method, body });
    const { snapshot } = thread;
    if (!snapshot) return;
    const messages = snapshot.messages.map((held) => (held.id === doc.id && held.changed < doc.changed ? doc : held));
    thread.hold({ ...snapshot, messages });
  }

  const acts: Acts = {
    send(content, { replyTo } = {}) {
      if (host.closed) return;
      host.wake(clock.now()); // Who writes on does not wait for what went before.
      outbox.add(content, replyTo);
    },
    retry: outbox.retry,
    discard(localId) {
      outbox.keep((entry) => entry.localId !== localId || !entry.error);
      thread.changed();
    },
    edit: (messageId, content) => change(messageId, 'PATCH', { content }),
    remove: (messageId) => change(messageId, 'DELETE'),
    loadOlder() {
      paging ??= page()
        .catch(thread.refresh)
        .finally(() => {
          paging = undefined;
          thread.changed();
        });
      thread.changed();
      return paging;
    },
    typing() {
      const { snapshot } = thread;
      const nowMs = clock.now();
      const { user } = host.session;
      if (!snapshot || user?.kind === 'guest' || nowMs - typedAtMs < limits.typingEveryMs) return;
      typedAtMs = nowMs;
      // A passing fact, soon told again.
      host.session.call(anything, `chat/threads/${snapshot.thread.id}/typing`, { body: {} }).catch(() => {});
    },
  };

  return {
    acts,
    written(id) {
      const sender = host.session.user ?? nobody;
      const pending = host.connection.is === 'offline' ? 'waiting' : 'pending';
      // Those that were taken come before the rest.
      return outbox.entries
        .toSorted((a, b) => Number(!a.taken) - Number(!b.taken))
        .map((entry) => {
          const { taken, error, localId } = entry;
          return [
            entry,
            taken ?? { id: localId, thread: id, sender, seq: 0, changed: 0, ...entry },
            error ? { is: 'failed', error } : { is: taken ? 'sent' : pending },
          ];
        });
    },
    get typists() {
      return Array.from(typing.values(), ({ user }) => user);
    },
    hear({ type, user, seq = 0 }) {
      const { snapshot } = thread;
      if (type === 'typing' && user.id !== host.session.user?.id) {
        stopTyping(user.id);
        typing.set(user.id, { user, cancel: clock.after(limits.typingShownMs, () => stopTyping(user.id)) });
        thread.changed();
      } else if (type === 'receipt' && snapshot) {
        const participants = snapshot.participants.map((seat) =>
          seat.user.id === user.id && seat.readSeq < seq ? { ...seat, readSeq: seq } : seat,
        );
        thread.hold({ ...snapshot, participants });
      }
    },
    stopTyping(user) {
      for (const id of user ? [user] : typing.keys()) stopTyping(id);
    },
    get againAtMs() {
      return outbox.againAtMs;
    },
    read(upTo) {
      const { snapshot } = thread;
      const me = host.session.user?.id;
      const last = snapshot?.messages.findLast(({ seq, sender }) => seq <= upTo && sender.id !== me);
      if (!last || last.seq <= Math.max(readSeq, snapshot?.me?.readSeq ?? 0)) return;
      readSeq = last.seq;
      readIn = last.thread;
      cancelRead ??= clock.after(readMs, tellRead);
    },
    drop() {
      readSeq = 0;
      cancelRead?.();
      cancelRead = undefined;
    },
    settle({ messages }, seq) {
      const newest = Math.max(seq, messages.at(-1)?.seq ?? 0);
      const me = host.session.user?.id;
      outbox.keep(
        ({ taken, localId }) =>
          (!taken || taken.seq > newest) && !messages.some((one) => one.localId === localId && one.sender.id === me),
      );
    },
    get paging() {
      return paging !== undefined;
    },
    keep: outbox.keep,
  };
}

/** Before a send: a visitor's handle is kept from now on for his next visit. */
async function keepVisit(session: Session): Promise<void> {
  await session.token(true);
  const { visit, storage, key } = session;
  if (!visit) return;
  const kept = storage?.getItem(key);
  if (kept && kept !== visit) {
    // Another tab wrote first: this one goes on as the same visitor.
    session.visit = kept;
    await session.token(true);
  }
  const now = session.visit ?? visit;
  session.visit = now;
  try {
    storage?.setItem(key, now);
  } catch {
    // Full or forbidden: he is a stranger at his next visit.
  }
}
