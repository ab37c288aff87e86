/**
 * One thread kept current: a snapshot, then every event after it by `reduce`; beside it what the caller wrote and what
 * passes.
 *
 *   closed --first subscriber--> loading --snapshot--> ready (a support thread without messages: ready and empty)
 *      ^                            |    \--refusal--> absent, failed --reload--> loading
 *      +------last one leaves-------+
 *
 * Where events can't tell the state (a hole in seq, an erased person, an own leaving) a fresh snapshot does.
 */
import {
  type ChatError,
  type ChatEvent,
  type Clock,
  formatCursor,
  isBefore,
  limits,
  type Message,
  message,
  object,
  type Parser,
  parseCursor,
  reduce,
  type Signal,
  type Snapshot,
  snapshot as snapshotShape,
  type User,
  type WireEvent,
  whole,
} from '@payload-chat/protocol';
import { createOutbox } from './outbox.ts';
import type { Persistence } from './persist.ts';
import { createReceipt } from './receipt.ts';
import type { Asked } from './request.ts';
import { createShown } from './shown.ts';
import { createTypists } from './typists.ts';
import type { Connection, Phase, ThreadStore, ThreadTarget, ThreadView } from './view.ts';

/** What a thread needs of its client. */
export interface ThreadHost {
  readonly clock: Clock;
  readonly persist: Persistence['persist'];
  readonly user: User | undefined;
  readonly connection: Connection;
  readonly closed: boolean;
  call<T>(parser: Parser<T>, path: string, asked: Asked): Promise<T>;
  /** Before a send: the session may have to become a visitor's. */
  write(): Promise<void>;
  /** The thread was opened. */
  onOpen(): void;
  /** What the thread listens to has changed, or it needs what follows the cursor. */
  sync(cursor?: string): void;
}

/** A thread as its client sees it. */
export interface KeptThread {
  readonly store: ThreadStore;
  readonly target: ThreadTarget;
  readonly open: boolean;
  /** What it must hear; `me` is everything in the caller's own threads, `''` not known yet. */
  readonly topic: string | undefined;
  readonly cursor: string | undefined;
  onEvent(wire: WireEvent, event: ChatEvent | undefined): void;
  onSignal(signal: Signal): void;
  /** Takes a fresh snapshot once. @throws ChatError that trying again may help. */
  load(): Promise<void>;
  /** Takes one until there is one. */
  refresh(): void;
  /** Asks again whether there is a thread by now, where there was none. */
  lookAgain(): void;
  /** Something of the client changed that is shown. */
  changed(): void;
  /** Forgets everything and begins anew, for another caller. */
  restart(): void;
  close(): void;
}

/** Messages in a page, and most that are held; beyond, the oldest go. */
const pageMessages = 50;
const heldMessages = 2000;
const docAnswer = object({ doc: message });
const place = object({ pos: whole(1) });
const sentAnswer = object({
  doc: ((value, faults, field) => ({ ...message(value, faults, field), ...place(value, faults, field) })) as Parser<
    Message & { pos: number }
  >,
});
const anything: Parser<true> = () => true;

