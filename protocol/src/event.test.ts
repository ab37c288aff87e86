import { expect, test } from 'vitest';
import { readEvent, readWireEvent, readWireSignal, signal } from './event.ts';
import { eventOf, messageOf, posted, seatOf, threadOf, userOf } from './samples.ts';
import { read } from './shape.ts';

test.each([
  eventOf('message.posted', 1, { message: messageOf('a') }),
  eventOf('message.edited', 1, { message: messageOf('a', { editedAt: 'now' }) }),
  eventOf('message.deleted', 1, { message: messageOf('a', { content: '', deletedAt: 'now' }) }),
  eventOf('message.erased', 1, { message: messageOf('a', { content: '' }) }),
  eventOf('thread.created', 1, { threadState: threadOf() }),
  eventOf('thread.updated', 1, { threadState: threadOf({ key: 'lobby', title: 'Lobby' }) }),
  eventOf('participant.joined', 1, { participant: seatOf('ana') }),
  eventOf('participant.left', 1, { participant: seatOf('ana') }),
  eventOf('session.ended', 1, { thread: null, seq: null, session: { sid: 's' } }),
  eventOf('user.erased', 1, { thread: null, seq: null, actor: null, user: { id: 'ana' } }),
  eventOf('site.updated', 1, { thread: null, seq: null, actor: null }),
])('$type is believed whole, and its unknown fields are passed over', (event) => {
  expect(readEvent({ ...event, later: 1 })).toEqual(event);
});

test('a type or a shape that is not known is passed over', () => {
  expect(readEvent(eventOf('reaction.changed', 1, { reaction: {} }))).toBeUndefined();
  expect(readEvent(eventOf('toString', 1))).toBeUndefined();
  expect(readEvent(eventOf('message.posted', 1))).toBeUndefined();
  expect(readEvent(eventOf('message.posted', 1, { message: { ...messageOf('a'), sender: null } }))).toBeUndefined();
  for (const nonsense of [undefined, null, 7, 'x', [], {}]) expect(readEvent(nonsense)).toBeUndefined();
});

test('a hop passes on what it does not know: every field of a wire event stays', () => {
  const event = { ...eventOf('poll.closed', 3, { thread: 't' }), poll: { id: 1 } };
  expect(readWireEvent(event)).toEqual(event);
  expect(readWireEvent({ ...event, thread: undefined, seq: undefined })).toMatchObject({ thread: null, seq: null });
});

test.each([
  ['a pos of 0', { pos: 0 }],
  ['a pos that is text', { pos: '1' }],
  ['no type', { type: '' }],
  ['a thread that is no text', { thread: 7 }],
  ['no time', { at: null }],
])('%s is no event at all', (_, fault) => {
  expect(readWireEvent({ ...posted(1), ...fault })).toBeUndefined();
});

test('a signal names its thread and its user, and keeps its other fields on the way', () => {
  const typing = { type: 'typing', thread: 't', user: userOf('ana'), later: 1 };
  expect(readWireSignal(typing)).toEqual(typing);
  expect(read(signal, typing)).toEqual({ type: 'typing', thread: 't', user: userOf('ana') });
  expect(read(signal, { ...typing, type: 'receipt', seq: 7 })).toMatchObject({ seq: 7 });
  expect(readWireSignal({ type: 'typing' })).toBeUndefined();
});
