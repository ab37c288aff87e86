/**
 * The Markdown subset of a message: bold, italic, code, links and line breaks. Reads text into a tree of its own; what
 * shows it builds text nodes and elements from that, so no HTML of a message is ever parsed as HTML.
 */

/** A piece of a message. `pre` and `code` hold text alone; `a` carries an address of an allowed scheme. */
export type Piece = string | { tag: 'pre' | 'code' | 'b' | 'i' | 'a'; in: Piece[]; href?: string };

/** Deepest nesting that is read; what lies deeper stays text. */
const maxDepth = 8;

// One alternative per kind, in the order of their groups; what none takes is text. A code block or span is read first,
// so nothing in it means anything. An italic mark needs a word's edge outside it, so that snake_case and 2*3*4 stay.
const marks =
  /```(?:[\w+#.-]*\n)?(.+?)\n?```\n?|`([^`\n]+)`|\*\*(?=\S)(.+?)(?<=\S)\*\*|(?<![\w*])\*(?=[^\s*])([^*]+)(?<=\S)\*(?![\w*])|(?<!\w)_(?=[^\s_])([^_]+)(?<=\S)_(?!\w)|\[([^[\]\n]+)\]\(((?:https?:\/\/|mailto:)(?:\([^\s()]*\)|[^\s()])+)\)|(https?:\/\/(?:\([^\s()]*\)|[^\s()<>])+(?<![.,:;!?'"*_`~\]]))/gis;

export function parseMarkdown(content: string, depth = 0): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  if (depth < maxDepth) {
    for (const found of content.matchAll(marks)) {
      const [whole, pre, code, bold, star, underscore, label, target, bare] = found;
      if (found.index > end) pieces.push(content.slice(end, found.index));
      end = found.index + whole.length;
      const italic = star ?? underscore;
      if (pre) pieces.push({ tag: 'pre', in: [pre] });
      else if (code) pieces.push({ tag: 'code', in: [code] });
      else if (bold) pieces.push({ tag: 'b', in: parseMarkdown(bold, depth + 1) });
      else if (italic) pieces.push({ tag: 'i', in: parseMarkdown(italic, depth + 1) });
      // A link's label is text: a second address in it would be a link within a link.
      else pieces.push({ tag: 'a', href: target ?? bare ?? '', in: [label ?? bare ?? ''] });
    }
  }
  if (end < content.length) pieces.push(content.slice(end));
  return pieces;
}

/** What is left when the marks are taken away: for previews and for who listens instead of looking. */
export function preview(content: string): string {
  return plainText(parseMarkdown(content));
}

export function plainText(pieces: readonly Piece[]): string {
  return pieces.map((piece) => (typeof piece === 'string' ? piece : plainText(piece.in))).join('');
}
