import { html, type TemplateResult } from 'lit/html.js';
import type { strokes as lateStrokes } from '../more/strokes.ts';

/** Strokes on a field of 20, drawn with round ends. */
const early = {
  send: 'M10 16V4M5 9l5-5 5 5',
  sent: 'M4 10.5l4 4 8.5-9.5',
  read: 'M1.5 11l3.5 3.5L13 5M9.5 13.5l1 1L18.5 5',
};

/** The rest comes with what it is for. */
export const strokes = early as typeof early & typeof lateStrokes;

/**
 * A glyph, which the stylesheet knows by its name (`reply` is mirrored from right to left). A button's name stands with the
 * button, so the glyph is hidden from the accessibility tree.
 */
export function icon(name: keyof typeof strokes): TemplateResult {
  return html`<svg class=${name} viewBox="0 0 20 20" aria-hidden="true"><path d=${strokes[name]}></path></svg>`;
}
