import { sendKeys } from '@web/test-runner-commands';
import { assert } from 'chai';
import { all, assertAccessible, bubbles, focused, part, settled, setUp, show, textOf, until } from '../../test/page.ts';

async function opened() {
  const page = setUp();
  page.edge.post('m_2', page.direct, 'Hello');
  const client = page.clientOf('m_1');
  const thread = show({ thread: page.direct }, client);
  await until('the message', () => bubbles(thread).length);
  const field = part(thread, 'input') as HTMLTextAreaElement;
  const send = part(thread, 'send') as HTMLButtonElement;
  const write = (text: string) => {
    field.value = text;
    field.dispatchEvent(new InputEvent('input', { bubbles: true }));
    return settled();
  };
  return { ...page, client, thread, field, send, write };
}

const key = (field: HTMLElement, init: KeyboardEventInit) =>
  field.dispatchEvent(new KeyboardEvent('keydown', { bubbles: true, cancelable: true, composed: true, ...init }));

describe('the composer', () => {
  it('has a button with a name that works once there is something to send', async () => {
    const { field, send, write, thread } = await opened();
    assert.equal(send.ariaLabel, 'Send');
    assert.isTrue(send.disabled);
    await write('   \n ');
    assert.isTrue(send.disabled, 'white space is nothing');
    await write('Hi');
    assert.isFalse(send.disabled);
    send.click();
    await until('the message', () => bubbles(thread).includes('Hi'));
    assert.equal(field.value, '');
    assert.equal(focused(), field, 'goes on being written in');
  });

  it('makes a new line with Shift and Enter, and grows to six', async () => {
    const { field } = await opened();
    field.focus();
    const one = field.offsetHeight;
    for (let line = 0; line < 8; line += 1) {
      await sendKeys({ type: 'x' });
      await sendKeys({ down: 'Shift' });
      await sendKeys({ press: 'Enter' });
      await sendKeys({ up: 'Shift' });
    }
    assert.equal(field.value, 'x\n'.repeat(8));
    assert.equal(one, 36);
    assert.closeTo(field.offsetHeight, 36 + 5 * 22, 2);
    assert.isAbove(field.scrollHeight, field.clientHeight);
  });

  it('leaves Enter to an input method that composes', async () => {
    const { field, write, thread } = await opened();
    await write('にほん');
    key(field, { key: 'Enter', isComposing: true });
    key(field, { key: 'Enter', keyCode: 229 } as KeyboardEventInit);
    await settled();
    assert.equal(field.value, 'にほん');
    key(field, { key: 'Enter' });
    await until('the message', () => bubbles(thread).includes('にほん'));
  });

  it('counts the last 200 characters, and refuses what is over 4,000', async () => {
    const { field, send, write, thread, edge } = await opened();
    const hint = () => part(thread, 'hint');
    await write('x'.repeat(3799));
    assert.notInclude(hint()?.textContent ?? '', 'left');
    await write('x'.repeat(3880));
    assert.equal(hint()?.textContent, '120 characters left');
    await assertAccessible(thread);
    await write('x'.repeat(4001));
    assert.equal(hint()?.textContent, 'Over 4,000 characters. Shorten it, then send.');
    assert.isTrue(send.disabled);
    assert.equal(hint()?.ariaLive, 'polite');
    key(field, { key: 'Enter' });
    await settled();
    assert.isFalse(edge.requests.some(({ path, method }) => method === 'POST' && path === 'messages'));
    assert.equal(field.value.length, 4001, 'what was written stays');
    await assertAccessible(thread);
  });

  it('counts by what the site takes, where that is less', async () => {
    const { edge, direct, clientOf } = setUp({ says: { limits: { contentLength: 300 } } });
    const thread = show({ thread: direct }, clientOf('m_1'));
    const field = await until('the field', () => part(thread, 'input') as HTMLTextAreaElement);
    const write = (text: string) => {
      field.value = text;
      field.dispatchEvent(new InputEvent('input', { bubbles: true }));
      return settled();
    };
    await until('the thread', () => part(thread, 'title')?.textContent);
    await write('x'.repeat(280));
    assert.equal(part(thread, 'hint')?.textContent, '20 characters left');
    await write('x'.repeat(301));
    assert.equal(part(thread, 'hint')?.textContent, 'Over 300 characters. Shorten it, then send.');
    key(field, { key: 'Enter' });
    await settled();
    assert.isFalse(edge.requests.some(({ path, method }) => method === 'POST' && path === 'messages'));
  });

  it('counts down when the caller was too fast, and keeps what is being written', async () => {
    const { client, field, send, write, thread } = await opened();
    client.line.failNext(1, { status: 429, code: 'rate-limited', retryAfterS: 2 }, 'POST /api/messages');
    await write('One');
    send.click();
    await until('the countdown', () => textOf(thread).includes('A little slower, please. You can send again in 2 s.'));
    await write('And another thing');
    assert.isTrue(send.disabled);
    await assertAccessible(thread);
    await until('one less', () => textOf(thread).includes('again in 1 s.'));
    await until('the end of it', () => !send.disabled);
    assert.equal(field.value, 'And another thing');
    await until('the first', () => bubbles(thread).includes('One') && textOf(thread).includes('Sent'));
  });

  it('tells others that somebody types, and nobody of white space', async () => {
    const { edge, field, write } = await opened();
    const typed = () => edge.requests.filter(({ path }) => path.endsWith('/typing')).length;
    await write('  ');
    assert.equal(typed(), 0);
    field.focus();
    await sendKeys({ type: 'Hi there' });
    await until('the signal', typed);
    await settled();
    assert.equal(typed(), 1);
  });

  it('lets the page forbid a message, and tells it of each', async () => {
    const { field, write, thread } = await opened();
    const told: unknown[] = [];
    let forbid = true;
    const page = document.createElement('main');
    document.body.append(page);
    page.append(thread);
    await settled();
    page.addEventListener('chat-send', (event) => {
      told.push((event as CustomEvent).detail.content);
      assert.equal(event.target, thread, 'as the page knows it');
      if (forbid) event.preventDefault();
    });
    await write('Not this');
    key(field, { key: 'Enter' });
    await settled();
    assert.equal(field.value, 'Not this');
    forbid = false;
    key(field, { key: 'Enter' });
    await until('the message', () => bubbles(thread).includes('Not this'));
    assert.deepEqual(told, ['Not this', 'Not this']);
  });

  it('says in place why an edit was refused, and keeps it', async () => {
    const { edge, direct, client, thread, field } = await opened();
    edge.post('m_1', direct, 'Mine');
    await until('the message', () => bubbles(thread).includes('Mine'));
    client.line.failNext(1, { status: 403, code: 'window-closed' }, 'PATCH');
    all(thread, '[role=article]').at(-1)?.focus();
    await sendKeys({ press: 'e' });
    await until('the text', () => field.value === 'Mine');
    await sendKeys({ press: 'End' });
    await sendKeys({ type: ' too' });
    await sendKeys({ press: 'Enter' });
    await until('the reason', () => part(thread, 'hint')?.textContent?.includes('window-closed'));
    assert.equal(field.value, 'Mine too');
    assert.isDefined(part(thread, 'context'));
  });

  it('stands alone too, and answers what is chosen in a thread elsewhere on the page', async () => {
    const { direct, client, thread } = await opened();
    const alone = document.createElement('chat-composer');
    alone.client = client;
    alone.thread = direct;
    document.body.append(alone);
    const field = await until('the field', () => part(alone, 'input') as HTMLTextAreaElement);
    all(thread, '[name=reply]')[0]?.click();
    await until('the reply', () => part(alone, 'context'));
    field.value = 'From elsewhere';
    field.dispatchEvent(new InputEvent('input'));
    await settled();
    part(alone, 'send')?.click();
    await until('the answer', () => bubbles(thread).includes('From elsewhere') && part(thread, 'quote'));
    await assertAccessible(alone);
  });
});

