/** The state of one site behind the fake server: people, threads and a log in memory, over protocol's own hub. */
import {
  createHub,
  formatCursor,
  type Hub,
  type HubOptions,
  type Message,
  type Participant,
  type Snapshot,
  type Thread,
  topic,
  type User,
  type WireEvent,
} from '@payload-chat/protocol';

interface Room {
  thread: Thread;
  public: boolean;
  seats: Participant[];
  messages: Message[];
}

export interface FakeSite {
  readonly key: string;
  readonly epoch: string;
  readonly hub: Hub;
  readonly head: number;
  readonly ended: Set<string>;
  user(id: string): User;
  thread(id: string): Room | undefined;
  /** By key of a room. */
  room(key: string): Room | undefined;
  direct(one: User, other: User): Room;
  post(room: Room, sender: User, content: string, localId?: string): Message & { pos: number };
  find(id: string): { room: Room; message: Message } | undefined;
  edit(id: string, content: string | undefined): Message & { pos: number };
  /** Gives up a seat by its id. */
  giveUp(seat: string): void;
  leave(room: Room, user: string): void;
  join(room: Room, user: User): void;
  /** Makes a room public or private. */
  publish(room: Room, isPublic: boolean): void;
  end(sid: string): void;
  /** What it sets for streams lower than an edge does, as its hello and `site.updated` say it. */
  readonly bounds: { streamsPerPerson?: number; streamsPerAddress?: number };
  bound(bounds: FakeSite['bounds']): void;
  snapshot(room: Room, user: string, limit: number, before?: number): Snapshot;
  maySee(room: Room, user: string): boolean;
  /** A restore of the database: positions begin again under another epoch. */
  renew(epoch: string): void;
}

export function createFakeSite(key: string, people: User[], rooms: string[], options: Partial<HubOptions>): FakeSite {
  const threads = new Map<string, Room>();
  const users = new Map(people.map((user) => [user.id, user]));
  const ended = new Set<string>();
  let bounds: FakeSite['bounds'] = {};
  const hub = createHub(options);
  let epoch = 'aaaaaaaaaaaa';
  let head = 0;
  let made = 0;
  hub.start(epoch, 0);

  const newId = (kind: string) => `${kind}${++made}`;
  const now = () => new Date().toISOString();

  function add(kind: Thread['kind'], fields: Partial<Thread>, seats: User[], isPublic: boolean): Room {
    const thread: Thread = { id: newId('t'), kind, status: 'open', changed: 0, createdAt: now(), ...fields };
    const room: Room = { thread, public: isPublic, seats: [], messages: [] };
    threads.set(thread.id, room);
    append(room, 'thread.created', { threadState: thread });
    for (const user of seats) join(room, user);
    return room;
  }

  /** Sets the event's number on the entity, whole and nested, and hands it to the hub. */
  function append(room: Room | undefined, type: string, entity: Record<string, unknown>, to: string[] = []): WireEvent {
    head += 1;
    const seq = room ? room.thread.changed + 1 : null;
    if (room && seq) room.thread.changed = seq;
    const event = { type, pos: head, thread: room?.thread.id ?? null, seq, at: now(), actor: null };
    const seats = room && room.thread.kind !== 'room' ? room.seats.map(({ user }) => topic.user(user.id)) : [];
    const audience = [...(room ? [topic.thread(room.thread.id)] : []), ...seats, ...to];
    const whole: WireEvent = { ...event, ...structuredClone(entity) };
    hub.append(whole, audience);
    return whole;
  }

  function join(room: Room, user: User) {
    const seat = { id: newId('p'), thread: room.thread.id, user, readSeq: 0, joinedAt: now() };
    room.seats.push(seat);
    append(room, 'participant.joined', { participant: seat }, [topic.user(user.id)]);
  }

  function write(room: Room, message: Message, type: string): Message & { pos: number } {
    message.changed = room.thread.changed + 1;
    if (type === 'message.posted') message.seq = message.changed;
    const { pos } = append(room, type, { message });
    return { ...message, pos };
  }

  const site: FakeSite = {
    key,
    get epoch() {
      return epoch;
    },
    get head() {
      return head;
    },
    hub,
    ended,
    user: (id) => users.get(id) ?? { id, name: id, kind: 'visitor' },
    thread: (id) => threads.get(id),
    room: (name) => [...threads.values()].find(({ thread }) => thread.key === name),
    direct(one, other) {
      const isTheirs = ({ thread, seats }: Room) =>
        thread.kind === 'direct' && [one, other].every(({ id }) => seats.some(({ user }) => user.id === id));
      return [...threads.values()].find(isTheirs) ?? add('direct', {}, [one, other], false);
    },
    post(room, sender, content, localId) {
      const message: Message = {
        id: newId('m'),
        thread: room.thread.id,
        sender,
        content,
        timestamp: now(),
        seq: 0,
        changed: 0,
        ...(localId ? { localId } : {}),
      };
      room.messages.push(message);
      return write(room, message, 'message.posted');
    },
    find(id) {
      for (const room of threads.values()) {
        const message = room.messages.find((held) => held.id === id);
        if (message) return { room, message };
      }
      return undefined;
    },
    edit(id, content) {
      const found = site.find(id);
      if (!found) throw new Error(`no message ${id}`);
      Object.assign(found.message, { content: content ?? '', [content ? 'editedAt' : 'deletedAt']: now() });
      return write(found.room, found.message, content ? 'message.edited' : 'message.deleted');
    },
    giveUp(id) {
      for (const room of threads.values()) {
        const seat = room.seats.find((held) => held.id === id);
        if (seat) site.leave(room, seat.user.id);
      }
    },
    leave(room, user) {
      const seat = room.seats.find((held) => held.user.id === user);
      if (!seat) return;
      room.seats = room.seats.filter((held) => held !== seat);
      append(room, 'participant.left', { participant: seat }, [topic.user(user)]);
    },
    join,
    publish(room, isPublic) {
      room.public = isPublic;
      append(room, 'thread.updated', { threadState: { ...room.thread, changed: room.thread.changed + 1 } });
    },
    get bounds() {
      return bounds;
    },
    bound(next) {
      bounds = next;
      append(undefined, 'site.updated', { bounds }, [topic.all]);
    },
    end(sid) {
      ended.add(sid);
      append(undefined, 'session.ended', { session: { sid } }, [topic.session(sid)]);
    },
    snapshot(room, user, limit, before = Number.POSITIVE_INFINITY) {
      const isRoom = room.thread.kind === 'room';
      const seat = room.seats.find((held) => held.user.id === user);
      return structuredClone({
        thread: room.thread,
        participants: isRoom ? [] : room.seats,
        messages: room.messages.filter(({ seq }) => seq < before).slice(-limit),
        cursor: formatCursor(epoch, head),
        me: isRoom ? null : { unread: 0, readSeq: seat?.readSeq ?? 0 },
      });
    },
    maySee: (room, user) => room.public || room.seats.some((seat) => seat.user.id === user),
    renew(next) {
      epoch = next;
      head = 0;
      hub.start(epoch, 0);
    },
  };
  for (const name of rooms) add('room', { key: name, title: name }, [], true);
  return site;
}
