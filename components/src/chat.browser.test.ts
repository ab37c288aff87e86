import { sendKeys } from '@web/test-runner-commands';
import { assert } from 'chai';
import { all, bubbles, part, seen, settled, setUp, show, textOf, until } from '../test/page.ts';
import { pageEdge } from './page-client.ts';

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

  it('goes to the origin of the script where it names no edge', async () => {
    pageEdge.url = location.origin;
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

/** A page of its own with the built script, from a path of its own, so many pixels down. */
async function built(path = '', attributes = '', room = 'plain', down = 0) {
  const frame = document.createElement('iframe');
  frame.style.cssText = `width: 400px; height: 600px; margin-top: ${down}px`;
  frame.srcdoc = `<script type="module" src="${location.origin}${path}/chat.js"></script>
    <chat-thread site="halden" room="${room}" ${attributes}></chat-thread>`;
  document.body.append(frame);
  const thread = await until('the element', () => frame.contentDocument?.querySelector('chat-thread'));
  await until('the message', () => bubbles(thread)[0]?.startsWith('Doors open at'));
  const { performance } = frame.contentWindow as Window;
  const field = part(thread, 'input') as HTMLTextAreaElement;
  return {
    thread,
    field,
    fetched: () => performance.getEntriesByType('resource').filter(({ name }) => name.includes('/chat-more.js')).length,
    async enter(text: string) {
      field.value = text;
      field.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true }));
      await Promise.resolve(); // What stands in the field decides whether it can be sent.
      press(field, 'Enter');
    },
    hint: () => part(thread, 'hint')?.textContent,
    own: () => all(thread, '[part~=bubble-own] .t').map((text) => seen(text)),
  };
}

const press = (on: Element | undefined, key: string) =>
  on?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, composed: true, cancelable: true }));

const elsewhere = `edge="${location.origin}/edge"`;

describe('the second file of chat.js', () => {
  it('comes at the first intent, and once', async () => {
    const { thread, fetched } = await built();
    assert.equal(fetched(), 0, 'who only reads does without it');
    thread.dispatchEvent(new PointerEvent('pointerenter'));
    await until('the buttons', () => all(thread, '[name=reply]').length);
    thread.dispatchEvent(new PointerEvent('pointerenter'));
    press(thread, 'x');
    assert.equal(fetched(), 1);
  });

  it('comes without one where a message holds what only it can show', async () => {
    const { thread, fetched } = await built('', '', 'lobby');
    await until('the mark', () => all(thread, '.t strong')[0]?.textContent === 'seven');
    assert.equal(fetched(), 1);
  });

  it('does not come for what is not on the screen, until it is', async () => {
    const { thread, fetched } = await built('', '', 'lobby', 3000);
    await settled();
    assert.deepEqual([fetched(), bubbles(thread)[0]], [0, 'Doors open at **seven**.']);
    thread.scrollIntoView();
    await until('the mark', () => all(thread, '.t strong')[0]?.textContent === 'seven');
    assert.equal(fetched(), 1);
  });

  it('does not come for who writes in a room', async () => {
    const other = show({ edge, site: 'halden', room: 'plain' }, undefined, 300);
    const { thread, fetched } = await built('', '', 'plain', 3000);
    await until('the message', () => bubbles(other).length);
    other.focus();
    // A guest is not said to write: he is a visitor from his first message on.
    for (const text of ['I am here', 'And I write']) {
      await sendKeys({ type: text });
      await sendKeys({ press: 'Enter' });
      await until('the message', () => bubbles(thread).includes(text));
    }
    assert.equal(fetched(), 0);
  });

  it('does what was asked for while it was on its way, a key as well as a click', async () => {
    const { thread, fetched } = await built();
    press(all(thread, '[role=article]')[0], 'Enter');
    assert.equal(fetched(), 0, 'not here yet');
    await until('the menu', () => all(thread, '[role=menu]')[0]?.checkVisibility());
    const other = await built();
    other.own();
    all(other.thread, '[role=article]')[0]?.focus();
    press(all(other.thread, '[role=article]')[0], 'Enter');
    (await until('the item', () => all(other.thread, '[name=reply][role=menuitem]')[0])).click();
    await until('the reply', () => part(other.thread, 'context'));
  });

  it('sends what was entered while it was on its way, and leaves what is written on in the field', async () => {
    const { thread, field, enter, own } = await built();
    await enter('Is there parking?');
    await enter('And a cloakroom?');
    field.value = 'Tha';
    field.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true }));
    await until('both', () => own().includes('And a cloakroom?') && !textOf(thread).includes('Sending'));
    assert.deepEqual(own().slice(-2), ['Is there parking?', 'And a cloakroom?']);
    assert.equal(part(thread, 'input'), field, 'the same field');
    assert.equal(field.value, 'Tha');
  });

  it('is asked for again at the next intent where it failed: a sentence says so, the text stays', async () => {
    const { thread, field, enter, hint, own } = await built(`/flaky-${Date.now()}`, elsewhere);
    await enter('Hello?');
    await until('the sentence', () => hint() === "Part of the chat didn't load. Try again, or reload the page.");
    await until('the text', () => field.value === 'Hello?');
    press(field, 'Enter');
    await until('the message', () => own().includes('Hello?'));
    assert.notInclude(textOf(thread), "didn't load");
  });

  it('comes from the edge where it does not lie beside the first', async () => {
    const { thread } = await built('/alone');
    thread.dispatchEvent(new PointerEvent('pointerenter'));
    await until('the buttons', () => all(thread, '[name=reply]').length);
  });

  it('is not run where one byte of it is not of this build', async () => {
    const { thread, field, enter, hint, fetched } = await built('/other', elsewhere);
    await enter('Hello?');
    await until('the sentence', () => hint() === "Part of the chat didn't load. Try again, or reload the page.");
    await until('the text', () => field.value === 'Hello?');
    assert.isAbove(fetched(), 0);
    press(field, 'Enter');
    await until('the text again', () => field.value === 'Hello?');
    assert.equal(all(thread, '[name=reply]').length, 0);
  });
});

