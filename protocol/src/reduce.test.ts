import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ChatEvent } from './event.ts';
import { reduce } from './reduce.ts';
import { epoch, eventOf, messageOf, seatOf, snapshotOf, threadOf, userOf } from './samples.ts';
import type { Snapshot } from './thread.ts';

const first = messageOf('m1', { seq: 1, changed: 1 });
const second = messageOf('m2', { seq: 2, changed: 2 });
const held = snapshotOf({ messages: [first, second], cursor: `${epoch}.10`, thread: threadOf({ changed: 5 }) });

const table: Array<[what: string, event: ChatEvent, change: Partial<Snapshot>]> = [
  [
    'message.posted adds it in the order of seq',
    eventOf('message.posted', 11, { message: messageOf('m11', { seq: 11, changed: 11 }) }),
    { messages: [first, second, messageOf('m11', { seq: 11, changed: 11 })] },
  ],
  [
    'message.edited puts the whole message in its place',
    eventOf('message.edited', 11, { message: { ...first, content: 'new', changed: 11, editedAt: 'now' } }),
    { messages: [{ ...first, content: 'new', changed: 11, editedAt: 'now' }, second] },
  ],
  [
    'message.deleted leaves a tombstone',
    eventOf('message.deleted', 11, { message: { ...second, content: '', changed: 11, deletedAt: 'now' } }),
    { messages: [first, { ...second, content: '', changed: 11, deletedAt: 'now' }] },
  ],
  [
    'message.erased takes it out',
    eventOf('message.erased', 11, { message: { ...second, content: '', changed: 11 } }),
    { messages: [first] },
  ],
  [
    'message.edited of a message on an older page changes no message',
    eventOf('message.edited', 11, { message: messageOf('m0', { seq: 0, changed: 11 }) }),
    {},
  ],
  [
    'thread.updated puts the thread in its place',
    eventOf('thread.updated', 11, { threadState: threadOf({ changed: 11, status: 'closed' }) }),
    { thread: threadOf({ changed: 11, status: 'closed' }) },
  ],
  [
    'thread.created of a thread held already changes nothing',
    eventOf('thread.created', 11, { threadState: threadOf({ changed: 1 }) }),
    {},
  ],
  [
    'participant.joined adds the seat',
    eventOf('participant.joined', 11, { participant: seatOf('cy') }),
    { participants: [seatOf('ana'), seatOf('ben'), seatOf('cy')] },
  ],
  [
    'participant.joined of one who is there puts the new seat in its place',
    eventOf('participant.joined', 11, { participant: seatOf('ana', { id: 'p-new' }) }),
    { participants: [seatOf('ben'), seatOf('ana', { id: 'p-new' })] },
  ],
  [
    'participant.left takes the seat away',
    eventOf('participant.left', 11, { participant: seatOf('ben') }),
    { participants: [seatOf('ana')] },
  ],
  [
    'session.ended only moves the cursor',
    eventOf('session.ended', 11, { thread: null, seq: null, session: { sid: 's' } }),
    {},
  ],
  ['site.updated only moves the cursor', eventOf('site.updated', 11, { thread: null, seq: null }), {}],
  [
    'an event of another thread only moves the cursor',
    eventOf('message.posted', 11, { thread: 'u', message: first }),
    {},
  ],
];

test.each(table)('%s', (_, event, change) => {
  expect(reduce(held, event)).toEqual({ ...held, cursor: `${epoch}.11`, ...change });
});

test.each(table)('[I4] applied again: %s, once', (_, event) => {
  const once = reduce(held, event) as Snapshot;
  expect(reduce(once, event)).toBe(once);
});

test('[I4] an event at or before the cursor changes nothing', () => {
  expect(reduce(held, eventOf('message.erased', 10, { message: first }))).toBe(held);
});

test('user.erased makes the snapshot stale: only a fresh one can tell', () => {
  expect(reduce(held, eventOf('user.erased', 11, { thread: null, seq: null, user: { id: 'ben' } }))).toBe('stale');
});

test('[I6] an older version never undoes a newer one', () => {
  const deleted = { ...first, content: '', changed: 9, deletedAt: 'then' };
  const snapshot = { ...held, messages: [deleted] };
  expect(reduce(snapshot, eventOf('message.edited', 11, { message: { ...first, changed: 8 } }))).toMatchObject({
    messages: [deleted],
  });
});

