/** A client that shows one view and does nothing: for looking at a state as long as it takes. */

import type { Message, Participant, User } from '@payload-chat/protocol';
import type { Client, ShownMessage, ThreadStore, ThreadView } from '../src/view.ts';

export const me: User = { id: 'm_me', name: 'Camille Roux', kind: 'member' };
export const leo: User = { id: 'm_leo', name: 'Leo Marsh', kind: 'member' };
export const maya: User = { id: 'm_maya', name: 'Maya Lindqvist', kind: 'agent' };
export const jonas: User = { id: 'm_jonas', name: 'Jonas Brandt', kind: 'agent' };
export const ines: User = { id: 'm_ines4', name: 'Inês Carvalho', kind: 'member' };
export const misaki: User = { id: 'm_mi', name: '佐藤 美咲', kind: 'member' };
export const salma: User = { id: 'm_salma', name: 'سلمى حداد', kind: 'agent' };

let seq = 0;

/** `at` is a time of today, `-1 16:12` one of yesterday. */
export function said(sender: User, at: string, content: string, more: Partial<ShownMessage> = {}): ShownMessage {
  const [days, time] = at.includes(' ') ? at.split(' ') : ['0', at];
  const day = new Date();
  day.setDate(day.getDate() + Number(days));
  const [hours, minutes] = String(time).split(':').map(Number);
  day.setHours(hours ?? 0, minutes ?? 0, 0, 0);
  seq += 1;
  return {
    id: `id${seq}`,
    thread: 't',
    sender,
    content,
    timestamp: day.toISOString(),
    seq,
    changed: seq,
    own: sender === me,
    delivery: { is: 'sent' },
    ...more,
  } satisfies Message & ShownMessage;
}

export function seat(user: User, joinedAt = '2026-01-01T00:00:00Z'): Participant {
  return { id: `p_${user.id}`, thread: 't', user, readSeq: 0, joinedAt };
}

export function viewOf(more: Partial<ThreadView> = {}): ThreadView {
  return {
    phase: { is: 'ready' },
    connection: { is: 'live' },
    thread: {
      id: 't',
      kind: 'support',
      title: 'Halden support',
      status: 'open',
      changed: 1,
      createdAt: '2026-01-01T00:00:00Z',
    },
    me,
    participants: [seat(me), seat(leo)],
    messages: [],
    hasOlder: false,
    loadingOlder: false,
    typing: [],
    readByOthers: 0,
    newAfter: null,
    site: {},
    sendAgainAtMs: null,
    ...more,
  };
}

export interface StillClient extends Client {
  show(view: ThreadView): void;
}

export function stillClient(first: ThreadView): StillClient {
  let view = first;
  const runs = new Set<(view: ThreadView) => void>();
  const store: ThreadStore = {
    get view() {
      return view;
    },
    subscribe(run) {
      runs.add(run);
      return () => runs.delete(run);
    },
    send() {},
    retry() {},
    discard() {},
    edit: async () => {},
    remove: async () => {},
    loadOlder: async () => {},
    typing() {},
    read() {},
    reload() {},
  };
  return {
    edge: '',
    site: 'halden',
    open: () => store,
    reset() {},
    logout: async () => {},
    close() {},
    show(next) {
      view = next;
      for (const run of runs) run(view);
    },
  };
}
