import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFewEmoji } from '../thread/emoji.ts';
import { type Piece, parseMarkdown, plainText } from './markdown.ts';

const a = (href: string, text = href): Piece => ({ tag: 'a', href, in: [text] });
const b = (...within: Piece[]): Piece => ({ tag: 'b', in: within });
const i = (...within: Piece[]): Piece => ({ tag: 'i', in: within });
const code = (text: string): Piece => ({ tag: 'code', in: [text] });
const pre = (text: string): Piece => ({ tag: 'pre', in: [text] });

describe('the Markdown subset', () => {
  it.each<[string, Piece[]]>([
    ['plain', ['plain']],
    ['two\nlines', ['two\nlines']],
    ['a **b *c* d** e', ['a ', b('b ', i('c'), ' d'), ' e']],
    ['_so_, *so*', [i('so'), ', ', i('so')]],
    ['snake_case_x and 2*3*4', ['snake_case_x and 2*3*4']],
    ['**太字**です', [b('太字'), 'です']],
    ['** not ** bold', ['** not ** bold']],
    ['**open', ['**open']],
    ['`a **b** <i>`', [code('a **b** <i>')]],
    ['```js\nlet a;\n  b()\n``` after', [pre('let a;\n  b()'), ' after']],
    ['```one line```', [pre('one line')]],
    ['[name](https://e.example/a_(b)?c=d#e)', [a('https://e.example/a_(b)?c=d#e', 'name')]],
    ['[mail](mailto:a@e.example)', [a('mailto:a@e.example', 'mail')]],
    ['see https://e.example/a_(b)).', ['see ', a('https://e.example/a_(b)'), ').']],
    ['(https://e.example/x)', ['(', a('https://e.example/x'), ')']],
    ['**https://e.example/x**', [b(a('https://e.example/x'))]],
    ['[x](javascript:alert(1))', ['[x](javascript:alert(1))']],
    [
      '[x](JaVaScRiPt:alert(1)) [y](data:text/html,z) [z](//e.example)',
      ['[x](JaVaScRiPt:alert(1)) [y](data:text/html,z) [z](//e.example)'],
    ],
    ['<img src=x onerror=alert(1)>', ['<img src=x onerror=alert(1)>']],
  ])('reads %j', (content, pieces) => {
    expect(parseMarkdown(content)).toEqual(pieces);
  });

  const marked = fc.array(
    fc.oneof(
      fc.constantFrom(
        '**',
        '*',
        '_',
        '`',
        '```',
        '\n',
        ' ',
        '[',
        '](',
        ')',
        'https://',
        'javascript:',
        'mailto:',
        '<b>',
        '"',
        "'",
      ),
      fc.string({ maxLength: 4 }),
      fc.string({ unit: 'grapheme', maxLength: 3 }),
    ),
    { maxLength: 60 },
  );

  it('links to http, https and mailto alone, invents no text and loses none but its marks, whatever it is given', () => {
    fc.assert(
      fc.property(marked, (parts) => {
        const content = parts.join('');
        const pieces = parseMarkdown(content);
        let at = 0;
        for (const letter of plainText(pieces)) {
          at = content.indexOf(letter, at);
          expect(at, JSON.stringify(content)).toBeGreaterThanOrEqual(0);
          at += letter.length;
        }
        const check = (piece: Piece): void => {
          if (typeof piece === 'string') return;
          if (piece.tag === 'a') expect(piece.href).toMatch(/^(https?:\/\/|mailto:)[^\s]/i);
          if (piece.tag !== 'b' && piece.tag !== 'i') expect(piece.in).toEqual([expect.any(String)]);
          piece.in.forEach(check);
        };
        pieces.forEach(check);
      }),
      { numRuns: 2000 },
    );
  });

  it('takes no more than a moment for the worst 4,000 characters', () => {
    const began = performance.now();
    for (const worst of [
      '*',
      '**',
      '** ',
      '**a',
      '_a ',
      '`a',
      '```a',
      '[',
      '[a](https://',
      'https://(',
      '**a *b ',
      '((',
      '🎉 ',
    ])
      parseMarkdown(worst.repeat(4000 / worst.length));
    for (const worst of ['🎉', '🎉 ', '\u{1F468}\u200D']) isFewEmoji(`${worst.repeat(4000 / worst.length)}a`);
    expect(performance.now() - began).toBeLessThan(1500);
  });

  it.each(['🎉', '🎉🙌', '❤️ 👍🏽 🇳🇴', '👨‍👩‍👧‍👦'])('shows %s large', (content) =>
    expect(isFewEmoji(content)).toBe(true),
  );
  it.each(['', '123', '1', '#', '🎉🎉🎉🎉', 'a🎉', '© 2026'])('shows %j as text', (content) =>
    expect(isFewEmoji(content)).toBe(false),
  );
});
