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
import { ChatError, limits, type Snapshot, snapshot as snapshotShape, type User } from '@payload-chat/protocol';
import { advance } from './advance.ts';
import { pageMessages } from './core.ts';
import { sameEpoch } from './epoch.ts';
import { type KeptThread, nameOf, type ThreadHost } from './kept-thread.ts';
import { later, want } from './later.ts';
import type { Acts, createHands, Hands } from './more/hands.ts';
import { createShown } from './shown.ts';
import type { Phase, ThreadStore, ThreadTarget, ThreadView } from './view.ts';

export function createThread(host: ThreadHost, target: ThreadTarget): KeptThread {
  const { persist } = host;
  const path = `chat/threads/${encodeURIComponent(nameOf(target))}`;
  const subscribers = new Set<{ run: (view: ThreadView) => void }>();
  const shown = createShown();
  let hands: Hands | undefined;
  let phase: Phase = { is: 'loading' };
  let snapshot: Snapshot | undefined;
  /** The thread's id, once known also while it is closed. */
  let id = 'thread' in target ? target.thread : '';
  /** Of the newest event since the snapshot: the next is one more. */
  let seq = 0;
  let hasOlder = false;
  let newAfter: number | null | undefined;
  /** One object per opening, and one per load under way. */
  let life: object | undefined;
  let loading: object | undefined;
  let view: ThreadView | undefined;
  let telling = false;

  const me = () => host.session.user;
  const isMe = (user: User) => user.id === me()?.id;

  /** Events come in bursts: subscribers are told once for each. */
  function changed() {
    view = undefined;
    if (snapshot) hands?.settle(snapshot, seq);
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
    changed();
  }

  async function refresh() {
    if (!life) return;
    const mine = {};
    loading = mine;
    const wanted = () => loading === mine;
    // What was paged in stays, as far as one page can bring it.
    const limit = snapshot?.messages[pageMessages] ? limits.pageMessages : pageMessages;
    await persist(
      async () => {
        await host.session.token();
        // Of a visitor who did not write yet there is nothing, and whoever asks is told so in the page's console.
        if ('support' in target && host.session.visit) throw new ChatError('not-found');
        const fresh = await host.session.call(snapshotShape, `${path}/snapshot?limit=${limit}`);
        if (!wanted()) return;
        seq = 0;
        hasOlder = fresh.messages.length >= pageMessages;
        if (newAfter === undefined) newAfter = fresh.me?.readSeq ?? null;
        hands?.keep(({ taken }) => !taken);
        enter({ is: 'ready' });
        hold(fresh);
        host.sync(fresh.cursor);
      },
      wanted,
      (error, _ms, attempt) => {
        // The first failure is not worth a word: the next attempt follows at once.
        if (attempt && phase.is === 'loading') enter({ is: 'failed', error });
      },
    ).catch((error: ChatError) => {
      snapshot = undefined;
      if (error.code !== 'not-found') enter({ is: 'failed', error });
      else enter({ is: 'support' in target ? 'ready' : 'absent' });
      host.sync();
    });
  }

  function lookAgain(cursor?: string) {
    if (snapshot ? !sameEpoch(cursor, snapshot.cursor) : phase.is === 'ready') void refresh();
  }

  function open() {
    life = {};
    void refresh();
  }

  function close() {
    life = loading = snapshot = newAfter = undefined;
    hands?.stopTyping();
    enter({ is: 'loading' });
    host.wake();
    host.sync();
  }

  /** Does what needs them, once they are here. Who looks hears from the elements why they are not. */
  function withHands<T>(run: (those: Hands) => T): T | Promise<T> {
    const now = () => {
      hands ??= (later._hands as typeof createHands)(thread);
      return run(hands);
    };
    if (later._hands) return now();
    const done = persist(want, () => !host.closed).then(now);
    done.catch(() => {});
    return done;
  }

  function act<Name extends keyof Acts>(name: Name): Acts[Name] {
    return ((...given: unknown[]) =>
      withHands(({ acts }) => (acts[name] as (...given: unknown[]) => unknown)(...given))) as unknown as Acts[Name];
  }

  const store: ThreadStore = {
    get view() {
      view ??= {
        phase,
        connection: host.connection,
        thread: snapshot?.thread,
        me: me(),
        participants: snapshot?.participants ?? [],
        messages: shown(snapshot?.messages ?? [], me()?.id, hands?.written(id) ?? []),
        hasOlder,
        loadingOlder: hands?.paging ?? false,
        typing: hands?.typists ?? [],
        readByOthers: snapshot?.me
          ? Math.max(0, ...snapshot.participants.map((seat) => (isMe(seat.user) ? 0 : seat.readSeq)))
          : 0,
        newAfter: newAfter ?? null,
        site: host.session.says,
        sendAgainAtMs: hands?.againAtMs ?? null,
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
    send: act('send'),
    retry: act('retry'),
    discard: act('discard'),
    edit: act('edit'),
    remove: act('remove'),
    loadOlder: act('loadOlder'),
    typing: act('typing'),
    read(upTo) {
      if (snapshot?.me && upTo > (newAfter ?? 0)) withHands((those) => those.read(upTo));
    },
    reload() {
      if (!life) return;
      if (phase.is !== 'ready') enter({ is: 'loading' });
      host.hasten();
      void refresh();
    },
  };

  const thread: KeptThread = {
    store,
    target,
    host,
    path,
    get open() {
      return life;
    },
    get snapshot() {
      return snapshot;
    },
    get hasOlder() {
      return hasOlder;
    },
    hold,
    prepend(messages) {
      if (!snapshot) return;
      hasOlder = messages.length >= pageMessages;
      hold({ ...snapshot, messages: [...messages, ...snapshot.messages] });
    },
    get cursor() {
      return snapshot?.cursor;
    },
    get topic() {
      if (!life) return undefined;
      if (!snapshot) return phase.is === 'ready' ? 'me' : phase.is === 'loading' ? '' : undefined;
      const { thread, participants } = snapshot;
      const mine = participants.some(({ user }) => isMe(user)) || (thread.kind === 'support' && me()?.kind === 'agent');
      if (mine && thread.kind !== 'room') return 'me';
      return 'room' in target ? nameOf(target) : `thread:${id}`;
    },
    onEvent(wire, event) {
      if (!snapshot) {
        const begins = event?.type === 'thread.created' || event?.type === 'participant.joined';
        if (begins && phase.is !== 'loading' && ('support' in target || wire.thread === id)) void refresh();
        return;
      }
      if (event?.type === 'message.posted' && wire.thread === id) hands?.stopTyping(event.message.sender.id);
      const next = advance(snapshot, seq, wire, event, me()?.id);
      if (next === snapshot) return;
      seq = wire.seq ?? seq;
      if (next === 'stale') return void refresh();
      // There were too many: an event takes one at the most.
      hasOlder ||= next.messages.length < snapshot.messages.length - 1;
      hold(next);
    },
    onSignal(signal) {
      // Who writes in a room, all may do without until they do something there.
      if (signal.thread === id && (later._hands ? snapshot : snapshot?.me)) withHands((those) => those.hear(signal));
    },
    refresh,
    lookAgain,
    changed,
    restart() {
      hands?.keep(() => false);
      hands?.drop();
      close();
      if (subscribers.size && !host.closed) open();
    },
  };
  return thread;
}
