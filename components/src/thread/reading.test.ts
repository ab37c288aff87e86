import { describe, expect, it } from 'vitest';
import { leo, me, said, viewOf } from '../../dev/still.ts';
import { Reading } from './reading.ts';

describe('what was read', () => {
  const messages = [said(leo, '14:20', 'a'), said(leo, '14:21', 'b'), said(me, '14:22', 'c'), said(leo, '14:23', 'd')];
  const seqs = messages.map(({ seq }) => seq) as [number, number, number, number];

  it('begins at the receipt: others’ messages after it are new', () => {
    const reading = new Reading();
    reading._take(viewOf({ messages, newAfter: seqs[0] }), true);
    expect(reading._unread).toEqual({ from: seqs[0], to: seqs[3] });
    expect(reading._count(viewOf({ messages }))).toBe(2);
  });

  it('begins at the end in a room, which keeps no receipts', () => {
    const reading = new Reading();
    reading._take(viewOf({ messages, newAfter: null }), true);
    expect(reading._unread).toBeUndefined();
    expect(reading._count(viewOf({ messages }))).toBe(0);
  });

  it('is not interrupted by what comes before somebody’s eyes', () => {
    const reading = new Reading();
    reading._take(viewOf({ messages: messages.slice(0, 2) }), true);
    reading._take(viewOf({ messages }), true);
    expect(reading._unread).toBeUndefined();
  });

  it('draws the line at what came while nobody looked, and moves it once that was seen', () => {
    const reading = new Reading();
    reading._take(viewOf({ messages: messages.slice(0, 1) }), true);
    reading._take(viewOf({ messages: messages.slice(0, 2) }), false);
    reading._take(viewOf({ messages }), false);
    expect(reading._unread).toEqual({ from: seqs[0], to: seqs[3] });
    reading._seen = seqs[3];
    const later = said(leo, '14:30', 'e');
    reading._take(viewOf({ messages: [...messages, later] }), false);
    expect(reading._unread).toEqual({ from: seqs[3], to: later.seq });
  });
});
