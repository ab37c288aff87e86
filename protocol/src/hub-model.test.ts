/**
 * The hub against a naive model: the whole log, and for each stream a walk over it from its cursor. Whatever happens,
 * a stream gives exactly what its topics entitle it to, in order, once, or it ends with a word.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { WireEvent } from './event.ts';
import { createHub } from './hub.ts';
import { eventOf, epoch as firstEpoch, messageOf, seatOf, threadOf, userOf } from './samples.ts';
import { manualClock, type RecordingSink, recordingSink, settle } from './testing.ts';

const threads = ['a', 'b'];
const users = ['ana', 'ben', 'cy'];
const maxEvents = 12;

interface Reader {
  sink: RecordingSink;
  user: string;
  sid: string;
  asked: string[];
  service: boolean;
  from: number;
  headAtConnect: number;
  /** Positions of thread.updated where it was asked, with the answer once given. */
  answers: Map<number, boolean | undefined>;
  give: Array<(allowed: boolean) => void>;
  left: boolean;
  full: boolean;
  leave(): void;
}

type Logged = { event: WireEvent; to: string[] };

interface Entitled {
  positions: number[];
  /** How many it may have had when it ended with `bye revoked`. */
  endings: number[];
  /** Whether it has to have ended by now; or what follows has to wait for an answer. */
  ends: boolean;
  held: boolean;
}

/** What a stream is entitled to by now. */
function entitled(reader: Reader, log: Logged[]): Entitled {
  const heard = new Set(reader.asked);
  const asked = new Set(reader.asked);
  const positions: number[] = [];
  const endings: number[] = [];
  const always = new Set(['all', `session:${reader.sid}`]);
  const isDeaf = () => !reader.service && ![...asked].some((name) => heard.has(name));
  for (const { event, to } of log.slice(reader.from)) {
    const thread = `thread:${event.thread}`;
    const { participant, session } = event as { participant?: { user: { id: string } }; session?: { sid: string } };
    const own = !reader.service && participant?.user.id === reader.user;
    if (event.type === 'participant.joined' && own && asked.has(thread)) heard.add(thread);
    if (reader.service || to.some((name) => heard.has(name) || always.has(name))) positions.push(event.pos);
    if (reader.service) continue;
    const heardThread = heard.has(thread);
    if (event.type === 'participant.left' && own) heard.delete(thread);
    if (event.type === 'session.ended' && session?.sid === reader.sid)
      return { positions, endings: [...endings, positions.length], ends: true, held: false };
    if (event.type === 'thread.updated' && heardThread && event.pos > reader.headAtConnect) {
      const answer = reader.answers.get(event.pos);
      if (answer === undefined) return { positions, endings, ends: false, held: true };
      if (!answer) {
        heard.delete(thread);
        asked.delete(thread);
      }
    }
    // Live it ends here; in a replay what follows may still give a topic back.
    if (isDeaf() && event.pos >= reader.headAtConnect) endings.push(positions.length);
  }
  if (isDeaf()) endings.push(positions.length);
  return { positions, endings, ends: isDeaf(), held: false };
}

type Step =
  | { of: 'post' | 'edit' | 'delete' | 'typing' | 'update'; thread: number; wide: boolean }
  | { of: 'join' | 'leave-thread'; thread: number; user: number }
  | { of: 'end-session' | 'erase'; user: number }
  | { of: 'open'; user: number; topics: number; back: number; service: boolean }
  | { of: 'fill' | 'drain' | 'go' | 'yes' | 'no'; reader: number }
  | { of: 'wait'; ms: number }
  | { of: 'again'; back: number }
  | { of: 'epoch' };

const small = fc.nat(9);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      of: fc.constantFrom(
        'post' as const,
        'post' as const,
        'post' as const,
        'edit' as const,
        'delete' as const,
        'typing' as const,
        'update' as const,
      ),
      thread: fc.nat(1),
      wide: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      of: fc.constantFrom('join' as const, 'leave-thread' as const),
      thread: fc.nat(1),
      user: fc.nat(2),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ of: fc.constantFrom('end-session' as const, 'erase' as const), user: fc.nat(2) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      of: fc.constant('open' as const),
      user: fc.nat(2),
      topics: fc.integer({ min: 1, max: 7 }),
      back: fc.integer({ min: -2, max: 14 }),
      service: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      of: fc.constantFrom(
        'fill' as const,
        'drain' as const,
        'drain' as const,
        'go' as const,
        'yes' as const,
        'yes' as const,
        'no' as const,
      ),
      reader: small,
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ of: fc.constant('wait' as const), ms: fc.constantFrom(1, 10, 20, 500, 3000, 25_000) }),
  },
  { weight: 1, arbitrary: fc.record({ of: fc.constant('again' as const), back: fc.nat(6) }) },
  { weight: 1, arbitrary: fc.constant<Step>({ of: 'epoch' }) },
);

