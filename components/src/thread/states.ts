/** What stands in the log's place before the thread is there, and above it while the line is broken. */
import { html, type TemplateResult } from 'lit/html.js';
import type { Connection } from '../view.ts';

/** Stands still; the stylesheet shows it 300 ms after the start, never before. */
export const skeleton: TemplateResult = html`<div class="sk" part="skeleton">
  <div class="m v first"><i class="a"></i><p class="b"></p></div><div class="m o first"><p class="b"></p></div>
  <div class="m v first"><i class="a"></i><p class="b"></p></div><div class="m o first"><p class="b"></p></div>
</div>`;

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
