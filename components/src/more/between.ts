/** What stands between messages besides days: who joined, and the line before what is new. It parts groups. */
import type { TemplateResult } from 'lit/html.js';
import { handed } from '../look/handed.ts';
import type { Row, Unread } from '../thread/rows.ts';
import type { ThreadView } from '../view.ts';
import type { Words } from '../words.ts';
import { newWords } from './rare.ts';

const { html } = handed;

export function betweenView(row: Exclude<Row, { is: 'message' | 'day' }>, words: Words): TemplateResult {
  if (row.is === 'new') return html`<div class="u w" part="unread">${newWords(row.count, words)}</div>`;
  const [before, after] = words.joined.split('{}');
  return html`<div class="y" part="system">${before}<b><bdi>${row.name}</bdi></b>${after}</div>`;
}

export function between(rows: readonly Row[], view: ThreadView, unread: Unread | undefined): Row[] {
  const all: Row[] = [];
  const joins = joinsOf(view);
  let divided = !unread;
  let last: Row | undefined;
  for (const row of rows) {
    if (row.is !== 'message') {
      all.push(row);
      continue;
    }
    const { own, seq, timestamp } = row.message;
    const parts: Row[] = [];
    while (joins[0] && joins[0].key <= timestamp) {
      const join = joins.shift() as Row;
      if (last || !view.hasOlder) parts.push(join);
    }
    if (!divided && unread && !own && seq > unread.from) {
      divided = true;
      parts.push({ is: 'new', key: 'new', count: view.hasOlder && !last ? 0 : countOf(view, unread) });
    }
    if (parts.length) {
      row.first = true;
      if (last?.is === 'message') last.last = true;
    }
    all.push(...parts, row);
    last = row;
  }
  return [...all, ...joins];
}

/** Agents come into a support thread midway; who was there from the start did not "join". */
function joinsOf({ thread, participants, me }: ThreadView): Array<Row & { is: 'joined' }> {
  if (thread?.kind !== 'support') return [];
  return participants
    .filter(({ user, joinedAt }) => user.kind === 'agent' && user.id !== me?.id && joinedAt > thread.createdAt)
    .map(({ joinedAt, user }) => ({ is: 'joined' as const, key: joinedAt, name: user.name }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

function countOf(view: ThreadView, { from, to }: Unread): number {
  return view.messages.filter(({ own, seq }) => !own && seq > from && seq <= to).length;
}
