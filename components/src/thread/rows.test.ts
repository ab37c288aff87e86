import { describe, expect, it } from 'vitest';
import { leo, maya, me, said, seat, viewOf } from '../../dev/still.ts';
import '../more/show.ts';
import type { ThreadView } from '../view.ts';
import { type Row, rowsOf, type Unread } from './rows.ts';

/** A line per row: `first-last` of a message's group as brackets. */
function shape(more: Partial<ThreadView>, unread?: Unread): string[] {
  return rowsOf(viewOf(more), unread).map((row: Row) => {
    if (row.is === 'message') return `${row.first ? '[' : ' '}${row.message.content}${row.last ? ']' : ''}`;
    if (row.is === 'new') return `new ${row.count}`;
    return row.is === 'joined' ? `${row.name} joined` : 'day';
  });
}

describe('the rows of a log', () => {
  it('groups one author’s messages of five minutes', () => {
    const messages = [
      said(leo, '14:20', 'a'),
      said(leo, '14:25', 'b'),
      said(leo, '14:31', 'c'),
      said(me, '14:31', 'd'),
      said(leo, '14:31', 'e'),
    ];
    expect(shape({ messages })).toEqual(['day', '[a', ' b]', '[c]', '[d]', '[e]']);
  });

  it('ends a group at midnight', () => {
    const messages = [said(leo, '-1 23:59', 'a'), said(leo, '0:01', 'b')];
    expect(shape({ messages })).toEqual(['day', '[a]', 'day', '[b]']);
  });

  it('puts a line before what is new, counts it, and ends the group there', () => {
    const messages = [
      said(leo, '14:20', 'a'),
      said(leo, '14:20', 'b'),
      said(me, '14:20', 'c'),
      said(leo, '14:20', 'd'),
    ];
    const [first, , , last] = messages;
    const unread = { from: first?.seq ?? 0, to: last?.seq ?? 0 };
    expect(shape({ messages }, unread)).toEqual(['day', '[a]', 'new 2', '[b]', '[c]', '[d]']);
  });

  it('does not claim to have counted what lies above', () => {
    const messages = [said(leo, '14:20', 'a')];
    expect(shape({ messages, hasOlder: true }, { from: 0, to: 9999 })).toEqual(['day', 'new 0', '[a]']);
  });

  it('says when an agent joined a support thread, not who was there from the start', () => {
    const messages = [said(me, '14:20', 'a'), said(maya, '14:22', 'b')];
    const participants = [seat(me), seat(leo, messages[0]?.timestamp), seat(maya, messages[1]?.timestamp)];
    expect(shape({ messages, participants })).toEqual(['day', '[a]', 'Maya Lindqvist joined', '[b]']);
    const thread = viewOf().thread;
    expect(shape({ messages, participants, thread: thread && { ...thread, kind: 'direct' } })).toEqual([
      'day',
      '[a]',
      '[b]',
    ]);
    expect(shape({ messages: messages.slice(1), participants, hasOlder: true })).toEqual(['day', '[b]']);
  });

  it('keeps the key of an own message from pending to sent, and trusts nobody else’s localId', () => {
    const own = said(me, '14:20', 'a', { localId: 'x', id: 'x', seq: 0, delivery: { is: 'pending' } });
    const keys = (messages: ThreadView['messages']) =>
      rowsOf(viewOf({ messages })).flatMap((row) => (row.is === 'message' ? row.key : []));
    expect(keys([own])).toEqual(keys([{ ...own, id: 'id-of-the-server', seq: 9, delivery: { is: 'sent' } }]));
    expect(keys([said(leo, '14:20', 'b', { localId: 'x', id: 'y' })])).toEqual(['y']);
  });
});
