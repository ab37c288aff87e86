import { assert } from 'chai';
import { bubbles, part, setUp, show, textOf, until } from '../../test/page.ts';
import { type Base, define } from '../base.ts';

describe('a provider', () => {
  it('gives its client, words and theme to those within', async () => {
    const { edge, direct, clientOf } = setUp();
    edge.post('m_2', direct, 'Hello');
    const provider = document.createElement('chat-provider');
    provider.client = clientOf('m_1');
    provider.words = { placeholder: 'Schreib etwas' };
    provider.setAttribute('theme', 'dark');
    provider.innerHTML = `<section><chat-thread thread="${direct}"></chat-thread></section>`;
    document.body.append(provider);
    const thread = provider.querySelector('chat-thread') as HTMLElement;
    await until('the message', () => bubbles(thread).includes('Hello'));
    assert.equal((part(thread, 'input') as HTMLTextAreaElement).placeholder, 'Schreib etwas');
    assert.equal(getComputedStyle(thread).colorScheme, 'dark');
    assert.equal(getComputedStyle(thread).backgroundColor, 'rgb(19, 24, 26)');
    provider.client = clientOf('m_2');
    await until('the other side', () => part(thread, 'title')?.textContent === 'Ana Ferreira');
  });

  it('serves a thread within another shadow, and none that names another site', async () => {
    const { edge, direct, clientOf } = setUp();
    edge.post('m_2', direct, 'Hello');
    const provider = document.createElement('chat-provider');
    provider.client = clientOf('m_1');
    const box = document.createElement('div');
    const inner = document.createElement('chat-thread');
    inner.thread = direct;
    box.attachShadow({ mode: 'open' }).append(inner);
    const other = document.createElement('chat-thread');
    other.setAttribute('site', 'elsewhere');
    provider.append(box, other);
    document.body.append(provider);
    await until('the message', () => bubbles(inner).includes('Hello'));
    assert.deepEqual(bubbles(other), []);
  });

  it('makes a client of its own for a token, and closes it when it leaves', async () => {
    const { edge, direct } = setUp();
    edge.post('m_2', direct, 'Hello');
    const line = edge.line();
    const before = globalThis.fetch;
    globalThis.fetch = (input, init) =>
      String(input instanceof Request ? input.url : input).startsWith(edge.url)
        ? line.fetch(input, init)
        : before(input, init);
    try {
      const provider = document.createElement('chat-provider');
      provider.site = edge.site;
      provider.edge = edge.url;
      provider.getToken = edge.getToken('m_1');
      const thread = document.createElement('chat-thread');
      thread.thread = direct;
      provider.append(thread);
      document.body.append(provider);
      await until('the message', () => bubbles(thread).includes('Hello'));
      provider.remove();
      await until('no stream', () => edge.streams === 0);
    } finally {
      globalThis.fetch = before;
    }
  });
});

describe('an element', () => {
  it('takes what was set before it was defined', async () => {
    const { edge, direct, clientOf } = setUp();
    edge.post('m_2', direct, 'Hello');
    const early = document.createElement('chat-early');
    Object.assign(early, { client: clientOf('m_1'), thread: direct });
    document.body.append(early);
    class Early extends (customElements.get('chat-thread') as CustomElementConstructor) {}
    define('chat-early', Early as unknown as typeof Base & CustomElementConstructor);
    await until('the message', () => bubbles(early).includes('Hello'));
  });

  it('is defined once: a second copy on the page says so and breaks nothing', () => {
    const warned: unknown[] = [];
    const before = console.warn;
    console.warn = (...words) => warned.push(words.join(' '));
    define('chat-thread', customElements.get('chat-thread') as typeof Base & CustomElementConstructor);
    console.warn = before;
    assert.match(String(warned[0]), /chat-thread.* is defined already/);
  });

  it('says what it lacks', async () => {
    const warned: string[] = [];
    const before = console.warn;
    console.warn = (...words) => warned.push(words.join(' '));
    const thread = show({});
    await until('the warning', () => warned.length);
    console.warn = before;
    assert.include(warned[0], 'needs site and edge');
    assert.notInclude(textOf(thread), 'undefined');
  });
});
