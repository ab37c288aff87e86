/** What a message shows of what may be done with it, and of how far it has not come. */
import type { TemplateResult } from 'lit/html.js';
import { handed } from '../look/handed.ts';
import type { Delivery } from '../view.ts';
import type { Words } from '../words.ts';

const { html, icon } = handed;

export function barView(words: Words): TemplateResult {
  return html`<div class="bar">
    <button class="i" name="reply" tabindex="-1" aria-label=${words.reply}>${icon('reply')}</button>
    <button class="i" name="menu" tabindex="-1" aria-label=${words.more} aria-haspopup="menu">${icon('more')}</button>
  </div>`;
}

export function undeliveredView(delivery: Delivery, words: Words): TemplateResult {
  if (delivery.is !== 'failed')
    return html`<div class="n s" part="receipt">${words[delivery.is === 'waiting' ? 'waiting' : 'sending']} ${icon('clock')}</div>`;
  const { code, message, retry } = delivery.error;
  const again = retry || code === 'unauthorized';
  const reason = code === 'forbidden' ? words.membersOnly : message;
  return html`<div class="n s d" part="receipt" role="alert">
    ${icon('alert')}
    <span>${again ? words.notSent : reason} <button name=${again ? 'retry' : 'rewrite'}>${again ? words.tryAgain : words.edit}</button> · <button name="discard">${words.delete}</button></span>
  </div>`;
}
