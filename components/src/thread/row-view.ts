import { html, nothing, type TemplateResult } from 'lit/html.js';
import { later } from '../later.ts';
import { avatar } from '../look/avatar.ts';
import { icon } from '../look/icons.ts';
import { isFewEmoji, parseMarkdown, plainText } from '../markdown.ts';
import type { Times } from '../times.ts';
import type { ShownMessage } from '../view.ts';
import { fill, type Words } from '../words.ts';
import { contentView } from './content.ts';
import type { MessageRow, Row } from './rows.ts';

/** What every row is drawn with. */
export interface Setting {
  words: Words;
  times: Times;
  /** `direct`, `support` or `room`; one of a later year looks like a room. */
  kind: string | undefined;
  /** What a reader may do with messages is here. */
  look: unknown;
}

type Part = TemplateResult | string | typeof nothing;

export function rowView(row: Row, setting: Setting): TemplateResult {
  const { words, times } = setting;
  switch (row.is) {
    case 'day':
      return html`<div class="y w" part="day">${dayName(row.at, words, times)}</div>`;
    case 'new':
      return html`<div class="u w" part="unread">${newWords(row.count, words)}</div>`;
    case 'joined': {
      const [before, after] = words.joined.split('{}');
      return html`<div class="y" part="system">${before}<b><bdi>${row.name}</bdi></b>${after}</div>`;
    }
    case 'message':
      return messageView(row, setting);
  }
}

/** Without a number the words are just "new messages". */
export function newWords(count: number, words: Words): string {
  return count === 1 ? words.newMessage : fill(words.newMessages, count || '').trim();
}

function dayName(at: string, words: Words, times: Times): string {
  const day = new Date(at).toDateString();
  const now = new Date();
  if (day === now.toDateString()) return words.today;
  now.setDate(now.getDate() - 1);
  return day === now.toDateString() ? words.yesterday : times.day(at);
}

function messageView(row: MessageRow, setting: Setting): TemplateResult {
  const { message, first, last, key, current } = row;
  const { words, times, kind } = setting;
  const { own, sender, content, deletedAt, delivery } = message;
  const named = !own && kind !== 'direct';
  const open = delivery.is === 'sent' && !deletedAt;
  const time = times.time(message.timestamp);
  const look = [
    'm',
    own && 'o',
    named && 'v',
    first && 'first',
    !last && 'go',
    deletedAt ? 'x' : isFewEmoji(content) && 'e',
    delivery.is,
  ];
  return html`<div
    class=${look.filter(Boolean).join(' ')}
    role="article"
    tabindex=${current ? 0 : -1}
    aria-label=${`${own ? words.you : sender.name}, ${time}`}
    aria-describedby=${`t${key}`}
  >
    ${named && first ? authorView(message, words, time) : nothing}
    <div class="b" part=${own ? 'bubble bubble-own' : 'bubble'}>
      ${message.replyTo && !deletedAt ? quoteView(row.original, words) : nothing}
      <div class="t" dir="auto" id=${`t${key}`}>${deletedAt ? words.deleted : contentView(content)}</div>
      ${(open && later._look?.barView(words)) || nothing}
    </div>
    ${metaView(row, time, setting)}
  </div>`;
}

function authorView({ sender, timestamp }: ShownMessage, words: Words, time: string): TemplateResult {
  return html`${avatar(sender)}
    <div class="by" part="author">
      <b><bdi>${sender.name}</bdi></b>
      ${sender.kind === 'agent' ? html`<span>${words.team}</span>` : nothing}
      <time part="time" datetime=${timestamp}>${time}</time>
    </div>`;
}

function quoteView(original: ShownMessage | undefined, words: Words): TemplateResult {
  return html`<button class="q s" part="quote" name="quote" tabindex="-1">
    <b>${icon('reply')}<bdi>${original ? (original.own ? words.you : original.sender.name) : nothing}</bdi></b>
    <span dir="auto">${
      !original ? words.earlier : original.deletedAt ? words.deleted : plainText(parseMarkdown(original.content))
    }</span>
  </button>`;
}

/** Under the bubble: of others that it was edited; of the reader's own how far it has come. */
function metaView({ message, last, read }: MessageRow, time: string, { words, kind }: Setting): Part {
  const { own, delivery, editedAt, deletedAt } = message;
  if (delivery.is !== 'sent' && (last || delivery.is === 'failed'))
    return later._look?.undeliveredView(delivery, words) ?? nothing;
  const edited = editedAt && !deletedAt ? words.edited : '';
  if (!own || !last) return edited && html`<div class="n">${edited}</div>`;
  const stamp = html`<time part="time" datetime=${message.timestamp}>${time}</time>`;
  if (kind === 'room' || deletedAt) return html`<div class="n">${edited} ${stamp}</div>`;
  const state = read ? 'read' : 'sent';
  return html`<div class="n s" part="receipt">${edited} ${stamp} ${words[state]} ${icon(state)}</div>`;
}
