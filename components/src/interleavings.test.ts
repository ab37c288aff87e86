/** Whatever happens in whatever order: when it is quiet again every view says what the edge says. */
import { manualClock } from '@payload-chat/protocol/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFakeEdge, type Failure } from '../test/fake-edge.ts';
import { createBrowser, flow } from '../test/harness.ts';
import type { ThreadStore, ThreadTarget } from './view.ts';

const small = fc.nat({ max: 7 });
const who = fc.constantFrom(0, 1, 2);
const action = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('post' as const), thread: who, times: fc.integer({ min: 1, max: 6 }) }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('send' as const), browser: who, thread: who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('edit', 'remove', 'erase'), thread: who, index: small }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('cut', 'uncut', 'online', 'slow', 'quick'), browser: who }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('hide', 'show', 'offline', 'hold', 'lag', 'pass'), browser: who }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('look', 'leave', 'older'), browser: who, thread: who }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('fail' as const),
      browser: who,
      times: fc.integer({ min: 1, max: 3 }),
      failure: fc.constantFrom('unheard', 'unanswered', 503, 500, 429, 401),
      match: fc.constantFrom('', 'POST /api/messages', 'snapshot', 'sse', 'session'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('restart', 'epoch', 'expire', 'strange', 'endSessions') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('leaveRoom', 'joinRoom') }) },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 5, 30, 200, 1500, 8000) }),
  },
);
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;

