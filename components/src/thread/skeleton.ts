/** What stands in the log's place before the thread is there. */
import { html, type TemplateResult } from 'lit/html.js';

/** Stands still; the stylesheet shows it 300 ms after the start, never before. */
export const skeleton: TemplateResult = html`<div class="sk" part="skeleton">
  <div class="m v first"><i class="a"></i><p class="b"></p></div><div class="m o first"><p class="b"></p></div>
  <div class="m v first"><i class="a"></i><p class="b"></p></div><div class="m o first"><p class="b"></p></div>
</div>`;
