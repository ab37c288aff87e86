/**
 * [I9] A race of joins, leaves and posts: no event to one who had left, none missing to one who was there. Looked at in
 * the log itself, and at real streams of everybody who took part.
 */
import type { Session, WireEvent } from '@payload-chat/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, account, localReq, logOf, memberCaller, room, site, startApp } from '../../test/app.ts';
import { randomFrom } from '../../test/random.ts';
import { until } from '../../test/until.ts';
import { ask, type Listening, listen, page, readStream, type Stream, tokenOf } from '../../test/wire.ts';
import type { Caller } from '../identity/caller.ts';
import { leave } from '../messages/leave.ts';
import { post } from '../messages/post.ts';
import { runtime } from '../runtime.ts';

/** Rounds of each writer; `ROUNDS` asks for more. */
const rounds = Number(process.env.ROUNDS ?? 64);
const writers = 8;

let app: App;
let http: Listening;
let sessions: Session[];
let callers: Caller[];
let owner: Caller;
const open: Stream[] = [];

beforeAll(async () => {
  app = await startApp();
  http = await listen(app);
  const at = await site(app.payload, 'halden');
  await room(app.payload, 'halden', 'lobby');
  const names = Array.from({ length: writers }, (_, index) => `Writer ${index}`);
  const people = await Promise.all(names.map((name) => account(app.payload, name)));
  callers = await Promise.all(people.map((who) => memberCaller(app.payload, at, who)));
  sessions = await Promise.all(people.map(({ email }) => tokenOf(app, 'halden', email)));
  owner = await memberCaller(app.payload, at, await account(app.payload, 'Owner'));
  await post(await req(), owner, { room: 'lobby', content: 'hello' });
});
afterAll(async () => {
  for (const stream of open) stream.close();
  await http?.close();
  await app?.close();
});

const req = () => localReq(app.payload);
const seat = (thread: string, { user }: Caller) =>
  app.payload.create({ collection: 'participants', data: { thread, user: user.id } });
/** One who has just been sent out, or is in already. */
const settle = async (acting: Promise<unknown>) =>
  acting.then(
    () => true,
    (error) => {
      if (!['not-found', 'forbidden', 'not-stored'].includes(error.code)) throw error;
      return false;
    },
  );

async function stream(session: Session, query: string, cursor?: string): Promise<Stream> {
  const headers = { Authorization: `Bearer ${session.token}`, Origin: page };
  const asked = fetch(`${http.url}/api/messages/sse?${query}`, {
    headers: { ...headers, ...(cursor ? { 'Last-Event-ID': cursor } : {}) },
  });
  const opened = await readStream(asked);
  open.push(opened);
  return opened;
}

const eventsOf = (stream: Stream, thread: string) =>
  stream.frames.flatMap(({ event, data }) =>
    event === 'message' && (data as WireEvent).thread === thread ? [data as WireEvent] : [],
  );

interface Logged {
  pos: number;
  topics: string[];
  /** Who sits there after it, and he who has just left. */
  heard: Set<string>;
}

/** The thread's log as it must have been: from the participants' own events and nothing else. */
async function truth(thread: string, first: Caller): Promise<Logged[]> {
  // Seats that a transaction makes hear all of it: the thread's making too.
  const seats = new Set<string>([first.user.id]);
  const logged: Logged[] = [];
  for (const event of await logOf(app.payload, 'halden')) {
    if (event.thread !== thread) continue;
    const user = (event.payload.participant?.user as { id: string } | undefined)?.id;
    if (event.type === 'participant.joined' && user) seats.add(user);
    const heard = new Set(seats);
    if (event.type === 'participant.left' && user) seats.delete(user);
    logged.push({ pos: Number(event.pos), topics: event.topics, heard });
  }
  return logged;
}

