/** What stands above the log while the line is broken. */
import type { TemplateResult } from 'lit/html.js';
import { handed } from '../look/handed.ts';
import type { Connection } from '../view.ts';
import type { Words } from '../words.ts';

const { html, icon, nothing } = handed;

export type Banner = 'reconnecting' | 'offline' | 'back' | undefined;

/** A line that breaks for less than this is not worth a word. The stylesheet waits as long, both ways. */
const tellMs = 2000;

/** What the banner says after the line's state changed from `last` to `now`. */
export function bannerOf(told: Banner, last: Connection | undefined, now: Connection): Banner {
  if (now.is === 'offline' || now.is === 'reconnecting') return told === 'offline' ? told : now.is;
  if (now.is === 'connecting' || !told || told === 'back') return told;
  const noticed = told === 'offline' || (last && 'sinceMs' in last && Date.now() - last.sinceMs > tellMs);
  return noticed ? 'back' : undefined;
}

const signs = { reconnecting: 'spinner', offline: 'offline', back: 'sent' } as const;

export function bannerView(is: keyof typeof signs, words: Words): TemplateResult {
  return html`<div class=${`bn s ${is}`} part="banner">${icon(signs[is])}<b>${words[is]}</b>${is === 'offline' ? words.later : nothing}</div>`;
}
