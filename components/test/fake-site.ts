/**
 * The truth of one made-up site, and its log: what server and Postgres are in the product. Every change is an event
 * with its place and audience, handed to whoever listens.
 */
import {
  type ChatEvent,
  type Clock,
  formatCursor,
  limits,
  type Message,
  type Participant,
  type Snapshot,
  type Thread,
  type ThreadKind,
  topic,
  type User,
  type WireEvent,
} from '@payload-chat/protocol';

/** A thread and everything in it. `seq` counts its events. */
export interface Held {
  thread: Thread;
  public: boolean;
  participants: Participant[];
  messages: Message[];
  seq: number;
}

export interface Logged {
  event: WireEvent;
  to: string[];
}

type Entity<E = ChatEvent> = E extends ChatEvent
  ? Omit<E, 'pos' | 'seq' | 'thread' | 'at' | 'actor'> & { type: E['type'] }
  : never;

export function createFakeSite({ clock, onEvent }: { clock: Clock; onEvent: (logged: Logged) => void }) {
  const users = new Map<string, User>();
  const threads = new Map<string, Held>();
  const posted = new Map<string, Message>();
  const log: Logged[] = [];
  let pos = 0;
  let ids = 0;

  const at = () => new Date(clock.now()).toISOString();
  const newId = (kind: string) => `${kind}${++ids}`;
  const userOf = (id: string): User => {
    const user = users.get(id);
    if (!user) throw new Error(`There is no user ${id}.`);
    return user;
  };
  const heldOf = (id: string): Held => {
    const held = threads.get(id);
    if (!held) throw new Error(`There is no thread ${id}.`);
    return held;
  };

  const owns = (seats: Participant[], user: string) =>
    seats.find((seat) => seat.user.kind !== 'agent')?.user.id === user;
  const newest = ({ messages }: Held) => Date.parse(messages.at(-1)?.timestamp ?? '') || 0;

  /** Who hears of it: the seats of now; one who left hears of his leaving. */
  function audience(held: Held, extra?: string): string[] {
    const { kind, id } = held.thread;
    const seats = new Set(held.participants.map(({ user }) => user.id));
    if (extra) seats.add(extra);
    const personal = kind === 'room' ? (extra ? [topic.user(extra)] : []) : [...seats].map(topic.user);
    return [topic.thread(id), ...personal, ...(kind === 'support' ? [topic.agents] : [])];
  }

  function append(held: Held | undefined, actor: string | null, entity: Entity, to: string[]) {
    const event: WireEvent = {
      ...entity,
      pos: ++pos,
      thread: held?.thread.id ?? null,
      seq: held ? held.seq : null,
      at: at(),
      actor,
    };
    const logged = { event: structuredClone(event), to };
    log.push(logged);
    onEvent(logged);
    return event;
  }

  function makeThread(kind: ThreadKind, seats: string[], more: Partial<Thread> & { public?: boolean } = {}): string {
    const { public: open = false, ...fields } = more;
    const id = newId('t');
    const thread: Thread = { id, kind, status: 'open', changed: 1, createdAt: at(), ...fields };
    const held: Held = { thread, public: open, participants: [], messages: [], seq: 1 };
    threads.set(id, held);
    // The first seats are there before the first event: its audience names them.
    const joining = seats.map((user) => seatOf(held, user));
    held.participants = joining;
    append(held, seats[0] ?? null, { type: 'thread.created', threadState: thread }, audience(held));
    for (const participant of joining) {
      held.seq += 1;
      append(held, participant.user.id, { type: 'participant.joined', participant }, audience(held));
    }
    return id;
  }

  const seatOf = (held: Held, user: string): Participant => ({
    id: newId('p'),
    thread: held.thread.id,
    user: userOf(user),
    readSeq: 0,
    joinedAt: at(),
  });

  function change(
    id: string,
    actor: string | null,
    type: 'message.edited' | 'message.deleted',
    into: Partial<Message>,
  ) {
    const held = [...threads.values()].find(({ messages }) => messages.some((message) => message.id === id));
    const index = held?.messages.findIndex((message) => message.id === id) ?? -1;
    const before = held?.messages[index];
    if (!held || !before) throw new Error(`There is no message ${id}.`);
    held.seq += 1;
    const message = { ...before, ...into, changed: held.seq };
    held.messages[index] = message;
    const event = append(held, actor, { type, message }, audience(held));
    return { ...message, pos: event.pos };
  }

  const site = {
    users,
    threads,
    log,
    get pos() {
      return pos;
    },
    addUser(user: User) {
      users.set(user.id, user);
      return user;
    },
    makeThread,
    supportOf: (user: string) =>
      [...threads.values()]
        .filter(({ thread, participants }) => thread.kind === 'support' && owns(participants, user))
        .sort((a, b) => newest(b) - newest(a))[0],
    roomOf: (key: string) => [...threads.values()].find(({ thread }) => thread.key === key),

    /** Stores a message; the same one again for the same `(sender, localId)`. */
    post(user: string, thread: string, content: string, more: { localId?: string; replyTo?: string } = {}) {
      const held = heldOf(thread);
      const key = `${user} ${more.localId}`;
      const earlier = more.localId === undefined ? undefined : posted.get(key);
      if (earlier) {
        const now = held.messages.find(({ id }) => id === earlier.id) ?? earlier;
        return { ...now, pos: log.find(({ event }) => (event.message as Message)?.id === earlier.id)?.event.pos ?? 0 };
      }
      held.seq += 1;
      const message: Message = {
        id: newId('m'),
        thread,
        sender: userOf(user),
        content,
        timestamp: at(),
        seq: held.seq,
        changed: held.seq,
        ...more,
      };
      held.messages.push(message);
      if (more.localId !== undefined) posted.set(key, message);
      const event = append(held, user, { type: 'message.posted', message }, audience(held));
      return { ...message, pos: event.pos };
    },
    edit: (id: string, content: string, actor: string | null = null) =>
      change(id, actor, 'message.edited', { content, editedAt: at() }),
    remove: (id: string, actor: string | null = null) =>
      change(id, actor, 'message.deleted', { content: '', deletedAt: at() }),
    /** Gone without a tombstone. */
    erase(id: string) {
      const gone = change(id, null, 'message.deleted', { content: '', deletedAt: at() });
      const held = heldOf(gone.thread);
      held.seq += 1;
      held.messages = held.messages.filter((message) => message.id !== id);
      const { pos: _, ...message } = gone;
      append(held, null, { type: 'message.erased', message: { ...message, changed: held.seq } }, audience(held));
    },
    join(user: string, thread: string) {
      const held = heldOf(thread);
      const participant = seatOf(held, user);
      held.participants.push(participant);
      held.seq += 1;
      append(held, user, { type: 'participant.joined', participant }, audience(held, user));
    },
    leave(user: string, thread: string) {
      const held = heldOf(thread);
      const participant = held.participants.find((seat) => seat.user.id === user);
      if (!participant) throw new Error(`${user} has no seat in ${thread}.`);
      held.participants = held.participants.filter((seat) => seat !== participant);
      held.seq += 1;
      append(held, user, { type: 'participant.left', participant }, audience(held, user));
    },
    /** What a visitor has becomes another's, told of as the server does. Each has one support thread that is found: the newest. */
    merge(visitor: string, person: string) {
      for (const held of threads.values()) {
        const seat = held.participants.find(({ user }) => user.id === visitor);
        if (!seat) continue;
        site.leave(visitor, held.thread.id);
        site.join(person, held.thread.id);
        for (const { id } of held.messages.filter(({ sender }) => sender.id === visitor))
          change(id, person, 'message.edited', { sender: userOf(person) });
      }
    },
    updateThread(thread: string, into: Partial<Thread>) {
      const held = heldOf(thread);
      held.seq += 1;
      held.thread = { ...held.thread, ...into, changed: held.seq };
      append(held, null, { type: 'thread.updated', threadState: held.thread }, audience(held));
    },
    /** Makes a person's rows anonymous, everywhere at once. */
    eraseUser(id: string) {
      const nobody: User = { id, name: 'Deleted user', kind: userOf(id).kind };
      users.set(id, nobody);
      for (const held of threads.values()) {
        held.messages = held.messages.map((message) =>
          message.sender.id === id ? { ...message, sender: nobody, content: '', deletedAt: at() } : message,
        );
        held.participants = held.participants.map((seat) => (seat.user.id === id ? { ...seat, user: nobody } : seat));
      }
      append(undefined, null, { type: 'user.erased', user: { id } }, [topic.all]);
    },
    /** An event of a later year, which today's readers pass over. */
    addStrangeEvent(thread: string) {
      const held = heldOf(thread);
      held.seq += 1;
      append(held, null, { type: 'reaction.changed', reaction: {} } as unknown as Entity, audience(held));
    },
    endSession(sid: string) {
      append(undefined, null, { type: 'session.ended', session: { sid } }, [topic.session(sid)]);
    },
    /** Whether the receipt moved. */
    read(user: string, thread: string, seq: number): Participant | undefined {
      const seat = heldOf(thread).participants.find((participant) => participant.user.id === user);
      if (!seat || seq <= seat.readSeq) return undefined;
      seat.readSeq = Math.min(seq, heldOf(thread).seq);
      return seat;
    },
    maySee(user: User, held: Held, guestOf?: string): boolean {
      if (guestOf !== undefined) return held.public && held.thread.key === guestOf;
      if (held.public || held.participants.some((seat) => seat.user.id === user.id)) return true;
      return held.thread.kind === 'support' && user.kind === 'agent';
    },
    /** What the snapshot endpoint answers, the one thing every view is compared with. */
    snapshot(thread: string, viewer: string, epoch: string, { limit = 50, before = Number.POSITIVE_INFINITY } = {}) {
      const { thread: state, participants, messages } = heldOf(thread);
      const room = state.kind === 'room';
      const readSeq = participants.find((seat) => seat.user.id === viewer)?.readSeq ?? 0;
      const unread = messages.filter(({ seq, sender }) => seq > readSeq && sender.id !== viewer).length;
      const answer: Snapshot = {
        thread: state,
        participants: room ? participants.filter(({ user }) => user.kind === 'agent') : participants,
        messages: messages.filter(({ seq }) => seq < before).slice(-limit),
        cursor: formatCursor(epoch, pos),
        me: room ? null : { unread: Math.min(unread, limits.unreadCount), readSeq },
      };
      return structuredClone(answer);
    },
  };
  return site;
}

export type FakeSite = ReturnType<typeof createFakeSite>;