describe('a visitor who logs in on a page with chat.js', () => {
  it('takes along what he wrote, in place and without a reload', async () => {
    localStorage.clear();
    const frame = document.createElement('iframe');
    frame.style.cssText = 'width: 400px; height: 600px';
    frame.srcdoc = `<script type="module" src="${location.origin}/chat.js"></script>
      <chat-provider site="halden" edge="${edge}"><chat-thread></chat-thread></chat-provider>`;
    document.body.append(frame);
    const thread = await until('the element', () => frame.contentDocument?.querySelector('chat-thread'));
    const provider = thread.parentElement as HTMLElementTagNameMap['chat-provider'];
    const field = await until('the field', () => part(thread, 'input') as HTMLTextAreaElement);
    await until('the empty thread', () => textOf(thread).includes('No messages yet'));
    assert.equal(localStorage.length, 0);
    field.value = 'The shade has a crack.';
    field.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true }));
    await Promise.resolve();
    press(field, 'Enter');
    await until('the message', () => textOf(thread).includes('Sent'));
    assert.equal(localStorage.length, 1, 'the visitor is kept');
    const before = new Set<string>();
    thread.addEventListener('chat-message', () => before.add('told as news'));
    provider.getToken = () => fetch('/my-token/m_1').then((answer) => answer.json());
    await until('the claim', () => localStorage.length === 0);
    await until('the conversation', () => textOf(thread).includes('The shade has a crack.'));
    assert.equal(all(thread, '[part~=bubble-own]').length, 1, 'it is his');
    assert.equal(before.size, 0);
    // And it is nobody's who comes after him.
    provider.getToken = () => fetch('/my-token/m_2').then((answer) => answer.json());
    await until('another', () => textOf(thread).includes('No messages yet'));
    assert.notInclude(textOf(thread), 'crack');
  });
});

describe('chat.js as it is built', () => {
  it('is a whole chat by a script tag and an element: read, write, answer, edit, delete', async () => {
    const { thread, field } = await built();
    const write = async (text: string) => {
      field.value = text;
      field.dispatchEvent(new InputEvent('input'));
      const send = await until('the button', () => all(thread, '[part=send]:enabled')[0]);
      send.click();
    };
    const own = () => all(thread, '[part~=bubble-own] .t').map((text) => seen(text));
    thread.dispatchEvent(new PointerEvent('pointerenter'));
    (await until('the button', () => all(thread, '[name=reply]')[0])).click();
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
  for (const script of ['/src/chat-thread.ts', '/chat.js'])
    it(`needs no style, no image, no eval and no HTML from strings: ${script}`, async () => {
      const { edge: fake, direct, clientOf } = setUp();
      fake.post('m_2', direct, 'Look: `code` and https://example.com');
      const frame = document.createElement('iframe');
      frame.style.cssText = 'width: 400px; height: 500px';
      const { origin } = location;
      frame.srcdoc = `<!doctype html><meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src ${origin};
      connect-src ${origin}; require-trusted-types-for 'script'; trusted-types lit-html"><chat-thread></chat-thread>
      <script type="module" src="${origin}${script}"></script>`;
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
      thread.dispatchEvent(new PointerEvent('pointerenter'));
      (await until('the button', () => all(thread, '[name=menu]')[0])).click();
      await until('the menu', () => all(thread, '[role=menu]')[0]?.checkVisibility());
      assert.deepEqual(violations, []);
    });

  it('lets the second file in by the nonce that let the first one in', async () => {
    const frame = document.createElement('iframe');
    frame.style.cssText = 'width: 400px; height: 500px';
    const { origin } = location;
    frame.srcdoc = `<!doctype html><meta http-equiv="Content-Security-Policy" content="default-src 'none';
      script-src 'nonce-b3RoZXI'; connect-src ${origin}">
      <script type="module" nonce="b3RoZXI" src="${origin}/chat.js"></script>
      <chat-thread site="halden" room="lobby" edge="${edge}"></chat-thread>`;
    document.body.append(frame);
    const thread = await until('the element', () => frame.contentDocument?.querySelector('chat-thread'));
    await until('what only the second file shows', () => all(thread, '.t strong')[0]?.textContent === 'seven');
  });
});