test('a room’s snapshot takes in its moderators only', () => {
  const room = { ...held, thread: threadOf({ kind: 'room' }), participants: [] };
  const joined = (kind: 'agent' | 'visitor') =>
    reduce(room, eventOf('participant.joined', 11, { participant: seatOf('cy', { user: userOf('cy', { kind }) }) }));
  expect(joined('agent')).toMatchObject({ participants: [{ user: { id: 'cy' } }] });
  expect(joined('visitor')).toMatchObject({ participants: [] });
});

/** A thread as the server keeps it, changed by random steps; each step is one event. */
type Step =
  | { of: 'post' }
  | { of: 'edit' | 'delete' | 'erase'; index: number }
  | { of: 'join' | 'leave'; who: number }
  | { of: 'close' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Step>({ of: 'post' }) },
  fc.record({ of: fc.constantFrom('edit' as const, 'delete' as const, 'erase' as const), index: fc.nat(5) }),
  fc.record({ of: fc.constantFrom('join' as const, 'leave' as const), who: fc.nat(3) }),
  fc.constant<Step>({ of: 'close' }),
);

/** The state after each step, and the events between, payloads whole as the log has them. */
function run(steps: Step[]): { states: Snapshot[]; events: ChatEvent[] } {
  let state = snapshotOf({ participants: [] });
  const states = [state];
  const events: ChatEvent[] = [];
  for (const step of steps) {
    const pos = events.length + 1;
    const changed = pos;
    const one = 'index' in step ? state.messages[step.index] : undefined;
    let event: ChatEvent | undefined;
    if (step.of === 'post') {
      const message = messageOf(`m${pos}`, { seq: pos, changed });
      state = { ...state, messages: [...state.messages, message] };
      event = eventOf('message.posted', pos, { message });
    } else if (one && !one.deletedAt && (step.of === 'edit' || step.of === 'delete')) {
      const message = {
        ...one,
        changed,
        ...(step.of === 'edit' ? { content: `e${pos}` } : { content: '', deletedAt: 'x' }),
      };
      state = { ...state, messages: state.messages.map((other) => (other === one ? message : other)) };
      event = eventOf(step.of === 'edit' ? 'message.edited' : 'message.deleted', pos, { message });
    } else if (one && step.of === 'erase') {
      state = { ...state, messages: state.messages.filter((other) => other !== one) };
      event = eventOf('message.erased', pos, { message: { ...one, content: '', changed } });
    } else if (step.of === 'join' || step.of === 'leave') {
      const seat = seatOf(`u${step.who}`);
      const others = state.participants.filter(({ id }) => id !== seat.id);
      if (others.length < state.participants.length === (step.of === 'join')) continue;
      state = { ...state, participants: step.of === 'join' ? [...others, seat] : others };
      event = eventOf(step.of === 'join' ? 'participant.joined' : 'participant.left', pos, { participant: seat });
    } else if (step.of === 'close') {
      state = { ...state, thread: { ...state.thread, status: 'closed', changed } };
      event = eventOf('thread.updated', pos, { threadState: state.thread });
    }
    if (!event) continue;
    events.push(event);
    state = { ...state, cursor: `${epoch}.${pos}` };
    states.push(state);
  }
  return { states, events };
}

/** What the log holds later: the content of a message is that of now in all its events. */
function rewritten(events: ChatEvent[], last: Snapshot): ChatEvent[] {
  const now = new Map(last.messages.map(({ id, content }) => [id, content]));
  return events.map((event) =>
    'message' in event ? { ...event, message: { ...event.message, content: now.get(event.message.id) ?? '' } } : event,
  );
}

test('[I5] replay equals state: a snapshot of any moment and all events, however often they come, give the last state', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), fc.nat(), fc.nat(), fc.boolean(), (steps, cutAt, againAt, late) => {
      const { states, events } = run(steps);
      const last = states.at(-1) as Snapshot;
      const log = late ? rewritten(events, last) : events;
      let snapshot = states[cutAt % states.length] as Snapshot;
      const again = againAt % (log.length + 1);
      for (const event of [...log.slice(0, again), ...log]) snapshot = reduce(snapshot, event) as Snapshot;
      expect(snapshot).toEqual(last);
    }),
    { numRuns: 500 },
  );
});
