import { html, nothing, type TemplateResult } from 'lit/html.js';
import { later, rare } from '../later.ts';
import { avatar } from '../look/avatar.ts';
import { icon } from '../look/icons.ts';
import { timeIn } from '../times.ts';
import type { ShownMessage } from '../view.ts';
import type { Words } from '../words.ts';
import { isFewEmoji } from './emoji.ts';
import type { MessageRow, Row } from './rows.ts';

/** What every row is drawn with. */
export interface Setting {
  words: Words;
  /** Of times and days. */
  lang: string;
  /** `direct`, `support` or `room`; one of a later year looks like a room. */
  kind: string | undefined;
  /** What a reader may do with messages is here. */
  look: boolean;
}

type Part = TemplateResult | string | typeof nothing;

export function rowView(row: Row, setting: Setting): TemplateResult | undefined {
  if (row.is === 'message') return messageView(row, setting);
  if (row.is === 'day') return html`<div class="y w" part="day">${dayName(row.at, setting)}</div>`;
  return later._look?.betweenView(row, setting.words);
}

/** A day further back than yesterday has its whole name. */
function dayName(at: string, { words, lang }: Setting): string {
  const now = new Date();
  const day = new Date(at);
  const is = (date: Date) => day.toDateString() === date.toDateString();
  if (is(now)) return words.today;
  now.setDate(now.getDate() - 1);
  return is(now) ? words.yesterday : timeIn(lang, at, { dateStyle: 'full' });
}

function messageView(row: MessageRow, setting: Setting): TemplateResult {
  const { message, first, last, key, current } = row;
  const { words, lang, kind } = setting;
  const { own, sender, content, deletedAt, delivery } = message;
  const named = !own && kind !== 'direct';
  const open = delivery.is === 'sent' && !deletedAt;
  const time = timeIn(lang, message.timestamp, { timeStyle: 'short' });
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
      ${message.replyTo && !deletedAt ? rare((look) => look.quoteView(row.original, words)) : nothing}
      <div class="t" dir="auto" id=${`t${key}`}>${deletedAt ? rare(() => words.deleted) : textView(content)}</div>
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

/** Text without marks is all that there is to it. */
function textView(content: string) {
  return (/[*_`[]|:\/\//.test(content) && rare((look) => look.contentView(content))) || content;
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