test('[I9] in a thread of members: each hears what is said while he sits there, to the event', async () => {
  const random = randomFrom('audience race');
  const { message } = await post(await req(), owner, { content: 'Help' });
  const { thread } = message;
  // Rows of the people, by writing elsewhere.
  for (const caller of callers) await post(await req(), caller, { room: 'lobby', content: 'hello' });
  const streams = await Promise.all(sessions.map((session) => stream(session, 'topic=me')));
  for (const each of streams) await each.until('ready', ({ event }) => event === 'ready');

  let joins = 0;
  const write = async (caller: Caller) => {
    for (let round = 0; round < rounds; round += 1) {
      // Sometimes twice at once, which takes one seat.
      if (await settle(seat(thread, caller))) joins += 1;
      const posts = Array.from({ length: 1 + random.below(3) }, async (_, index) =>
        settle(post(await req(), caller, { thread, content: `${round} ${index}` })),
      );
      // Out while his own words are under way, or after them; by himself or by the panel.
      if (random.below(2)) await Promise.all(posts);
      await settle(leave(await req(), caller, { thread, user: caller.user.id }));
      await Promise.all(posts);
    }
  };
  await Promise.all(callers.map(write));
  const { message: last } = await post(await req(), owner, { thread, content: 'Quiet at last' });

  const log = await truth(thread, owner);
  expect(joins).toBeGreaterThan(writers * rounds * 0.9);
  for (const { topics, heard } of log)
    expect(new Set(topics.filter((name) => name.startsWith('user:')))).toEqual(
      new Set([...heard].map((user) => `user:${user}`)),
    );
  // Everybody joins once more, to know that his stream has told all.
  for (const caller of callers) await seat(thread, caller);
  const { message: end } = await post(await req(), owner, { thread, content: 'The end' });
  expect(end.seq).toBeGreaterThan(last.seq);
  const whole = await truth(thread, owner);
  for (const [index, each] of streams.entries()) {
    const { id } = (callers[index] as Caller).user;
    await each.until('the end', ({ data }) => (data as WireEvent).seq === end.seq, 20_000);
    expect(eventsOf(each, thread).map(({ pos }) => pos)).toEqual(
      whole.filter(({ heard }) => heard.has(id)).map(({ pos }) => pos),
    );
  }
  console.info(`audience race: ${whole.length} events, ${joins} joins`);
}, 240_000);

test('[I9] [S7] in a private room by name: nothing after one’s own leaving, on whatever stream', async () => {
  const random = randomFrom('rights race');
  const thread = await room(app.payload, 'halden', 'den', { public: false });
  await seat(thread, owner);
  let over = false;
  const talking = (async () => {
    for (let turn = 0; !over; turn += 1) await post(await req(), owner, { thread, content: `talk ${turn}` });
  })();

  /** Comes and goes; opens streams at any moment, with and without the cursor of an earlier one. */
  const visit = async (caller: Caller, session: Session) => {
    let cursor: string | undefined;
    const opened: Array<{ stream: Stream }> = [];
    for (let round = 0; round < Math.ceil(rounds / 6); round += 1) {
      await settle(seat(thread, caller));
      const asking = Array.from({ length: 2 }, async () => {
        const from = random.below(2) ? cursor : undefined;
        const each = await stream(session, `topic=thread:${thread}`, from);
        if (each.response.status === 200) opened.push({ stream: each });
        else expect(each.response.status).toBe(404);
      });
      if (random.below(2)) await Promise.all(asking);
      if (random.below(2)) await post(await req(), caller, { thread, content: `in ${round}` });
      await settle(leave(await req(), caller, { thread, user: caller.user.id }));
      await Promise.all(asking);
      cursor = opened.at(-1)?.stream.frames.findLast(({ id }) => id)?.id ?? cursor;
    }
    return opened;
  };
  const all = await Promise.all(callers.map((caller, index) => visit(caller, sessions[index] as Session)));
  over = true;
  await talking;

  const log = (await logOf(app.payload, 'halden')).filter((event) => event.thread === thread);
  let checked = 0;
  for (const [index, opened] of all.entries()) {
    const { id } = (callers[index] as Caller).user;
    const isOwn = ({ payload }: (typeof log)[number]) => (payload.participant?.user as { id: string })?.id === id;
    for (const { stream: each } of opened) {
      await each.ended(20_000);
      expect(['bye', 'reset']).toContain(each.frames.at(-1)?.event);
      const heard = eventsOf(each, thread).map(({ pos }) => pos);
      checked += heard.length;
      // He who may see it now may be given what came before he sat down, as a snapshot would. From the first on each is there, but for what lies between his leaving and his coming again.
      const due: number[] = [];
      let sitting = true;
      for (const event of log) {
        const pos = Number(event.pos);
        if (pos < (heard[0] ?? 0) || pos > (heard.at(-1) ?? 0)) continue;
        if (event.type === 'participant.joined' && isOwn(event)) sitting = true;
        if (sitting) due.push(pos);
        if (event.type === 'participant.left' && isOwn(event)) sitting = false;
      }
      expect(heard).toEqual(due);
      if (heard.length && each.frames.at(-1)?.event === 'bye') expect(sitting).toBe(false);
    }
  }
  expect(checked).toBeGreaterThan(writers);
  console.info(`rights race: ${all.flat().length} streams, ${checked} events`);
}, 240_000);

