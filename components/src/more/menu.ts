/** A message's menu: what may be done with it, and where the menu stands. */
import type { TemplateResult } from 'lit/html.js';
import { handed } from '../look/handed.ts';
import type { ShownMessage, ThreadView } from '../view.ts';
import type { Words } from '../words.ts';

const { html, icon, nothing } = handed;

export type Deed = 'reply' | 'copy' | 'edit' | 'delete';

/** A moderator deletes what others wrote too; whether it is too late, only the server knows. */
export function deedsOf({ deletedAt, delivery, own }: ShownMessage, { me }: ThreadView): Deed[] {
  if (deletedAt || delivery.is !== 'sent') return [];
  return [
    'reply',
    'copy',
    ...(own ? ['edit' as const] : []),
    ...(own || me?.kind === 'agent' ? ['delete' as const] : []),
  ];
}

export function menuView(deeds: readonly Deed[], words: Words): TemplateResult[] {
  return deeds.map((deed) => {
    const deletes = deed === 'delete';
    return html`${deletes ? html`<hr>` : nothing}<button role="menuitem" tabindex="-1" class=${deletes ? 'd' : ''} name=${deed}>${icon(deed)}<span>${words[deed]}</span>${deletes ? nothing : html`<kbd aria-hidden="true">${deed[0]}</kbd>`}</button>`;
  });
}

/** Pixels kept free to the window's edges. */
const edgePx = 8;

/** Under what it belongs to, above where there is no room; at its end where the message hangs from the end. */
export function placeMenu({ style, offsetWidth, offsetHeight }: HTMLElement, by: DOMRect, atRight: boolean): void {
  const within = (at: number, most: number) => `${Math.max(edgePx, Math.min(at, most - edgePx))}px`;
  const below = by.bottom + 4;
  const most = innerHeight - offsetHeight;
  style.top = within(below > most - edgePx ? by.top - offsetHeight - 4 : below, most);
  style.left = within(atRight ? by.right - offsetWidth : by.left, innerWidth - offsetWidth);
}

/** Where an arrow key leads among `items`; nowhere beyond the ends, or with another key. */
export function roved<T>(items: readonly T[], from: T, key: string): T | undefined {
  const at = items.indexOf(from);
  const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: items.length - 1 }[key];
  return to === undefined ? undefined : items[to];
}
