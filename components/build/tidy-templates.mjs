/**
 * A Vite plugin that takes the layout out of `html` and `css` templates. White space that holds a line break is layout:
 * it is dropped between tags and made one space within a tag. What must show as a space is written on one line.
 */

/** @returns {import('vite').Plugin} */
export function tidyTemplates() {
  return {
    name: 'tidy-templates',
    enforce: 'post',
    transform(code, id) {
      if (!/\/components\/src\/.*\.ts$/.test(id) || !/\b(html|css)`/.test(code)) return;
      const edits = [];
      walk(this.parse(code), (node) => {
        if (node.type !== 'TaggedTemplateExpression' || node.tag.type !== 'Identifier') return;
        const tidy = { html: tidyHtml, css: tidyCss }[node.tag.name];
        if (!tidy) return;
        let inTag = false;
        for (const { start, end, value } of node.quasi.quasis) {
          const text = tidy(value.raw, inTag);
          inTag = text.inTag;
          edits.push({ at: code.indexOf(value.raw, start), length: value.raw.length, text: text.text, end });
        }
      });
      let tidied = code;
      for (const { at, length, text } of edits.sort((a, b) => b.at - a.at))
        tidied = tidied.slice(0, at) + text + tidied.slice(at + length);
      return { code: tidied, map: null };
    },
  };
}

function tidyHtml(raw, startsInTag) {
  let inTag = startsInTag;
  const text = raw
    .split(/([<>])/)
    .map((piece) => {
      if (piece === '<') inTag = true;
      else if (piece === '>') inTag = false;
      else return piece.replace(/\s*\n\s*/g, inTag ? ' ' : '');
      return piece;
    })
    .join('')
    .replace(/ >/g, '>');
  return { text, inTag };
}

function tidyCss(raw) {
  const text = raw
    .replace(/\/\*.*?\*\//gs, '')
    .replace(/\s+/g, ' ')
    .replace(/ ?([{};,>~]) ?/g, '$1')
    .replace(/([\w-]): /g, '$1:')
    .replace(/;}/g, '}')
    .trim();
  return { text, inTag: false };
}

function walk(node, visit) {
  if (Array.isArray(node)) for (const one of node) walk(one, visit);
  else if (node && typeof node.type === 'string') {
    visit(node);
    for (const key in node) if (typeof node[key] === 'object') walk(node[key], visit);
  }
}
