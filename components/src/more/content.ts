import type { TemplateResult } from 'lit/html.js';
import { handed } from '../look/handed.ts';
import { type Piece, parseMarkdown } from './markdown.ts';

const { html } = handed;

type Shown = string | TemplateResult;

const held = new Map<string, Shown[]>();
/** Messages whose text is kept read; beyond it all are forgotten and read anew as they are shown. */
const heldMessages = 2000;

/** A message's text as text nodes and a closed list of elements. */
export function contentView(content: string): Shown[] {
  let shown = held.get(content);
  if (!shown) {
    if (held.size >= heldMessages) held.clear();
    shown = parseMarkdown(content).map(pieceView);
    held.set(content, shown);
  }
  return shown;
}

function pieceView(piece: Piece): Shown {
  if (typeof piece === 'string') return piece;
  const inner = piece.in.map(pieceView);
  switch (piece.tag) {
    case 'pre':
      return html`<pre tabindex="0"><code>${inner}</code></pre>`;
    case 'code':
      return html`<code>${inner}</code>`;
    case 'b':
      return html`<strong>${inner}</strong>`;
    case 'i':
      return html`<em>${inner}</em>`;
    case 'a':
      return html`<a href=${piece.href ?? ''} target="_blank" rel="noopener nofollow ugc">${inner}</a>`;
  }
}
