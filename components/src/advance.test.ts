import type { ChatEvent, Message, Snapshot, User, WireEvent } from '@payload-chat/protocol';
import { describe, expect, test } from 'vitest';
import { advance } from './advance.ts';

const epoch = '00000000000a';
const ana: User = { id: 'm_1', name: 'Ana', kind: 'member' };
const message = (seq: number): Message => ({
  id: `m${seq}`,
  thread: 't',
  sender: ana,
  content: `${seq}`,
  timestamp: '2026-11-24T10:00:00Z',
  seq,
  changed: seq,
});
const held = (messages: Message[] = []): Snapshot => ({
  thread: { id: 't', kind: 'direct', status: 'open', changed: 1, createdAt: '2026-11-24T10:00:00Z' },
  participants: [],
  messages,
  cursor: `${epoch}.10`,
  me: { unread: 0, readSeq: 0 },
});
const event = (more: Partial<WireEvent>): WireEvent => ({
  type: 'message.posted',
  pos: 11,
  thread: 't',
  seq: 5,
  at: '2026-11-24T10:00:00Z',
  actor: 'm_1',
  message: message(5),
  ...more,
});
const after = (snapshot: Snapshot, seq: number, wire: WireEvent) =>
  advance(snapshot, seq, wire, wire as unknown as ChatEvent, 'm_1');

describe('a held thread', () => {
  test('takes the first event after its snapshot whatever its seq, then one more each time', () => {
    const next = after(held(), 0, event({})) as Snapshot;
    expect(next.messages).toEqual([message(5)]);
    expect(next.cursor).toBe(`${epoch}.11`);
    expect(after(next, 5, event({ pos: 12, seq: 6, message: message(6) }))).toMatchObject({
      messages: [message(5), message(6)],
    });
  });

  test('[I4] is stale after a hole', () => {
    expect(after(held(), 3, event({}))).toBe('stale');
  });

  test('stays as it is for what it was told already, and for other threads', () => {
    const snapshot = held();
    expect(after(snapshot, 3, event({ pos: 10 }))).toBe(snapshot);
    expect(after(snapshot, 3, event({ thread: 'other' }))).toBe(snapshot);
    expect(after(snapshot, 3, event({ thread: null, seq: null, type: 'site.updated' }))).toBe(snapshot);
  });

  test('counts what it does not know', () => {
    const wire = event({ type: 'reaction.changed' });
    expect(advance(held(), 4, wire, undefined, 'm_1')).toEqual({ ...held(), cursor: `${epoch}.11` });
    expect(advance(held(), 3, wire, undefined, 'm_1')).toBe('stale');
  });

  test('is stale when a person is erased or the caller leaves, not when another does', () => {
    expect(after(held(), 4, event({ thread: null, seq: null, type: 'user.erased', user: { id: 'm_2' } }))).toBe(
      'stale',
    );
    const left = (user: User) =>
      event({ type: 'participant.left', participant: { id: 'p', thread: 't', user, readSeq: 0, joinedAt: 'now' } });
    expect(after(held(), 4, left(ana))).toBe('stale');
    expect(after(held(), 4, left({ ...ana, id: 'm_2' }))).toMatchObject({ cursor: `${epoch}.11` });
  });

  test('holds 2,000 messages at the most and then lets the older half go', () => {
    const many = Array.from({ length: 2000 }, (_, index) => message(index + 1));
    const next = after(held(many), 2000, event({ seq: 2001, message: message(2001) })) as Snapshot;
    expect(next.messages).toHaveLength(1000);
    expect(next.messages.at(-1)?.seq).toBe(2001);
  });
});
