/** What only some threads show: a quote, who types, what is new, who joined; what stands in the place of messages. */
import type { TemplateResult } from 'lit/html.js';
import { handed } from '../look/handed.ts';
import type { ShownMessage, ThreadView } from '../view.ts';
import type { Words } from '../words.ts';
import { fill } from './fill.ts';
import { preview } from './markdown.ts';

const { html, icon, nothing } = handed;

export function quoteView(original: ShownMessage | undefined, words: Words): TemplateResult {
  return html`<button class="q s" part="quote" name="quote" tabindex="-1">
    <b>${icon('reply')}<bdi>${original ? (original.own ? words.you : original.sender.name) : nothing}</bdi></b>
    <span dir="auto">${
      !original ? words.earlier : original.deletedAt ? words.deleted : preview(original.content)
    }</span>
  </button>`;
}

export function typingView({ typing, thread }: ThreadView, words: Words): TemplateResult {
  const who = typing[1] ? words.severalTyping : fill(words.typing, typing[0]?.name ?? '');
  return html`<div class=${thread?.kind === 'direct' ? 'tp' : 'tp v'} part="typing"><i class="b"><s></s><s></s><s></s></i>${who}</div>`;
}

/** Without a number the words are just "new messages". */
export function newWords(count: number, words: Words): string {
  return count === 1 ? words.newMessage : fill(words.newMessages, count || '').trim();
}

export function pillView(count: number, words: Words, go: () => void): TemplateResult {
  return html`<button class="pl s" part="pill" @click=${go}>${icon('down')}${newWords(count, words)}</button>`;
}

const glyphs = { greeting: 'lines', failed: 'alert', absent: 'lock' } as const;

export function stateView(is: keyof typeof glyphs, words: Words, reload: () => void): TemplateResult {
  return html`<div class="st" part=${is === 'greeting' ? 'empty' : 'error'}>
    <div>${icon(glyphs[is])}</div>
    <h3 dir="auto">${words[is]}</h3>
    <p dir="auto">${words[`${is}Text`]}</p>
    ${is === 'failed' ? html`<button class="bt" @click=${reload}>${words.tryAgain}</button>` : nothing}
  </div>`;
}

export function closedView(words: Words): TemplateResult {
  return html`<div class="y" part="system">${words.closed} · <b>${words.reopen}</b></div>`;
}
