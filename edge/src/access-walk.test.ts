/**
 * Who hears what, while seats, a room's publicity and sessions change, the feed lags behind the server and the server's
 * answers come in any order: the edge's own reading, hubs and grants against a naive model of the log.
 */
import { encodeFrame, type StreamResponse } from '@payload-chat/protocol';
import { manualClock, type RecordingSink, recordingSink, settle } from '@payload-chat/protocol/testing';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readConfig } from './config.ts';
import { createHubs } from './hubs.ts';
import { createReading } from './reading.ts';
import { createStreamPlaces } from './stream-places.ts';
import type { Reader } from './tokens.ts';
import type { Upstream } from './upstream.ts';

const epoch = 'aaaaaaaaaaaa';
const users = ['ana', 'ben', 'cy'];
const config = readConfig({ CHAT_SERVER_URL: 'http://server', CHAT_EDGE_KEY: 'key' });

/** What happens next; `who` and `what` choose among what there is. */
const step = fc.record({
  do: fc.constantFrom(
    ...['post', 'post', 'join', 'leave', 'retitle', 'publish', 'end', 'open', 'open', 'hear', 'hear', 'hear'],
    ...['decide', 'decide', 'answer', 'answer', 'wait', 'cut'],
  ),
  who: fc.nat(2),
  what: fc.nat(11),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Logged {
  type: string;
  thread: 'seats' | 'room' | null;
  to: string[];
  entity: object;
  /** Of what follows it: who has a seat, whether the room is public, which sessions have ended. */
  seats: ReadonlySet<string>;
  isPublic: boolean;
  ended: ReadonlySet<string>;
}

interface Opened {
  user: string;
  sid: string;
  topics: string[];
  sink: RecordingSink;
  cursor: number | undefined;
  /** By position: how far the server's log had got when he heard it. */
  heardAt: Map<number, number>;
  wasDenied: boolean;
}

/** The server: a log, and what it says when it is asked. Position 1 is the first event. */
function serverOf() {
  const log: Logged[] = [];
  let seats: ReadonlySet<string> = new Set(['ana', 'ben']);
  let isPublic = true;
  let ended: ReadonlySet<string> = new Set();
  const begun = { seats, isPublic, ended };

  function append(type: string, thread: Logged['thread'], entity: object, to: string[]) {
    log.push({ type, thread, to, entity, seats, isPublic, ended });
  }
  const toSeats = (more: string[] = []) => [
    'thread:seats',
    ...[...new Set([...seats, ...more])].map((id) => `user:${id}`),
  ];

  return {
    log,
    /** How things stand after the event at `pos`. */
    at: (pos: number) => log[pos - 1] ?? begun,
    now: () => ({ seats, isPublic, ended }),
    act(what: Step['do'], user: string, nth: number) {
      const seat = { participant: { id: `p_${user}`, user: { id: user } } };
      if (what === 'post' && nth % 2)
        append('message.posted', 'room', { message: { id: `m${log.length}` } }, ['thread:room']);
      else if (what === 'post') append('message.posted', 'seats', { message: { id: `m${log.length}` } }, toSeats());
      else if (what === 'retitle') append('thread.updated', 'seats', { threadState: {} }, toSeats());
      else if (what === 'publish') {
        isPublic = !isPublic;
        append('thread.updated', 'room', { threadState: {} }, ['thread:room']);
      } else if (what === 'join' && !seats.has(user)) {
        seats = new Set([...seats, user]);
        append('participant.joined', 'seats', seat, toSeats());
      } else if (what === 'leave' && seats.has(user)) {
        seats = new Set([...seats].filter((id) => id !== user));
        append('participant.left', 'seats', seat, toSeats([user]));
      } else if (what === 'end') {
        ended = new Set([...ended, `s_${user}`]);
        append('session.ended', null, { session: { sid: `s_${user}` } }, [`session:s_${user}`]);
      }
    },
    /** May he listen, and as of when. */
    decide(asked: string, reader: Reader) {
      const { sub, sid } = reader.claims;
      const isRoom = asked === 'room:lobby' || asked === 'thread:room';
      const allow = !ended.has(sid) && (isRoom ? isPublic : asked === 'thread:seats' && seats.has(sub));
      return allow
        ? { allow, thread: isRoom ? 'room' : 'seats', public: isRoom, asOf: `${epoch}.${log.length}`, untilMs: 600_000 }
        : { allow };
    },
  };
}

type Server = ReturnType<typeof serverOf>;

const range = (from: number, to: number) =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);

/** Whether the event at `pos` is for one who asked for these topics and is entitled as things stand after `at`. */
function mayRead({ user, topics }: Opened, server: Server, pos: number, at: number): boolean {
  const { thread, to } = server.log[pos - 1] as Logged;
  if (topics.includes('me') && to.includes(`user:${user}`)) return true;
  if (thread === null) return to.includes(`session:s_${user}`);
  if (!topics.includes(thread === 'room' ? 'room:lobby' : 'thread:seats')) return false;
  const { seats, isPublic } = server.at(at);
  return thread === 'room' ? isPublic : seats.has(user);
}

async function walk(steps: Step[]) {
  const clock = manualClock();
  const server = serverOf();
  const questions: Array<{ asked: string; reader: Reader; said?: object; answer(said: object): void }> = [];
  const opened: Opened[] = [];
  let feed: { send(frame: Uint8Array): void; end(): void; at: number } | undefined;

  const upstream = {
    async feed(_: string, cursor: string | undefined) {
      let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
      const body = new ReadableStream<Uint8Array>({
        start: (begun) => {
          controller = begun;
        },
        cancel: () => {
          feed = undefined;
        },
      });
      const at = cursor ? Number(cursor.split('.')[1]) : server.log.length;
      feed = { send: (frame) => controller?.enqueue(frame), end: () => controller?.close(), at };
      const data = {
        epoch,
        cursor: `${epoch}.${at}`,
        pingMs: 600_000,
        maxAgeMs: 6_000_000,
        revoked: [...server.now().ended],
      };
      feed.send(encodeFrame({ event: 'hello', data }));
      feed.send(encodeFrame({ event: 'ready', id: `${epoch}.${at}`, data: { cursor: `${epoch}.${at}` } }));
      return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } }) as StreamResponse;
    },
    grant: (asked: string, reader: Reader) =>
      new Promise((answer) => {
        questions.push({ asked, reader, answer });
      }),
  } as unknown as Upstream;

  const hubs = createHubs({ config, upstream, clock, random: () => 0.5, log: () => {} });
  const places = createStreamPlaces({ all: 0, perPerson: 0, perAddress: 0 });
  const tokens = {
    verify: async (credential: { token: string } | undefined) => {
      const sub = credential?.token ?? '';
      const claims = { sub, sid: `s_${sub}`, site: 'halden', kind: 'member', iat: 1, exp: 9e9 };
      return { claims, credential, endsAtMs: Number.POSITIVE_INFINITY } as unknown as Reader;
    },
  };
  const reading = createReading({ hubs, tokens, upstream, places });

  /** Web streams take several turns to hand a chunk on. */
  async function turns() {
    for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    await settle();
  }

  function hear(count: number) {
    for (let heard = 0; feed && heard < count && feed.at < server.log.length; heard += 1) {
      feed.at += 1;
      const { type, thread, to, entity } = server.log[feed.at - 1] as Logged;
      const data = { type, pos: feed.at, thread, seq: thread && feed.at, at: 'now', actor: null, ...entity, to };
      feed.send(encodeFrame({ id: `${epoch}.${feed.at}`, data }));
    }
  }

  function answer(nth: number, said?: object) {
    const [question] = questions.splice(nth % Math.max(questions.length, 1), 1);
    if (!question) return;
    const given = said ?? question.said ?? server.decide(question.asked, question.reader);
    if (!(given as { allow: boolean }).allow)
      for (const one of opened) if (one.user === question.reader.claims.sub) one.wasDenied = true;
    question.answer(given);
  }

  function open(user: string, nth: number) {
    const topics =
      [['thread:seats'], ['room:lobby'], ['me'], ['me', 'room:lobby'], ['thread:seats', 'room:lobby']][nth % 5] ?? [];
    const at = server.log.length - (nth % 4);
    const cursor = nth > 5 && at >= 0 ? at : undefined;
    const recording = recordingSink();
    const one: Opened = {
      user,
      sid: `s_${user}`,
      topics,
      cursor,
      sink: recording,
      heardAt: new Map(),
      wasDenied: false,
    };
    const request = new Request(`http://edge/api/messages/sse?${topics.map((name) => `topic=${name}`).join('&')}`, {
      headers: {
        Authorization: `Bearer ${user}`,
        ...(cursor === undefined ? {} : { 'Last-Event-ID': `${epoch}.${cursor}` }),
      },
    });
    const begun = reading.stream(request, undefined, () => {
      opened.push(one);
      const sink = Object.create(recording, {
        write: {
          value: (chunk: Uint8Array) => {
            const hasRoom = recording.write(chunk);
            for (const pos of recording.positions) if (!one.heardAt.has(pos)) one.heardAt.set(pos, server.log.length);
            return hasRoom;
          },
        },
      }) as RecordingSink;
      return { sink, response: new Response(), onGone: () => {} };
    });
    begun.catch(() => {}); // Refused: he hears nothing.
  }

  for (const { do: what, who, what: nth } of steps) {
    const user = users[who] as string;
    if (what === 'open') open(user, nth);
    else if (what === 'hear') hear(1 + (nth % 4));
    else if (what === 'wait') await clock.advance(nth * 200);
    else if (what === 'answer') answer(nth);
    else if (what === 'cut') {
      feed?.end();
      feed = undefined;
    } else if (what === 'decide') {
      const question = questions[nth % Math.max(questions.length, 1)];
      if (question) question.said ??= server.decide(question.asked, question.reader);
    } else server.act(what, user, nth);
    if (what !== 'post' && what !== 'decide') await turns();
  }

  // Quiet: everything is heard and answered.
  for (let round = 0; round < 12; round += 1) {
    hear(1000);
    await turns();
    while (questions.length) answer(0);
    await turns();
    await clock.advance(1000);
  }

  for (const one of opened) {
    const heard = one.sink.positions;
    const from = one.cursor ?? startOf(one);
    const says = `${one.user} with ${one.topics} after ${from} heard ${heard}, of ${JSON.stringify(
      server.log.map(({ type, thread, to }, index) => `${index + 1} ${type} ${thread} ${to}`),
    )}`;
    expect(heard, says).toEqual([...new Set(heard)].sort((a, b) => a - b));
    const endedAt = server.log.findIndex(({ ended }) => ended.has(one.sid)) + 1 || Number.POSITIVE_INFINITY;
    for (const pos of heard) {
      expect(pos, `nothing before its cursor: ${says}`).toBeGreaterThan(from);
      expect(pos, `nothing after the session's end: ${says}`).toBeLessThanOrEqual(endedAt);
      // Whoever may read a thread may read its past, by its snapshot: what he might not hear when it was said is no
      // secret to him if he was let in before he heard it.
      const toldAt = one.heardAt.get(pos) ?? pos;
      const isMeant = [pos - 1, ...range(pos, toldAt)].some((at) => mayRead(one, server, pos, at));
      expect(isMeant, `${pos} is for him: ${says}`).toBe(true);
    }
    if (one.sink.closed || one.wasDenied) continue;
    const meant = range(from + 1, server.log.length).filter((pos) =>
      [pos - 1, pos].some((at) => mayRead(one, server, pos, at)),
    );
    expect(
      meant.filter((pos) => !heard.includes(pos)),
      `nothing is missing: ${says}`,
    ).toEqual([]);
  }
  hubs.close();
  return opened.length;
}

/** Where a stream without a cursor begins: at the head that its hello tells. */
function startOf({ sink }: Opened): number {
  const hello = sink.frames[0]?.data as { cursor: string };
  return Number(hello.cursor.split('.')[1]);
}

it('[I9] [S7] whatever order grants, leavings, ends of sessions and changes come in, nobody hears what is not for him', async () => {
  let streams = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80 }), async (steps) => {
      streams += await walk(steps);
    }),
    { numRuns: 100 },
  );
  expect(streams).toBeGreaterThan(100);
}, 120_000);