describe('a room that the reader may not write in', () => {
  async function lobby(says: Parameters<typeof setUp>[0], attributes: Record<string, string> = {}) {
    const { edge, clientOf } = setUp(says);
    const room = edge.makeRoom('lobby', { title: 'The lobby' });
    edge.post('m_1', room, 'Doors open at seven.');
    const thread = show({ room: 'lobby', ...attributes }, clientOf(''));
    await until('the message', () => bubbles(thread).length);
    return { edge, thread, bar: () => part(thread, 'closed'), way: () => part(thread, 'sign-in') };
  }

  it('shows a guest so in the place of the field, and tells the page when he wants to sign in', async () => {
    const { thread, bar, way } = await lobby({ says: { rooms: 'read' } });
    await until('the bar', bar);
    assert.isFalse(part(thread, 'field')?.checkVisibility());
    assert.include(textOf(thread), 'Only members can write here.');
    assert.equal(bar()?.offsetHeight, 44);
    await assertAccessible(thread);
    const told: Event[] = [];
    document.body.addEventListener('chat-sign-in', (event) => told.push(event), { once: true });
    await sendKeys({ press: 'Tab' });
    way()?.focus();
    await sendKeys({ press: 'Enter' });
    assert.equal(told.length, 1);
    assert.equal(told[0]?.target, thread, 'as the page knows it');
  });

  it('leads to the page that the thread names', async () => {
    const { way, bar } = await lobby({ says: { rooms: 'read' } }, { 'sign-in': '/log-in?next=/chat' });
    await until('the bar', bar);
    assert.equal(way()?.tagName, 'A');
    assert.equal(way()?.getAttribute('href'), '/log-in?next=/chat');
    assert.equal(way()?.textContent, 'Sign in');
  });

  it('shows it to whom the refusal tells, keeps what he wrote, and gives the field back for it', async () => {
    const { thread, bar, way } = await lobby({ visitors: false });
    const field = part(thread, 'input') as HTMLTextAreaElement;
    assert.isTrue(field.checkVisibility());
    field.focus();
    await sendKeys({ type: 'May I?' });
    await sendKeys({ press: 'Enter' });
    await until('the bar', bar);
    assert.include(bubbles(thread), 'May I?');
    await settled();
    assert.equal(focused(), way(), 'the keyboard goes on where the field was');
    await assertAccessible(thread);
    all(thread, '[name=discard]')[0]?.click();
    await until('the field', () => field.checkVisibility());
    assert.notInclude(bubbles(thread), 'May I?');
  });
});