async function run(steps: Step[]): Promise<number> {
  const clock = manualClock();
  const hub = createHub({ clock, random: () => 0.5, maxEvents, chunkBytes: 900, stalledMs: 15_000 });
  let epoch = firstEpoch;
  let log: Logged[] = [];
  let readers: Reader[] = [];
  let checked = 0;
  hub.start(epoch, 0);

  const append = (type: string, to: string[], more: Record<string, unknown>) => {
    const event = eventOf(type, log.length + 1, more);
    log.push({ event, to });
    hub.append(event, to);
  };

  /** What holds at any moment, and, once all has settled, that nothing is missing. */
  function check(reader: Reader, settled: boolean) {
    checked += 1;
    const { sink } = reader;
    const { positions, endings, ends, held } = entitled(reader, log);
    const got = sink.positions;
    expect(got).toEqual(positions.slice(0, got.length));
    let seen = 0;
    for (const { event, id, data } of sink.frames) {
      if (event === 'message') seen += 1;
      // A cursor says that everything up to it was delivered, and nothing beyond it.
      if (event === 'ready' || event === 'ping') {
        const pos = Number(id?.split('.')[1]);
        expect((data as { cursor: string }).cursor).toBe(id);
        expect(positions.filter((due) => due <= pos)).toHaveLength(seen);
        if (event === 'ready') expect(pos).toBeGreaterThanOrEqual(reader.headAtConnect);
      }
    }
    const lastWord = sink.frames.at(-1);
    const { reason } = (lastWord?.data ?? {}) as { reason?: string };
    if (sink.closed && !reader.left) {
      expect(['bye', 'reset']).toContain(lastWord?.event);
      if (reason === 'revoked') expect(endings).toContain(got.length);
    } else if (settled && !reader.left) {
      // Open: it may only be behind for a cause of its own.
      const waits = Math.max(reader.from, reader.headAtConnect) > log.length;
      if (!reader.full && !waits && !held) expect([got, ends]).toEqual([positions, false]);
    }
  }

  for (const step of steps) {
    const reader = 'reader' in step ? readers[step.reader % Math.max(1, readers.length)] : undefined;
    if ('thread' in step) {
      const thread = threads[step.thread] as string;
      const name = `thread:${thread}`;
      const pos = log.length + 1;
      const message = messageOf(`m${step.of === 'post' ? pos : Math.max(1, pos - 3)}`, {
        thread,
        seq: pos,
        changed: pos,
      });
      if (step.of === 'typing') hub.signal({ type: 'typing', thread, user: userOf('ana') }, [name]);
      else if (step.of === 'update')
        append('thread.updated', [name], { thread, threadState: threadOf({ id: thread }) });
      else if (step.of === 'join' || step.of === 'leave-thread') {
        const user = users[step.user] as string;
        const type = step.of === 'join' ? 'participant.joined' : 'participant.left';
        append(type, [name, `user:${user}`], { thread, participant: seatOf(user, { thread }) });
      } else if ('wide' in step) {
        const to = step.wide ? [name, 'user:ana', 'user:ben', 'agents'] : [name];
        const types: Record<string, string> = { post: 'posted', edit: 'edited', delete: 'deleted' };
        append(`message.${types[step.of]}`, to, {
          thread,
          message: step.of === 'delete' ? { ...message, content: '' } : message,
        });
      }
    } else if (step.of === 'end-session')
      append('session.ended', [`session:s-${users[step.user]}`], {
        thread: null,
        session: { sid: `s-${users[step.user]}` },
      });
    else if (step.of === 'erase') append('user.erased', ['all'], { thread: null, user: { id: users[step.user] } });
    else if (step.of === 'open') {
      const user = users[step.user] as string;
      const from = Math.max(0, log.length - step.back);
      const asked = ['thread:a', 'thread:b', `user:${user}`].filter((_, index) => step.topics & (1 << index));
      const sink = recordingSink() as RecordingSink & { full: boolean };
      const answers = new Map<number, boolean | undefined>();
      const give: Reader['give'] = [];
      const opened = {
        sink,
        user,
        sid: `s-${user}`,
        asked,
        service: step.service,
        from,
        headAtConnect: log.length,
        answers,
        give,
        left: false,
        full: false,
      };
      const leave = hub.subscribe({
        sink,
        topics: step.service ? '*' : asked,
        user,
        sid: `s-${user}`,
        ...(step.back === 0 ? {} : { cursor: `${epoch}.${from}` }),
        asOf: log.length,
        recheck: () =>
          new Promise((resolve) => {
            const pos = sink.positions.at(-1) ?? 0;
            answers.set(pos, undefined);
            give.push((allowed) => {
              answers.set(pos, allowed);
              resolve(allowed);
            });
          }),
      });
      readers.push({ ...opened, leave });
    } else if (reader && step.of === 'fill') {
      reader.full = true;
      reader.sink.fill();
    } else if (reader && step.of === 'drain') {
      reader.full = false;
      reader.sink.drain();
    } else if (reader && step.of === 'go') {
      reader.left = true;
      reader.leave();
    } else if (reader && (step.of === 'yes' || step.of === 'no')) reader.give.shift()?.(step.of === 'yes');
    else if (step.of === 'wait') await clock.advance(step.ms);
    else if (step.of === 'again') {
      const pos = Math.max(0, log.length - step.back);
      hub.start(epoch, pos);
      for (const { event, to } of log.slice(pos)) hub.append(event, to);
    } else if (step.of === 'epoch') {
      epoch = `${(Number.parseInt(epoch, 16) + 1).toString(16)}`.padStart(12, '0');
      hub.start(epoch, 0);
      for (const { sink, left } of readers) if (!left) expect(['bye', 'reset']).toContain(sink.frames.at(-1)?.event);
      log = [];
      readers = [];
    }
    await settle();
    if (step.of === 'wait' || step.of === 'epoch') for (const one of readers) check(one, false);
  }
  await clock.advance(50);
  for (const one of readers) check(one, true);
  hub.close();
  for (const { sink } of readers) expect(sink.closed).not.toBe(false);
  expect([hub.readers, clock.pending]).toEqual([0, 0]);
  return checked;
}

test('[S1] [S5] [S7] [I4] [I9] whatever is appended, opened, stalled, asked and begun anew, each stream gives what it owes', async () => {
  let checked = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
      checked += await run(steps);
    }),
    { numRuns: 400 },
  );
  expect(checked).toBeGreaterThan(1000);
}, 60_000);
