/**
 * A hand-made edge: one function from `Request` to `Response` over protocol's own hub and frames, with the truth of one
 * site behind it. Runs in Node and in a browser; a client is given `line().fetch`.
 */
import {
  ChatError,
  type Clock,
  createHub,
  errorAnswer,
  type Hub,
  type HubOptions,
  limits,
  parseStreamRequest,
  read,
  type Session,
  type Sink,
  type Snapshot,
  sendRequest,
  systemClock,
  topic,
  topicsOfMe,
  type User,
  type UserKind,
} from '@payload-chat/protocol';
import { createFakeLine, type FakeLine } from './fake-line.ts';
import { createFakeSite, type Held } from './fake-site.ts';

export type { Failure, FakeLine } from './fake-line.ts';

export interface FakeEdgeOptions {
  clock?: Clock;
  random?: () => number;
  /** The key of the site. */
  site?: string;
  /** Whether strangers get a visitor's session. */
  visitors?: boolean;
  /** What the site says with each session. */
  says?: Pick<Session, 'texts' | 'limits' | 'rooms'>;
  /** A token's life, in milliseconds. */
  tokenMs?: number;
  /** Answers snapshots of public rooms from a cache this old, as an edge does. */
  roomCacheMs?: number;
  hub?: Partial<HubOptions>;
}

interface Token {
  sub: string;
  kind: UserKind;
  sid: string;
  exp: number;
  name: string;
  room?: string;
}

export const people: User[] = [
  { id: 'm_1', name: 'Ana Ferreira', kind: 'member' },
  { id: 'm_2', name: 'Ben Okoro', kind: 'member' },
  { id: 'm_3', name: 'Inês Duarte', kind: 'agent' },
];