test('[I9] [S7] sessions that end while all write: nothing after one’s own session.ended', async () => {
  const thread = await room(app.payload, 'halden', 'square');
  let over = false;
  const talking = (async () => {
    for (let turn = 0; !over; turn += 1) await post(await req(), owner, { thread, content: `news ${turn}` });
  })();
  const heard = await Promise.all(
    sessions.map(async (session) => {
      const opened = [await stream(session, `topic=thread:${thread}`), await stream(session, 'topic=me')];
      await opened[0]?.until('some news', ({ event }) => event === 'message');
      const [said] = await Promise.all([
        fetch(`${http.url}/api/chat/logout`, {
          method: 'POST',
          headers: { Authorization: `Bearer ${session.token}`, Origin: page },
        }),
        // One that is opened at that very moment.
        stream(session, `topic=thread:${thread}`).then((each) => opened.push(each)),
      ]);
      expect(said.status).toBe(200);
      return opened;
    }),
  );
  for (const opened of heard) for (const each of opened) if (each.response.status === 200) await each.ended(20_000);
  over = true;
  await talking;
  const log = await logOf(app.payload, 'halden');
  for (const [index, opened] of heard.entries()) {
    const { id } = (callers[index] as Caller).user;
    const end = log.find(({ type, actor }) => type === 'session.ended' && actor === id);
    expect(end).toBeDefined();
    for (const each of opened) {
      if (each.response.status !== 200) {
        expect(each.response.status).toBe(401);
        continue;
      }
      expect(each.frames.at(-1)).toMatchObject({ event: 'bye', data: { reason: 'revoked' } });
      for (const { pos } of eventsOf(each, thread)) expect(pos).toBeLessThan(Number(end?.pos));
    }
  }
}, 120_000);

test('[S7] a session that another process has ended opens no stream behind its end', async () => {
  const other = await startApp({ databaseUrl: app.databaseUrl });
  try {
    const hub = await runtime(app.payload).hub('halden');
    for (let round = 0; round < 3; round += 1) {
      const { token } = await tokenOf(app, 'halden', 'owner@example.com');
      // What this process knows of ended sessions is of now, and is not read again for a second.
      expect((await ask(app, '/api/chat/threads', { token })).status).toBe(200);
      expect((await ask(other, '/api/chat/logout', { method: 'POST', token })).status).toBe(200);
      const head = Number((await logOf(app.payload, 'halden')).at(-1)?.pos);
      await until('the end to have passed here', () => hub.window?.head === head);
      const late = await stream({ token } as Session, 'topic=me');
      expect(late.response.status).toBe(401);
    }
  } finally {
    await other.close();
  }
});