async function play(actions: Action[]) {
  const clock = manualClock();
  const edge = createFakeEdge({ clock, roomCacheMs: 2000, tokenMs: 300_000 });
  const direct = edge.makeDirect('m_1', 'm_2');
  const room = edge.makeRoom('lobby');
  const staff = edge.makeRoom('staff', { public: false, seats: ['m_1', 'm_2', 'm_3'] });
  for (let index = 0; index < 55; index += 1) edge.post('m_3', room, `Old ${index}`);
  const threads = [direct, room, staff];
  const targets: ThreadTarget[] = [{ thread: direct }, { room: 'lobby' }, { thread: staff }];
  let seed = 1;
  const random = () => {
    seed = (seed * 16_807) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const browsers = [{ user: 'm_1' }, { user: 'm_2' }, {}].map((more) =>
    createBrowser(edge, clock, { ...more, random }),
  );
  // The third is a stranger: the room as a guest, and his own support thread.
  const targetOf = (browser: number, thread: number): ThreadTarget =>
    browser < 2 ? (targets[thread] as ThreadTarget) : thread === 1 ? { room: 'lobby' } : { support: true };
  const shown = new Map<ThreadStore, () => void>();
  const sent: string[] = [];
  let erased = 0;

  const look = (browser: number, thread: number) => {
    const store = browsers[browser]?.client.open(targetOf(browser, thread)) as ThreadStore;
    if (shown.has(store)) return store;
    const leave = store.subscribe(({ messages }) => {
      const ids = messages.map(({ id }) => id);
      expect(new Set(ids).size, 'a message twice').toBe(ids.length);
      const seqs = messages.flatMap(({ seq }) => seq || []);
      expect(seqs, 'out of order').toEqual(seqs.toSorted((a, b) => a - b));
    });
    shown.set(store, leave);
    return store;
  };
  look(0, 0);
  look(1, 0);
  look(2, 1);

  /** Those whose page is in the browser's cache: nobody does anything in it. */
  const hidden = new Set<object>();

  for (const step of actions) {
    const browser = 'browser' in step ? browsers[step.browser] : undefined;
    if (browser && hidden.has(browser) && /^(send|look|leave|older|online|offline)$/.test(step.do)) continue;
    const thread = threads['thread' in step ? step.thread : 0] as string;
    const messages = edge.truth(thread).messages;
    const message = 'index' in step ? messages.at(-1 - step.index) : undefined;
    switch (step.do) {
      case 'post':
        for (let index = 0; index < step.times; index += 1) edge.post('m_3', thread, `Other ${edge.requests.length}`);
        break;
      case 'send': {
        const text = `Sent ${sent.length}`;
        sent.push(text);
        look(step.browser, step.thread).send(text);
        break;
      }
      case 'edit':
        if (message && !message.deletedAt) edge.edit(message.id, `${message.content} edited`);
        break;
      case 'remove':
        if (message) edge.remove(message.id);
        break;
      case 'erase':
        if (message) edge.erase(message.id);
        erased += 1;
        break;
      case 'cut':
        browser?.line.cut();
        break;
      case 'uncut':
        browser?.line.uncut();
        break;
      case 'online':
        browser?.events.dispatchEvent(new Event('online'));
        break;
      case 'offline':
        browser?.events.dispatchEvent(new Event('offline'));
        break;
      case 'hide':
        if (!browser || hidden.has(browser)) break;
        hidden.add(browser);
        for (const name of ['pagehide', 'visibilitychange']) browser.events.dispatchEvent(new Event(name));
        break;
      case 'show':
        if (browser && hidden.delete(browser))
          for (const name of ['pageshow', 'visibilitychange']) browser.events.dispatchEvent(new Event(name));
        break;
      case 'hold':
        browser?.line.hold(true);
        break;
      case 'lag':
        browser?.line.lag(5000);
        break;
      case 'pass':
        browser?.line.hold(false);
        browser?.line.lag(0);
        break;
      case 'slow':
        browser?.line.slow(() => Math.floor(random() * 400));
        break;
      case 'quick':
        browser?.line.slow(0);
        break;
      case 'look':
        look(step.browser, step.thread);
        break;
      case 'older':
        void look(step.browser, step.thread).loadOlder();
        break;
      case 'leave': {
        const store = look(step.browser, step.thread);
        shown.get(store)?.();
        shown.delete(store);
        break;
      }
      case 'fail': {
        const { failure } = step;
        const how = typeof failure === 'number' ? { status: failure, code: '?' } : (failure as Failure);
        // A session for nothing but a name is refused for good by no 401.
        const match = failure === 401 && !step.match.includes('s') ? 'snapshot' : step.match;
        browser?.line.failNext(step.times, how, failure === 401 && match === 'session' ? 'sse' : match);
        break;
      }
      case 'restart':
        edge.restart();
        break;
      case 'epoch':
        edge.restart({ epoch: true });
        break;
      case 'expire':
        edge.expire();
        break;
      case 'strange':
        edge.addStrangeEvent(direct);
        break;
      case 'endSessions':
        for (let sid = 1; sid < 10; sid += 1) edge.endSession(`s${sid}`);
        break;
      case 'leaveRoom':
        if (edge.hasSeat('m_1', staff)) edge.leave('m_1', staff);
        break;
      case 'joinRoom':
        if (!edge.hasSeat('m_1', staff)) edge.join('m_1', staff);
        break;
      case 'wait':
        await flow(clock, step.ms);
    }
  }

  for (const browser of browsers) {
    const { line, events } = browser;
    line.uncut();
    line.slow(0);
    line.hold(false);
    line.lag(0);
    line.heal();
    if (hidden.has(browser)) events.dispatchEvent(new Event('pageshow'));
    else events.dispatchEvent(new Event('online'));
  }
  await flow(clock, 200_000);
  for (const store of shown.keys()) {
    const { view } = store;
    const id = view.thread?.id;
    if (!id) {
      expect(['ready', 'absent']).toContain(view.phase.is);
      continue;
    }
    const truth = edge.truth(id, view.me?.id);
    // Who was out of the room could not write there.
    const messages = view.messages.filter(({ delivery: d }) => d.is !== 'failed' || d.error.code !== 'not-found');
    expect(view.phase.is).toBe('ready');
    expect(view.connection.is).toBe('live');
    expect(messages.filter(({ delivery }) => delivery.is !== 'sent').map(({ delivery }) => delivery)).toEqual([]);
    expect(messages.map(({ own, delivery, ...message }) => message)).toEqual(
      truth.messages.slice(-messages.length || Infinity),
    );
    expect(messages.length).toBeGreaterThanOrEqual(Math.min(50 - erased, truth.messages.length));
    expect(view.hasOlder || messages.length === truth.messages.length).toBe(true);
    expect(view.thread).toEqual(truth.thread);
    const seats = (list: typeof truth.participants) =>
      list.map(({ readSeq, ...seat }) => seat).toSorted((a, b) => (a.id < b.id ? -1 : 1));
    expect(seats([...view.participants])).toEqual(seats(truth.participants));
    expect(messages.every(({ own, sender }) => own === (sender.id === view.me?.id))).toBe(true);
  }
  for (const { client } of browsers) client.close();
  edge.close();
  await flow(clock, 1000);
  expect(clock.pending, 'timers left').toBe(0);
}

test('[I4] [I5] random interleavings end in the truth', { timeout: 120_000 }, async () => {
  await fc.assert(fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 60 }), play), {
    numRuns: Number(process.env.RUNS ?? 30),
    // Found once, kept: a snapshot of the last epoch that arrives after a stream of the next has begun.
    examples: [
      [
        [
          { do: 'send', browser: 0, thread: 1 },
          { do: 'slow', browser: 0 },
          { do: 'wait', ms: 1 },
          { do: 'cut', browser: 2 },
          { do: 'restart' },
          { do: 'post', thread: 0, times: 1 },
          { do: 'send', browser: 0, thread: 0 },
          { do: 'epoch' },
        ],
      ],
    ],
    ...(process.env.SEED ? { seed: Number(process.env.SEED) } : {}),
  });
});