export function createFakeEdge(options: FakeEdgeOptions = {}) {
  const {
    clock = systemClock,
    site: key = 'halden',
    visitors = true,
    tokenMs = 3_600_000,
    roomCacheMs = 0,
    says,
  } = options;
  const hubOptions = { clock, ...(options.random ? { random: options.random } : {}), ...options.hub };
  const requests: Array<{ method: string; path: string; query: string; body: unknown; by: string; status: number }> =
    [];
  const revoked = new Set<string>();
  const sidsOf = new Map<string, string[]>();
  /** Which visitor is whose by now. */
  const claimed = new Map<string, string>();
  const rooms = new Map<string, { atMs: number; snapshot: Snapshot }>();
  const lastTyping = new Map<string, number>();
  let epochs = 0;
  let epoch = '00000000000a';
  let sessions = 0;
  /** Who the cookie of this origin belongs to. */
  let cookie: string | undefined;
  let lost = false;
  let hub: Hub = createHub(hubOptions);
  hub.start(epoch, 0);

  const site = createFakeSite({
    clock,
    onEvent: ({ event, to }) => {
      if (event.type !== 'message.posted' && event.thread) rooms.delete(event.thread);
      hub.append(event, lost ? [] : to);
    },
  });
  for (const person of people) site.addUser(person);

  const json = (status: number, body: unknown) =>
    new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });

  function sessionOf(user: User, more: { visitor?: string; room?: string; sid?: string } = {}): Session {
    const { visitor, room, sid = `s${++sessions}` } = more;
    const exp = clock.now() + tokenMs;
    sidsOf.set(user.id, [...(sidsOf.get(user.id) ?? []), sid]);
    const claims: Token = { sub: user.id, kind: user.kind, sid, exp, name: user.name, ...(room ? { room } : {}) };
    const text = String.fromCharCode(...new TextEncoder().encode(JSON.stringify({ ...claims, site: key, iat: 0 })));
    const token = `e30.${btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}.${sessions}`;
    return { token, expiresAt: new Date(exp).toISOString(), user, site: key, ...(visitor ? { visitor } : {}), ...says };
  }

  function readToken(request: Request): Token {
    const token = request.headers.get('Authorization')?.replace('Bearer ', '').split('.')[1];
    try {
      const bytes = Uint8Array.from(atob((token ?? '').replaceAll('-', '+').replaceAll('_', '/')), (char) =>
        char.charCodeAt(0),
      );
      const claims = JSON.parse(new TextDecoder().decode(bytes)) as Token;
      if (claims.exp > clock.now() && !revoked.has(claims.sid)) return claims;
    } catch {
      // Refused below, as every bad token.
    }
    throw new ChatError('unauthorized');
  }

  const userOf = ({ sub, name, kind }: Token): User => site.users.get(sub) ?? { id: sub, name, kind };

  function visit(handle: string): Session {
    const id = `v_${handle}`;
    const user = site.users.get(id) ?? site.addUser({ id, name: 'Visitor', kind: 'visitor' });
    return sessionOf(user, { visitor: `handle:${handle}` });
  }

  function openSession(request: Request, body: Record<string, string>): Session {
    if (body.site !== key) throw new ChatError('unknown-site');
    if (request.headers.get('Authorization')) {
      const token = readToken(request);
      return sessionOf(userOf(token), { sid: token.sid, ...(token.room ? { room: token.room } : {}) });
    }
    if (body.visitor) {
      const handle = /^handle:(\w+)$/.exec(body.visitor)?.[1];
      if (!handle || revoked.has(handle)) throw new ChatError('unauthorized');
      return visit(handle);
    }
    if (body.room) {
      if (!site.roomOf(body.room)?.public) throw new ChatError('not-found');
      return sessionOf({ id: 'guest', name: 'Guest', kind: 'guest' }, { room: body.room });
    }
    if (cookie) return sessionOf(site.users.get(cookie) as User);
    if (!visitors) throw new ChatError('forbidden');
    return visit(`h${++sessions}`);
  }

  /** The thread that a path or topic names, if this caller may see it. */
  function find(name: string, token: Token): Held {
    const held =
      name === 'support'
        ? site.supportOf(token.sub)
        : name.startsWith('room:')
          ? site.roomOf(name.slice(5))
          : site.threads.get(name);
    if (!held || !site.maySee(userOf(token), held, token.room)) throw new ChatError('not-found');
    return held;
  }

  function openStream(request: Request, token: Token): Response {
    const asked = parseStreamRequest(new URL(request.url).searchParams, request.headers.get('Last-Event-ID'));
    if (asked.is === 'service') throw new ChatError('forbidden');
    const topics = asked.topics.flatMap((wish) =>
      wish.is === 'me'
        ? topicsOfMe(token)
        : [topic.thread(find(wish.is === 'room' ? `room:${wish.key}` : wish.id, token).thread.id)],
    );
    let leave = () => {};
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        let open = true;
        const sink: Sink = {
          write: (chunk) => {
            if (open) controller.enqueue(chunk);
            return true;
          },
          onDrain: () => {},
          close: () => {
            if (open) controller.close();
            open = false;
          },
        };
        const { cursor } = asked;
        const listener = { sink, topics, user: token.sub, sid: token.sid, expiresAtMs: token.exp };
        const close = hub.subscribe(cursor ? { ...listener, cursor } : listener);
        leave = () => {
          open = false;
          close();
        };
      },
      cancel: () => leave(),
    });
    return new Response(body, { headers: { 'Content-Type': 'text/event-stream; charset=utf-8' } });
  }

  function claim(token: Token, body: Record<string, string>): Session {
    const handle = /^handle:(\w+)$/.exec(body.visitor ?? '')?.[1];
    if (!handle || token.kind === 'visitor' || token.kind === 'guest') throw new ChatError('unauthorized');
    const by = claimed.get(handle);
    if (by && by !== token.sub) throw new ChatError('conflict', { message: 'Somebody else has claimed this visitor.' });
    if (!by && revoked.has(handle)) throw new ChatError('unauthorized');
    claimed.set(handle, token.sub);
    revoked.add(handle);
    if (!by) {
      site.merge(`v_${handle}`, token.sub);
      for (const sid of sidsOf.get(`v_${handle}`) ?? []) endSession(sid);
    }
    return sessionOf(userOf(token), { sid: token.sid });
  }

  function takeSnapshot(name: string, url: URL, token: Token): Snapshot {
    const held = find(name, token);
    const limit = Math.min(Number(url.searchParams.get('limit') ?? 50), limits.pageMessages);
    const before = url.searchParams.get('before');
    const take = () =>
      site.snapshot(held.thread.id, token.sub, epoch, { limit, ...(before ? { before: Number(before) } : {}) });
    if (!held.public || !roomCacheMs || before || limit !== 50) return take();
    const kept = rooms.get(held.thread.id);
    if (kept && kept.atMs > clock.now() - roomCacheMs) return kept.snapshot;
    const snapshot = take();
    rooms.set(held.thread.id, { atMs: clock.now(), snapshot });
    return snapshot;
  }

  function send(body: unknown, token: Token): Response {
    const asked = read(sendRequest, body);
    if (!asked) throw new ChatError('invalid', { faults: [{ field: 'content', message: 'Must be text.' }] });
    if (asked.content.length > limits.contentChars) throw new ChatError('too-large');
    if (token.kind === 'guest') throw new ChatError('forbidden');
    const { content, localId, replyTo } = asked;
    const name = asked.thread ?? (asked.room ? `room:${asked.room}` : 'support');
    const held = name === 'support' && !site.supportOf(token.sub) ? undefined : find(name, token);
    const id = held?.thread.id ?? site.makeThread('support', [token.sub]);
    const known = site.log.length;
    const doc = site.post(token.sub, id, content, { ...(localId ? { localId } : {}), ...(replyTo ? { replyTo } : {}) });
    return json(site.log.length === known ? 200 : 201, { doc, message: 'Stored.' });
  }

  function change(method: string, id: string, body: unknown, token: Token): Response {
    const held = [...site.threads.values()].find(({ messages }) => messages.some((message) => message.id === id));
    const message = held?.messages.find((one) => one.id === id);
    if (!held || !message || !site.maySee(userOf(token), held, token.room)) throw new ChatError('not-found');
    if (message.sender.id !== token.sub) throw new ChatError('forbidden');
    const doc =
      method === 'DELETE'
        ? site.remove(id, token.sub)
        : site.edit(id, String((body as { content?: unknown }).content), token.sub);
    return json(200, { doc, message: 'Done.' });
  }

  function tell(type: 'typing' | 'receipt', user: User, held: Held, more: object = {}) {
    const seats = held.thread.kind === 'room' ? [] : held.participants.map((seat) => topic.user(seat.user.id));
    const agents = held.thread.kind === 'support' ? [topic.agents] : [];
    hub.signal({ type, thread: held.thread.id, user, ...more }, [topic.thread(held.thread.id), ...seats, ...agents]);
  }

  function typing(user: string, thread: string) {
    const key = `${user} ${thread}`;
    if (clock.now() - (lastTyping.get(key) ?? 0) < limits.typingEveryMs) return;
    lastTyping.set(key, clock.now());
    tell('typing', site.users.get(user) as User, site.threads.get(thread) as Held);
  }

  function readUpTo(user: string, thread: string, seq: number) {
    const seat = site.read(user, thread, seq);
    if (seat) tell('receipt', seat.user, site.threads.get(thread) as Held, { seq: seat.readSeq });
  }

  async function answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const path = url.pathname.replace(/^.*?\/api\//, '');
    const body = request.method === 'GET' ? undefined : await request.json().catch(() => ({}));
    const note = { method: request.method, path, query: url.search, body, by: '', status: 200 };
    requests.push(note);
    try {
      if (path === 'chat/session') return json(200, openSession(request, body as Record<string, string>));
      const token = readToken(request);
      note.by = token.sub;
      const [, kind, id = '', last] = /^(messages|chat\/threads)\/([^/]+)(?:\/(\w+))?$/.exec(path) ?? [];
      const name = decodeURIComponent(id);
      if (path === 'chat/claim') return json(200, claim(token, body as Record<string, string>));
      if (path === 'messages/sse') return openStream(request, token);
      if (path === 'messages') return send(body, token);
      if (path === 'chat/logout') {
        if (token.kind === 'guest') throw new ChatError('forbidden');
        endSession(token.sid);
        return json(200, {});
      }
      if (kind === 'messages') return change(request.method, name, body, token);
      if (last === 'snapshot') return json(200, takeSnapshot(name, url, token));
      const thread = find(name, token).thread.id;
      if (last === 'typing') typing(token.sub, thread);
      else if (last === 'read') readUpTo(token.sub, thread, Number((body as { seq?: unknown }).seq));
      else throw new ChatError('not-found');
      return json(200, {});
    } catch (failure) {
      if (!(failure instanceof ChatError)) throw failure;
      note.status = failure.status;
      const { status, headers, body } = errorAnswer(failure);
      return new Response(body, { status, headers });
    }
  }

  function endSession(sid: string) {
    revoked.add(sid);
    site.endSession(sid);
  }

  const line = (): FakeLine => createFakeLine(answer, clock);

  return {
    /** What a client is given as `edge`. */
    url: 'https://edge.test',
    site: key,
    /** Every request that was heard, oldest first; `by` is whose token it carried. */
    requests,
    answer,
    /** One browser's network. */
    line,
    /** What a client is given as `getToken`. */
    getToken: (user: string) => async () => sessionOf(site.users.get(user) as User),
    /** Signs the browser in or out by this origin's cookie. */
    signIn(user: string | undefined) {
      cookie = user;
    },
    addUser: site.addUser,
    makeRoom: (roomKey: string, more: { title?: string; public?: boolean; seats?: string[] } = {}) => {
      const { seats = [], public: open = true, title = roomKey } = more;
      return site.makeThread('room', seats, { key: roomKey, title, public: open });
    },
    makeDirect: (one: string, other: string) => site.makeThread('direct', [one, other]),
    makeSupport: (user: string, agent?: string) => site.makeThread('support', agent ? [user, agent] : [user]),
    supportOf: (user: string) => site.supportOf(user)?.thread.id,
    post: site.post,
    edit: site.edit,
    remove: site.remove,
    erase: site.erase,
    join: site.join,
    leave: site.leave,
    hasSeat: (user: string, thread: string) =>
      site.threads.get(thread)?.participants.some((seat) => seat.user.id === user) ?? false,
    updateThread: site.updateThread,
    eraseUser: site.eraseUser,
    addStrangeEvent: site.addStrangeEvent,
    typing,
    read: readUpTo,
    endSession,
    /** His handle is refused from now on. */
    forgetVisitor: (user: string) => void revoked.add(user.slice(2)),
    /** The site's log is told again to a new hub; with `epoch` its positions mean something else from now on. */
    restart({ epoch: renewed = false } = {}) {
      hub.close();
      rooms.clear();
      if (renewed) epoch = (0xb + epochs++).toString(16).padStart(12, '0');
      hub = createHub(hubOptions);
      hub.start(epoch, renewed ? site.pos : 0);
      if (!renewed) for (const { event, to } of site.log) hub.append(event, to);
    },
    /** What happens in `run` reaches no reader, as it never should. */
    lose(run: () => void) {
      lost = true;
      run();
      lost = false;
    },
    /** Forgets what the hub holds: whoever is behind is reset. */
    expire() {
      hub.close();
      hub = createHub(hubOptions);
      hub.start(epoch, site.pos);
    },
    /** What a fresh snapshot says now. */
    truth: (thread: string, viewer = '', limit = 100_000) => site.snapshot(thread, viewer, epoch, { limit }),
    get streams() {
      return hub.readers;
    },
    close: () => hub.close(),
  };
}

export type FakeEdge = ReturnType<typeof createFakeEdge>;
