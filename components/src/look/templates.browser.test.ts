import { assert } from 'chai';
import { html, nothing, render } from './templates.ts';

const box = () => document.body.appendChild(document.createElement('div'));

describe('templates', () => {
  it('change text, attributes, properties and flags where they stand', () => {
    const at = box();
    const show = (text: unknown, name: unknown, off: boolean) =>
      render(html`<p title=${name} .value=${text} ?hidden=${off}>${text}, <b>${text}</b></p>`, at);
    show('one', 'a', false);
    const [p, b] = [at.querySelector('p'), at.querySelector('b')] as [HTMLElement & { value?: string }, HTMLElement];
    const word = b.firstChild;
    show('<i>two</i>', nothing, true);
    assert.equal<Element | null>(at.querySelector('p'), p);
    assert.equal(b.firstChild, word, 'the same text node: what is selected stays selected');
    assert.equal(p.textContent, '<i>two</i>, <i>two</i>');
    assert.equal(p.value, '<i>two</i>');
    assert.isFalse(p.hasAttribute('title'));
    assert.isTrue(p.hidden);
    assert.deepEqual(p.getAttributeNames(), ['hidden']);
  });

  it('put another template, a list or nothing in the place of the last', () => {
    const at = box();
    const show = (value: unknown) => render(html`<p>(${value})</p>`, at);
    for (const [value, text] of [
      [html`<b>b</b>`, '(b)'],
      [[html`<i>1</i>`, '2', [3, html`<i>4</i>`]], '(1234)'],
      [nothing, '()'],
      ['text', '(text)'],
      [undefined, '()'],
      [0, '(0)'],
      [html`<b>b</b>`, '(b)'],
    ]) {
      show(value);
      assert.equal(at.textContent, text);
    }
    assert.equal(at.querySelectorAll('i, b').length, 1);
  });

  it('give an element its properties before it wakes up on the page', () => {
    const seen: unknown[] = [];
    customElements.define(
      'chat-waking',
      class extends HTMLElement {
        given: unknown;
        connectedCallback() {
          seen.push(this.given);
        }
      },
    );
    render(html`<chat-waking .given=${'early'}></chat-waking>`, box());
    assert.deepEqual(seen, ['early']);
  });

  it('call the newest handler, with the host as its this', () => {
    const host = box();
    const root = host.attachShadow({ mode: 'open' });
    const heard: unknown[] = [];
    const show = (name: string) =>
      render(
        html`<button @click=${function (this: unknown) {
          heard.push(name, this);
        }}></button>`,
        root,
      );
    show('first');
    show('second');
    root.querySelector('button')?.click();
    assert.deepEqual(heard, ['second', host]);
  });
});