export function createThread(host: ThreadHost, target: ThreadTarget): KeptThread {
  const { clock, persist, call } = host;
  const name = nameOf(target);
  const subscribers = new Set<{ run: (view: ThreadView) => void }>();
  const shown = createShown();
  let phase: Phase = { is: 'loading' };
  let snapshot: Snapshot | undefined;
  /** The thread's id, once known also while it is closed. */
  let id = 'thread' in target ? target.thread : '';
  /** Of the newest event since the snapshot: the next is one more. */
  let seq: number | null = null;
  let hasOlder = false;
  let newAfter: number | null | undefined;
  let paging: Promise<void> | undefined;
  let typedAtMs = 0;
  /** While the thread is open; and the load under way. */
  let life: AbortController | undefined;
  let loading: AbortController | undefined;
  let view: ThreadView | undefined;
  let telling = false;

  const typists = createTypists(clock, changed);
  const receipt = createReceipt(
    (upTo, signal) => call(anything, `${path(id)}/read`, { body: { seq: upTo }, signal }),
    persist,
    clock,
  );
  const outbox = createOutbox({
    async post({ content, localId, replyTo }, signal) {
      await host.write();
      const body = { ...('support' in target ? {} : target), content, localId, replyTo };
      const { doc } = await call(sentAnswer, 'messages', { body, signal });
      lookAgain();
      return { ...doc, epoch: parseCursor(snapshot?.cursor ?? '')?.epoch };
    },
    persist,
    clock,
    onChange: changed,
  });

  /** Events come in bursts: subscribers are told once for each. */
  function changed() {
    view = undefined;
    if (telling) return;
    telling = true;
    queueMicrotask(() => {
      telling = false;
      for (const { run } of [...subscribers]) run(store.view);
    });
  }

  function enter(entered: Phase) {
    phase = entered;
    changed();
  }

  function hold(next: Snapshot) {
    snapshot = next;
    id = next.thread.id;
    outbox.settle(next, host.user?.id);
    changed();
  }

  function begin(): AbortSignal {
    loading?.abort();
    loading = new AbortController();
    return loading.signal;
  }

  async function load(signal = begin()) {
    // What was paged in stays, as far as one page can bring it.
    const limit = Math.min(Math.max(pageMessages, snapshot?.messages.length ?? 0), limits.pageMessages);
    try {
      const fresh = await call(snapshotShape, `${path(name)}/snapshot?limit=${limit}`, { signal });
      seq = null;
      hasOlder = fresh.messages.length >= pageMessages;
      const readSeq = fresh.me?.readSeq ?? null;
      if (newAfter === undefined) newAfter = readSeq;
      receipt.stands(readSeq ?? 0);
      enter({ is: 'ready' });
      hold(fresh);
      host.sync(fresh.cursor);
    } catch (failure) {
      const error = failure as ChatError;
      if (signal.aborted) return;
      if (error.retry) throw error;
      snapshot = undefined;
      if (error.code !== 'not-found') enter({ is: 'failed', error });
      else enter({ is: 'support' in target ? 'ready' : 'absent' });
      host.sync();
    }
  }

  function refresh() {
    const signal = begin();
    void persist(
      () => load(signal),
      signal,
      (error, _ms, attempt) => {
        // The first failure is not worth a word: the next attempt follows at once.
        if (attempt && phase.is === 'loading') enter({ is: 'failed', error });
      },
    );
  }

  function lookAgain() {
    if (life && !snapshot && phase.is === 'ready') refresh();
  }

  function open() {
    life = new AbortController();
    host.onOpen();
    refresh();
  }

  function close() {
    life?.abort();
    loading?.abort();
    life = snapshot = newAfter = undefined;
    typists.clear();
    enter({ is: 'loading' });
    host.sync();
  }

  async function page(signal: AbortSignal) {
    const first = snapshot?.messages[0];
    if (!first || !hasOlder) return;
    const query = `limit=${pageMessages}&before=${first.seq}`;
    const older = await persist(() => call(snapshotShape, `${path(name)}/snapshot?${query}`, { signal }), signal);
    // A fresh snapshot meanwhile may have dropped what this page goes before.
    if (!older || !snapshot || snapshot.messages[0]?.id !== first.id) return;
    hasOlder = older.messages.length >= pageMessages;
    let { cursor } = snapshot;
    if (isBefore(older.cursor, cursor)) {
      // From a hop's cache: what happened since to these messages is told again.
      cursor = older.cursor;
      seq = null;
    }
    hold({ ...snapshot, cursor, messages: [...older.messages, ...snapshot.messages] });
    host.sync(older.cursor);
  }

  const store: ThreadStore = {
    get view() {
      view ??= {
        phase,
        connection: host.connection,
        thread: snapshot?.thread,
        me: host.user,
        participants: snapshot?.participants ?? [],
        messages: shown({
          messages: snapshot?.messages ?? [],
          entries: outbox.entries,
          thread: id,
          me: host.user,
          offline: host.connection.is === 'offline',
        }),
        hasOlder,
        loadingOlder: paging !== undefined,
        typing: typists.users,
        readByOthers: snapshot?.me
          ? Math.max(0, ...snapshot.participants.map((seat) => (seat.user.id === host.user?.id ? 0 : seat.readSeq)))
          : 0,
        newAfter: newAfter ?? null,
        sendAgainAtMs: outbox.againAtMs,
      };
      return view;
    },
    subscribe(run) {
      const subscriber = { run };
      subscribers.add(subscriber);
      if (!life && !host.closed) open();
      return () => {
        subscribers.delete(subscriber);
        // An element that is moved leaves and comes back at once.
        queueMicrotask(() => {
          if (life && !subscribers.size) close();
        });
      };
    },
    send(content, { replyTo } = {}) {
      if (!host.closed) outbox.add(content, replyTo);
    },
    retry: outbox.retry,
    discard: outbox.discard,
    edit: (messageId, content) => change(messageId, 'PATCH', { content }),
    remove: (messageId) => change(messageId, 'DELETE'),
    loadOlder() {
      if (!paging && life) {
        paging = page(life.signal)
          .catch(refresh)
          .finally(() => {
            paging = undefined;
            changed();
          });
        changed();
      }
      return paging ?? Promise.resolve();
    },
    typing() {
      const nowMs = clock.now();
      if (!snapshot || !life || host.user?.kind === 'guest' || nowMs - typedAtMs < limits.typingEveryMs) return;
      typedAtMs = nowMs;
      call(anything, `${path(id)}/typing`, { body: {}, signal: life.signal }).catch(() => {}); // A passing fact, soon told again.
    },
    read(upTo) {
      if (!snapshot?.me) return;
      const last = snapshot.messages.findLast((one) => one.seq <= upTo && one.sender.id !== host.user?.id);
      if (last) receipt.moveTo(last.seq);
    },
    reload() {
      if (!life) return;
      enter({ is: 'loading' });
      refresh();
    },
  };

  async function change(messageId: string, method: 'PATCH' | 'DELETE', body?: { content: string }) {
    const { doc } = await call(docAnswer, `messages/${messageId}`, { method, body, signal: life?.signal });
    if (!snapshot) return;
    const messages = snapshot.messages.map((held) => (held.id === doc.id && held.changed < doc.changed ? doc : held));
    hold({ ...snapshot, messages });
  }

  return {
    store,
    target,
    get open() {
      return life !== undefined;
    },
    get cursor() {
      return snapshot?.cursor;
    },
    get topic() {
      if (!snapshot) return { ready: 'me', loading: '', absent: undefined, failed: undefined }[phase.is];
      const { thread, participants } = snapshot;
      const { user } = host;
      const mine =
        participants.some((seat) => seat.user.id === user?.id) || (thread.kind === 'support' && user?.kind === 'agent');
      if (mine && thread.kind !== 'room') return 'me';
      return 'support' in target || 'thread' in target ? `thread:${id}` : name;
    },
    onEvent(wire, event) {
      if (!life) return;
      const joins = event?.type === 'thread.created' || event?.type === 'participant.joined';
      if (!snapshot) {
        if (joins && phase.is !== 'loading' && ('support' in target || wire.thread === id)) refresh();
        return;
      }
      if (wire.thread !== id && wire.type !== 'user.erased') return;
      const at = parseCursor(snapshot.cursor);
      if (!at || wire.pos <= at.pos) return;
      const hole = wire.seq !== null && seq !== null && wire.seq !== seq + 1;
      seq = wire.seq ?? seq;
      const next = event ? reduce(snapshot, event) : { ...snapshot, cursor: formatCursor(at.epoch, wire.pos) };
      const left = event?.type === 'participant.left' && event.participant.user.id === host.user?.id;
      if (hole || left || next === 'stale') return refresh();
      if (event?.type === 'message.posted') typists.stops(event.message.sender.id);
      if (next.messages.length > heldMessages) {
        hasOlder = true;
        next.messages = next.messages.slice(-heldMessages / 2);
      }
      hold(next);
    },
    onSignal({ type, thread, user, seq: upTo = 0 }) {
      if (!snapshot || thread !== id) return;
      if (type === 'typing' && user.id !== host.user?.id) typists.types(user);
      if (type !== 'receipt') return;
      const participants = snapshot.participants.map((seat) =>
        seat.user.id === user.id && seat.readSeq < upTo ? { ...seat, readSeq: upTo } : seat,
      );
      hold({ ...snapshot, participants });
    },
    load,
    refresh() {
      if (life) refresh();
    },
    lookAgain,
    changed,
    restart() {
      outbox.clear();
      receipt.clear();
      close();
      if (subscribers.size) open();
    },
    close() {
      subscribers.clear();
      outbox.clear();
      receipt.clear();
      close();
    },
  };
}

const path = (name: string) => `chat/threads/${encodeURIComponent(name)}`;

/** How the target stands in a path and in a topic. */
export function nameOf(target: ThreadTarget): string {
  if ('room' in target) return `room:${target.room}`;
  return 'thread' in target ? target.thread : 'support';
}
