/**
 * Random walks: a reader in front of a hop that does everything a network, a hop and an owner can do to it, while a
 * log goes on. At the end everything is well again, and what the owner holds is the log.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeFrame } from './frame.ts';
import { type Attempt, at, bench, createAttempt, hello, ready } from './hand-made-upstream.ts';
import { createHub, type Hub } from './hub.ts';
import { posted } from './samples.ts';
import { type Subscription, subscribe } from './subscription.ts';
import { manualClock, settle } from './testing.ts';

type Step =
  | { of: 'append'; count: number }
  | { of: 'answer'; status: number; retryAfter: string }
  | { of: 'serve' | 'cut' | 'end' | 'nudge' | 'move' | 'html' | 'mute' | 'restart' | 'epoch' | 'hello only' }
  | { of: 'say'; frame: string }
  | { of: 'hold'; ms: number }
  | { of: 'go back'; by: number }
  | { of: 'wait'; ms: number };

/** What a hop may say at any time, true or not, but for a cursor beyond what it has delivered. */
const said = [
  ...['age', 'slow', 'shutdown', 'token', 'revoked', 'of a later year'].flatMap((reason) =>
    [0, 4000].map((retryMs) => `event: bye\ndata: ${JSON.stringify({ reason, retryMs })}\n\n`),
  ),
  ...['epoch', 'expired', 'ahead', 'gap'].flatMap((reason) =>
    [0, 3000].map((afterMs) => `event: reset\ndata: ${JSON.stringify({ reason, afterMs })}\n\n`),
  ),
  'event: bye\ndata: <html>\n\n',
  'event: reset\ndata: null\n\n',
  'event: hello\ndata: {"pingMs":0}\n\n',
  'event: hello\ndata: {"cursor":"000000000001.0","pingMs":1,"maxAgeMs":1}\n\n',
  'event: ready\ndata: {"cursor":"000000000001.0"}\n\n',
  'event: ping\ndata: {"cursor":"nowhere"}\n\n',
  'event: signal\ndata: []\n\n',
  'event: fireworks\nid: 000000000001.99\ndata: {}\n\n',
  'data: {"type":"message.posted"}\n\n',
  'id: \0\ndata\n\n: comment\n\n<!doctype html>\r\n\r',
];

/** Where the walks have been: states, and why they waited. */
const seen = new Set<string>();

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ of: fc.constant('append' as const), count: fc.integer({ min: 1, max: 6 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      of: fc.constant('answer' as const),
      status: fc.constantFrom(401, 408, 425, 429, 500, 502, 503, 302, 206, 0),
      retryAfter: fc.constantFrom('', '1', '7'),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      of: fc.constantFrom(
        'serve' as const,
        'serve' as const,
        'cut' as const,
        'end' as const,
        'nudge' as const,
        'move' as const,
        'html' as const,
        'mute' as const,
        'restart' as const,
        'epoch' as const,
        'hello only' as const,
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ of: fc.constant('go back' as const), by: fc.nat(8) }) },
  { weight: 4, arbitrary: fc.record({ of: fc.constant('say' as const), frame: fc.constantFrom(...said) }) },
  // A proxy that gathers what it passes on for so long; above ten seconds it lets no hello through in time.
  {
    weight: 3,
    arbitrary: fc.record({ of: fc.constant('hold' as const), ms: fc.constantFrom(50, 3000, 9000, 30_000, 1e9) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ of: fc.constant('wait' as const), ms: fc.constantFrom(5, 30, 700, 6000, 60_000) }),
  },
);

