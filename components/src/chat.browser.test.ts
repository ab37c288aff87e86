import { sendKeys } from '@web/test-runner-commands';
import { assert } from 'chai';
import { all, bubbles, part, seen, setUp, show, textOf, until } from '../test/page.ts';
import './chat.ts';

const edge = `${location.origin}/edge`;

describe('a page with attributes alone', () => {
  it('reads a room as a guest, and writes as a visitor whose handle is kept only then', async () => {
    localStorage.clear();
    const thread = show({ edge, site: 'halden', room: 'lobby' });
    await until('the message', () => bubbles(thread).includes('Doors open at seven.'));
    assert.equal(part(thread, 'title')?.textContent, 'The lobby');
    assert.equal(localStorage.length, 0, 'nothing is kept of who only reads');
    thread.focus();
    await sendKeys({ type: 'Thank you' });
    await sendKeys({ press: 'Enter' });
    const mine = () => all(thread, '[part~=bubble-own]').some((bubble) => seen(bubble) === 'Thank you');
    await until('the message', () => mine() && !textOf(thread).includes('Sending'));
    assert.equal(localStorage.length, 1);
  });

  it('shares one client between elements of the same edge and site', async () => {
    const one = show({ edge, site: 'halden', room: 'lobby' }, undefined, 300);
    const other = show({ edge, site: 'halden', room: 'lobby' }, undefined, 300);
    await until('both', () => bubbles(one).length && bubbles(other).length);
    one.focus();
    await sendKeys({ type: 'Seen twice' });
    await sendKeys({ press: 'Enter' });
    await until('the other', () => bubbles(other).at(-1) === 'Seen twice');
    assert.isTrue(all(other, '.m').at(-1)?.classList.contains('o'), 'the same person');
  });

  it('takes its own origin for the edge where none is named', async () => {
    const asked: string[] = [];
    const before = globalThis.fetch;
    globalThis.fetch = (input, init) => {
      asked.push(input instanceof Request ? input.url : String(input));
      return Promise.reject(new TypeError('no network')) ?? before(input, init);
    };
    try {
      show({ site: 'another' });
      await until('a request', () => asked.length);
    } finally {
      globalThis.fetch = before;
    }
    assert.equal(new URL(asked[0] ?? '', 'https://wrong.example').origin, location.origin);
  });
});

describe('chat.js as it is built', () => {
  it('is a whole chat by a script tag and an element: read, write, answer, edit, delete', async () => {
    const frame = document.createElement('iframe');
    frame.style.cssText = 'width: 400px; height: 600px';
    frame.srcdoc = `<script type="module" src="${location.origin}/chat.js"></script>
      <chat-thread site="halden" room="lobby"></chat-thread>`;
    document.body.append(frame);
    const thread = await until('the element', () => frame.contentDocument?.querySelector('chat-thread'));
    await until('the message', () => bubbles(thread).includes('Doors open at seven.'));
    const field = part(thread, 'input') as HTMLTextAreaElement;
    const write = async (text: string) => {
      field.value = text;
      field.dispatchEvent(new InputEvent('input'));
      const send = await until('the button', () => all(thread, '[part=send]:enabled')[0]);
      send.click();
    };
    const own = () => all(thread, '[part~=bubble-own] .t').map((text) => seen(text));
    all(thread, '[name=reply]')[0]?.click();
    await until('the reply', () => part(thread, 'context'));
    await write('Seven it is');
    await until(
      'the answer',
      () => own().includes('Seven it is') && part(thread, 'quote') && !textOf(thread).includes('Sending'),
    );
    const choose = async (deed: string) => {
      all(thread, '.o [name=menu]').at(-1)?.click();
      const item = await until('the menu', () =>
        all(thread, `[role=menuitem][name=${deed}]`).find((one) => one.checkVisibility()),
      );
      item.click();
    };
    await choose('edit');
    await until('the text', () => field.value === 'Seven it is');
    await write('Half past');
    await until('the edit', () => own().includes('Half past') && textOf(thread).includes('Edited'));
    await choose('delete');
    await until('the tombstone', () => own().includes('Message deleted'));
  });
});

describe('a page with a strict policy', () => {
  it('needs no style, no image, no eval and no HTML from strings', async () => {
    const { edge: fake, direct, clientOf } = setUp();
    fake.post('m_2', direct, 'Look: `code` and https://example.com');
    const frame = document.createElement('iframe');
    frame.style.cssText = 'width: 400px; height: 500px';
    const { origin } = location;
    frame.srcdoc = `<!doctype html><meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src ${origin};
      connect-src ${origin}; require-trusted-types-for 'script'; trusted-types lit-html"><chat-thread></chat-thread>
      <script type="module" src="${origin}/src/chat-thread.ts"></script>`;
    const loaded = new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }));
    document.body.append(frame);
    await loaded;
    const page = frame.contentDocument as Document;
    const violations: string[] = [];
    page.addEventListener('securitypolicyviolation', (event) =>
      violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`),
    );
    const thread = page.querySelector('chat-thread') as HTMLElement;
    Object.assign(thread, { client: clientOf('m_1'), thread: direct });
    await until('the message', () => bubbles(thread).includes('Look: code and https://example.com'));
    const { fontSize } = (frame.contentWindow as Window).getComputedStyle(thread);
    assert.equal(fontSize, '15px', 'the stylesheets are in use');
    const avatar = await until('the avatar', () => part(thread, 'avatar'));
    assert.match(avatar.style.getPropertyValue('--h'), /\d/);
    all(thread, '[name=menu]')[0]?.click();
    await until('the menu', () => all(thread, '[role=menu]')[0]?.checkVisibility());
    assert.deepEqual(violations, []);
  });
});
