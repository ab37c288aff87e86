/** A checker that can't fail proves nothing: every rule is shown a history that breaks it. */
import type { Message } from '@payload-chat/protocol';
import { expect, test } from 'vitest';
import type { Act } from '../people/act.ts';
import type { ReaderRecord, Seen } from '../readers/record.ts';
import { check } from './check.ts';
import { epoch, goodHistory } from './good-history.ts';
import { type History, stallMs } from './history.ts';

type Spoil = (history: History) => void;

const of = <T>(list: readonly T[], at = 0): T => {
  const found = list.at(at);
  if (found === undefined) throw new Error(`There is no ${at} in it.`);
  return found;
};
const ben = ({ readers }: History): ReaderRecord => of(readers);
const frames = (history: History): Seen[] => of(ben(history).readings).frames;
const frameAt = (history: History, pos: number) =>
  frames(history).findIndex(({ data }) => (data as { pos?: number }).pos === pos);
const drop = (history: History, pos: number) => frames(history).splice(frameAt(history, pos), 1);
const state = (history: History) => of([...ben(history).states.values()]);
const row = ({ messages }: History, id: string) => of(messages.filter((one) => one.id === id));
const act = ({ acts }: History, does: Act['does']) => of(acts.filter((one) => one.does === does));

/** The rule that has to be named, what is done, and how. */
const forgeries: Array<[rule: string, what: string, spoil: Spoil]> = [
  ['I1', 'an acknowledged message is not there', (h) => h.messages.splice(2, 1)],
  ['I1', 'a message has no event', (h) => h.log.splice(4, 1)],
  ['I1', 'a message was posted twice in the log', (h) => h.log.push({ ...of(h.log), pos: 16, seq: 6 })],
  ['I1', 'an acknowledged edit is not what stands there', (h) => (row(h, 'm1').content = 'one')],
  ['I1', 'a message says what nobody wrote', (h) => (row(h, 'm3').content = 'thr')],
  [
    'I1',
    'an acknowledged leave did not happen',
    (h) => h.acts.push({ ...act(h, 'delete'), does: 'leave', participant: 'p1' }),
  ],
  ['I1', 'an acknowledged receipt is not there', (h) => (of(h.seats).readSeq = 4)],
  ['I2', 'one localId made two messages', (h) => h.messages.push({ ...row(h, 'm3'), id: 'm4' })],
  ['I2', 'the answer named another message', (h) => Object.assign(act(h, 'post').answer?.doc ?? {}, { id: 'm7' })],
  ['I3', 'a position is missing', (h) => (of(h.numbers.sites).count = 14)],
  ['I3', 'a seq is missing', (h) => (of(h.numbers.threads).count = 4)],
  ['I3', 'a counter runs ahead of its log', (h) => (of(h.numbers.threads).counter = 6)],
  ['I3', 'one place names two events', (h) => h.log.push({ ...of(h.log, 4), entity: 'm8' })],
  [
    'I3',
    'a reader met another event at a place',
    (h) => (of(ben(h).applied).event = { ...of(ben(h).applied).event, seq: 7 }),
  ],
  ['I3', 'the answered seq is not the stored one', (h) => Object.assign(act(h, 'post').answer?.doc ?? {}, { seq: 8 })],
  ['I3', 'the answered pos is not the stored one', (h) => Object.assign(act(h, 'post').answer?.doc ?? {}, { pos: 18 })],
  ['I3', 'an event of another epoch comes in a stream', (h) => (of(frames(h), 1).id = '000000000000.11')],
  ['I3', 'a cursor of another epoch is gone on from', (h) => (of(ben(h).readings).cursor = '000000000000.10')],
  ['I4', 'an event is never brought', (h) => drop(h, 12)],
  ['I4', 'an event is brought twice', (h) => frames(h).splice(2, 0, of(frames(h), 1))],
  ['I4', 'two events change places', (h) => frames(h).splice(1, 2, of(frames(h), 2), of(frames(h), 1))],
  ['I4', 'a live event is skipped by a ping', (h) => drop(h, 15)],
  ['I4', 'a reader applied one twice', (h) => ben(h).applied.push(of(ben(h).applied, 4))],
  ['I4', 'a reader passed one over', (h) => ben(h).applied.splice(2, 1)],
  ['I4', 'a reader changed epochs without a reset', (h) => (of(ben(h).applied, 4).epoch = '000000000000')],
  ['I4', 'a fresh reading at a hop misses one', (h) => of(h.replays).frames.splice(2, 1)],
  ['I4', 'a ping goes back', (h) => (of(frames(h), -1).data = { cursor: `${epoch}.12` })],
  ['I5', 'a message is missing on a page', (h) => (state(h).messages = state(h).messages.slice(0, 2))],
  ['I5', 'a message differs on a page', (h) => ((state(h).messages[0] as Message).content = 'one')],
  ['I5', 'a participant is missing on a page', (h) => (state(h).participants = state(h).participants.slice(1))],
  ['I5', 'a hop gives an older snapshot', (h) => (of(h.pages).page.messages = of(h.pages).page.messages.slice(0, 2))],
  ['I5', 'a page shows nothing', (h) => ben(h).states.clear()],
  ['I6', 'a version fell', (h) => (row(h, 'm1').changed = 2)],
  ['I6', 'an edit stands before its posting', (h) => h.log.splice(0, 1, { ...of(h.log), pos: 14.5 })],
  ['I6', 'a deleted message lives', (h) => Object.assign(row(h, 'm2'), { isDeleted: false, content: 'two' })],
  [
    'I6',
    'a deleted message comes back at a reader',
    (h) => {
      const last = of(ben(h).applied, 4);
      last.event = { ...last.event, message: { ...(of(ben(h).applied, 3).event.message as Message), content: 'two' } };
    },
  ],
  ['I7', 'ready comes before the head', (h) => (of(frames(h), 4).data = { cursor: `${epoch}.12` })],
  ['I8', 'somebody never catches up', (h) => (h.caughtUpMs = stallMs + 1)],
  [
    'I8',
    'a hop stays behind the log',
    (h) => {
      of(h.replays).head = 16;
    },
  ],
  ['I9', 'an event is for somebody else', (h) => (of(h.log, 4).topics = ['user:x_ana'])],
  [
    'I9',
    'something of another site is heard',
    (h) => frames(h).push({ event: 'signal', id: undefined, data: { text: 'of elsewhere' }, atMs: 1 }),
  ],
  [
    'I9',
    'an event comes after the end of a session',
    (h) => {
      Object.assign(ben(h), { leavesBy: 'logout' });
      Object.assign(of(h.log, 2), { type: 'session.ended', topics: ['all', `user:${ben(h).user}`] });
    },
  ],
  [
    'I9',
    'a hop takes the token of a session that has ended',
    (h) => {
      h.acts.push({ ...act(h, 'delete'), does: 'logout' });
      of(h.afterLogout).status = 200;
    },
  ],
  ['I10', 'a stream outlives its token', (h) => (ben(h).tokenEndsMs = 1000 - 10_000)],
  ['I11', 'a hub counts one who has left', (h) => (of(h.hubs).sockets = 0)],
  ['I13', 'a reset that nothing explains', (h) => ben(h).resets.push({ reason: 'epoch', atMs: 1000 })],
  [
    'I13',
    'a reset for a gap, whatever happened',
    (h) => {
      h.mayReset = ['gap', 'epoch'];
      ben(h).resets.push({ reason: 'gap', atMs: 1000 });
    },
  ],
  ['I14', 'a signal carries an id', (h) => (of(frames(h), 5).id = `${epoch}.13`)],
  [
    'I16',
    'deleted text stands in the log',
    (h) => (of(h.log, 1).payload = of(h.log, 1).payload.replace('"content":""', '"content":"two"')),
  ],
  [
    'I16',
    'edited text stands in the log',
    (h) => (of(h.log).payload = of(h.log).payload.replace('one, edited', 'one')),
  ],
  [
    'I16',
    'deleted text stands in a snapshot of a hop',
    (h) => ((of(h.pages).page.messages[1] as Message).content = 'two'),
  ],
  ['I16', 'deleted text stands on a page', (h) => ((state(h).messages[1] as Message).content = 'two')],
  ['I16', 'a tombstone has kept its text', (h) => (row(h, 'm2').content = 'two')],
  [
    'I16',
    'deleted text comes in a replay',
    (h) => {
      const replayed = of(h.replays).frames[2] as Seen;
      replayed.data = { ...(replayed.data as object), message: { id: 'm2', content: 'two' } };
    },
  ],
  ['S1', 'a stream does not begin with hello', (h) => frames(h).shift()],
];

test('a good history passes', () => {
  expect(check(goodHistory())).toEqual([]);
});

test.each(forgeries)('[%s] is found broken where %s', (rule, _, spoil) => {
  const history = goodHistory();
  spoil(history);
  expect(check(history).map((one) => one.rule)).toContain(rule);
});

test('what was answered between copy and restore is excused, and nothing else is', () => {
  const history = goodHistory();
  history.restored = { copiedMs: 940, backMs: 960 };
  history.messages.splice(2, 1);
  expect(check(history).filter(({ rule }) => rule === 'I1')).toEqual([]);
  history.restored = { copiedMs: 100, backMs: 200 };
  expect(check(history).filter(({ rule }) => rule === 'I1')).toHaveLength(1);
});

test('a hop whose clock was behind may believe a token for as much longer, and no longer', () => {
  const history = goodHistory();
  ben(history).tokenEndsMs = 1000 - 10_000;
  history.behindMs = { node: 20_000 };
  expect(check(history)).toEqual([]);
  history.behindMs = { node: 2000, server: 20_000 };
  expect(check(history).map(({ rule }) => rule)).toEqual(['I10']);
});