async function walk(steps: Step[], seed: number): Promise<void> {
  const clock = manualClock();
  let drawn = seed;
  const random = () => {
    drawn = (drawn * 48_271 + 11) % 2_147_483_647;
    return drawn / 2_147_483_647;
  };
  let epochs = 1;
  let epoch = '000000000001';
  let head = 0;
  const hubs: Hub[] = [];
  const beginHub = () => {
    const hub = createHub({ clock, random, maxEvents: 10, maxAgeMs: 120_000 });
    hub.start(epoch, head);
    hubs.push(hub);
    return hub;
  };
  let hub = beginHub();

  /** What the owner holds: a snapshot's position, then every position after it. */
  let held = { epoch, pos: 0 };
  const attempts: Attempt[] = [];
  /** Where the answers were given already. */
  let answered = 0;
  const faults: string[] = [];
  const subscription: Subscription = subscribe({
    clock,
    random,
    cursor: `${epoch}.0`,
    open(cursor, signal) {
      const { attempt, response } = createAttempt(cursor, signal, clock);
      attempts.push(attempt);
      return response;
    },
    onEvent({ pos }, cursor) {
      // As an owner with snapshots: what it has is passed over, what comes next is taken, and nothing else may come.
      if (!cursor.startsWith(held.epoch)) faults.push(`${cursor} without a reset from ${held.epoch}`);
      if (pos > held.pos + 1) faults.push(`${pos} after ${held.pos}`);
      held.pos = Math.max(held.pos, pos);
    },
    async onReset() {
      await settle();
      held = { epoch, pos: head };
      return `${epoch}.${head}`;
    },
    onUnauthorized: async () => {},
    onState: (state) => void seen.add(state.is).add('why' in state ? state.why : ''),
  });
  await settle();

  /** Serves it as the hop does, through a proxy that passes on what has gathered, every so often. */
  function hold(attempt: Attempt, ms: number) {
    const kept: Uint8Array[] = [];
    let over = false;
    let cancel = () => {};
    attempt.stream();
    const leave = hub.subscribe({
      sink: {
        write: (chunk) => kept.push(chunk) > 0,
        onDrain() {},
        close() {
          over = true;
        },
      },
      topics: ['thread:t'],
      ...(attempt.cursor ? { cursor: attempt.cursor } : {}),
    });
    function pass() {
      cancel = clock.after(ms, () => {
        attempt.send(...kept.splice(0));
        if (over) attempt.end();
        else pass();
      });
    }
    pass();
    attempt.signal.addEventListener('abort', () => {
      cancel();
      leave();
    });
  }

  const open = () => attempts.filter(({ signal }) => !signal.aborted);
  for (const step of steps) {
    const waiting = attempts.slice(answered).find(({ signal }) => !signal.aborted);
    const answer = (act: (attempt: Attempt) => void) => {
      if (!waiting) return;
      answered = attempts.indexOf(waiting) + 1;
      act(waiting);
    };
    if (step.of === 'append') for (let turn = 0; turn < step.count; turn += 1) hub.append(posted(++head), ['thread:t']);
    else if (step.of === 'answer')
      answer((attempt) => attempt.answer({ status: step.status, retryAfter: step.retryAfter }));
    else if (step.of === 'html') answer((attempt) => attempt.answer({ status: 200, type: 'text/html' }));
    else if (step.of === 'hold') answer((attempt) => hold(attempt, step.ms));
    else if (step.of === 'say') open().at(-1)?.send(new TextEncoder().encode(step.frame));
    else if (step.of === 'serve') answer((attempt) => attempt.serve(hub));
    else if (step.of === 'mute') answer((attempt) => attempt.stream());
    else if (step.of === 'hello only')
      answer((attempt) => attempt.stream(hello({ epoch, cursor: `${epoch}.${head}` })));
    else if (step.of === 'cut') open()[0]?.cut();
    else if (step.of === 'end') open().at(-1)?.end();
    else if (step.of === 'nudge') subscription.nudge();
    else if (step.of === 'move') subscription.move();
    else if (step.of === 'go back') subscription.move(`${held.epoch}.${Math.max(0, held.pos - step.by)}`);
    else if (step.of === 'restart' || step.of === 'epoch') {
      if (step.of === 'epoch') {
        epochs += 1;
        epoch = epochs.toString(16).padStart(12, '0');
        head = 0;
      }
      hub.close();
      hub = beginHub();
    } else if (step.of === 'wait') await clock.advance(step.ms);
    await settle();
    expect(faults).toEqual([]);
    expect(open().length).toBeLessThanOrEqual(2);
    expect(subscription.state.is).not.toBe('stopped');
  }

  // From here on every request is served: a silent stream and the longest wait later it is live and whole.
  async function serveFor(seconds: number) {
    for (let second = 0; second < seconds; second += 1) {
      for (const attempt of attempts.slice(answered)) if (!attempt.signal.aborted) attempt.serve(hub);
      answered = attempts.length;
      await clock.advance(1000);
    }
  }
  await serveFor(120);
  hub.append(posted(++head), ['thread:t']);
  await serveFor(10); // A proxy may hold it for so long.
  expect(faults).toEqual([]);
  expect([subscription.state.is, held]).toEqual(['live', { epoch, pos: head }]);
  expect(hub.readers).toBe(1);

  subscription.close();
  await settle();
  expect(open()).toEqual([]);
  for (const one of hubs) one.close();
  await clock.advance(0);
  expect(clock.pending).toBe(0);
}

test('[I4] [I8] [S4] [S6] [S10] whatever happens to it, a reader misses nothing, repeats nothing and comes back', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), fc.integer({ min: 1, max: 1e9 }), walk),
    { numRuns: 500 },
  );
  const states = ['connecting', 'replaying', 'live', 'waiting', 'resetting'];
  const byes = ['age', 'slow', 'shutdown', 'token', 'revoked', 'of a later year'];
  const resets = ['epoch', 'expired', 'ahead', 'gap'];
  const breaks = ['network', 'not a stream', 'silence', 'buffered'];
  const refusals = ['unauthorized', 'rate-limited', 'internal', 'unreachable'];
  expect([...seen]).toEqual(expect.arrayContaining([...states, ...byes, ...resets, ...breaks, ...refusals]));
}, 60_000);

test('[S9] a final answer, whenever it comes, stops it for good and leaves nothing open', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(204, 400, 403, 404, 409, 410, 413, 451),
      fc.array(fc.constantFrom('cut', 'live', 'move', 'reset', 'hello only'), { maxLength: 6 }),
      async (status, before) => {
        const made = await bench({ cursor: at(1), onUnauthorized: async () => {} });
        for (const one of before) {
          const attempt = made.latest();
          if (one === 'move') made.subscription.move();
          else if (one === 'hello only') attempt.stream(hello());
          else attempt.stream(hello(), ready(1));
          await settle();
          if (one === 'cut') attempt.cut();
          if (one === 'reset') attempt.send(encodeFrame({ event: 'reset', data: { reason: 'gap', afterMs: 0 } }));
          await made.clock.advance(30_000);
        }
        made.subscription.move();
        await settle();
        if (made.latest().signal.aborted) await made.next();
        made.latest().answer({ status });
        await settle();
        expect(made.subscription.state.is).toBe('stopped');
        expect([made.attempts.filter(({ signal }) => !signal.aborted), made.clock.pending]).toEqual([[], 0]);
      },
    ),
    { numRuns: 100 },
  );
});
