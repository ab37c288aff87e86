import { sendKeys, sendMouse } from '@web/test-runner-commands';
import { assert } from 'chai';
import {
  all,
  assertAccessible,
  bubbles,
  focused,
  part,
  seen,
  settled,
  setUp,
  show,
  textOf,
  until,
} from '../../test/page.ts';

async function opened() {
  const page = setUp();
  const theirs = page.edge.post('m_2', page.direct, 'What **order** is it?');
  const mine = page.edge.post('m_1', page.direct, 'HD-20417');
  const client = page.clientOf('m_1');
  const thread = show({ thread: page.direct }, client);
  await until('the messages', () => bubbles(thread).length === 2);
  const rows = () => all(thread, '[role=article]');
  const menu = () => all(thread, '[role=menu]').find((element) => element.checkVisibility());
  const items = () => all(thread, '[role=menuitem]').map((item) => item.querySelector('span')?.textContent);
  const field = part(thread, 'input') as HTMLTextAreaElement;
  return { ...page, theirs, mine, client, thread, rows, menu, items, field };
}

const press = (key: string) => sendKeys({ press: key });

async function middleOf(element: Element) {
  const { left, top, width, height } = element.getBoundingClientRect();
  return [Math.round(left + width / 2), Math.round(top + height / 2)] as [number, number];
}

describe('messages by keyboard', () => {
  it('are one stop of Tab, with arrows between them', async () => {
    const { rows, field } = await opened();
    field.focus();
    await sendKeys({ down: 'Shift' });
    await press('Tab');
    await sendKeys({ up: 'Shift' });
    assert.equal(focused(), rows()[1], 'the newest first');
    await press('ArrowUp');
    assert.equal(focused(), rows()[0]);
    await press('ArrowUp');
    assert.equal(focused(), rows()[0], 'nothing beyond the first');
    await press('End');
    assert.equal(focused(), rows()[1]);
    await press('Home');
    await settled();
    assert.deepEqual(
      rows().map(({ tabIndex }) => tabIndex),
      [0, -1],
    );
    await press('Tab');
    assert.equal(focused(), field);
  });

  it('say who wrote them, when, and what', async () => {
    const { rows, thread } = await opened();
    const [first] = rows();
    assert.match(first?.getAttribute('aria-label') ?? '', /^Ben Okoro, \d\d:\d\d$/);
    const described = thread.shadowRoot?.getElementById(first?.getAttribute('aria-describedby') ?? '');
    assert.equal(described?.textContent, 'What order is it?');
    assert.match(rows()[1]?.getAttribute('aria-label') ?? '', /^You, /);
  });

  it('open their menu with Enter, and Esc closes it and nothing else', async () => {
    const { rows, menu, items } = await opened();
    rows()[1]?.focus();
    let escaped = 0;
    document.body.addEventListener('keydown', () => (escaped += 1), { once: true });
    await press('Enter');
    await until('the menu', menu);
    assert.deepEqual(items(), ['Reply', 'Copy text', 'Edit', 'Delete']);
    assert.equal(focused()?.getAttribute('name'), 'reply');
    await press('ArrowDown');
    assert.equal(focused()?.getAttribute('name'), 'copy');
    await press('Escape');
    assert.isUndefined(menu());
    assert.equal(focused(), rows()[1]);
    assert.equal(escaped, 0, 'what the thread took does not reach the page');
  });

  it('of others can be answered and copied only', async () => {
    const { rows, menu, items } = await opened();
    rows()[0]?.focus();
    await press('Enter');
    await until('the menu', menu);
    assert.deepEqual(items(), ['Reply', 'Copy text']);
  });

  it('are answered with R in the menu: the field says to whom, the answer quotes', async () => {
    const { rows, menu, thread, field, edge, direct, theirs } = await opened();
    rows()[0]?.focus();
    await press('Enter');
    await until('the menu', menu);
    await press('r');
    await until('the field', () => focused() === field);
    assert.equal(seen(part(thread, 'context')?.querySelector('p')), 'Replying to Ben Okoro\nWhat order is it?');
    await sendKeys({ type: "It's HD-20417." });
    await assertAccessible(thread);
    await press('Enter');
    await until('the quote', () => part(thread, 'quote'));
    assert.equal(edge.truth(direct).messages.at(-1)?.replyTo, theirs.id);
    assert.isUndefined(part(thread, 'context'));
  });

  it('are edited with E; Esc gives back what was being written', async () => {
    const { rows, menu, thread, field, edge, direct } = await opened();
    field.focus();
    await sendKeys({ type: 'Half a thought' });
    rows()[1]?.focus();
    await press('Enter');
    await until('the menu', menu);
    await press('e');
    await until('the text', () => field.value === 'HD-20417' && focused() === field);
    await press('Escape');
    await until('the draft', () => field.value === 'Half a thought');
    rows()[1]?.focus();
    await press('e');
    await until('the text again', () => field.value === 'HD-20417' && focused() === field);
    await press('End');
    await sendKeys({ type: '-B' });
    await press('Enter');
    await until('the edit', () => bubbles(thread).includes('HD-20417-B'));
    await until('the draft', () => field.value === 'Half a thought');
    assert.equal(edge.truth(direct).messages[1]?.content, 'HD-20417-B');
  });

  it('are deleted from the menu, which leaves a tombstone', async () => {
    const { rows, menu, thread } = await opened();
    rows()[1]?.focus();
    await press('Enter');
    await until('the menu', menu);
    await press('End');
    await press('Enter');
    await until('the tombstone', () => bubbles(thread).includes('Message deleted'));
    rows()[1]?.focus();
    await press('Enter');
    await settled();
    assert.isUndefined(menu(), 'there is nothing to do with a tombstone');
  });
});

describe('messages by mouse and finger', () => {
  afterEach(() => sendMouse({ type: 'move', position: [0, 0] }));

  it('show a bar under the mouse, whose buttons have names', async () => {
    const { thread, rows, menu, field } = await opened();
    const [bar] = all(thread, '.bar');
    assert.equal(bar && getComputedStyle(bar).opacity, '0');
    await sendMouse({ type: 'move', position: await middleOf(rows()[0] as Element) });
    await until('the bar', () => bar && getComputedStyle(bar).opacity === '1');
    const [reply, more] = [...(bar?.querySelectorAll('button') ?? [])];
    assert.deepEqual([reply?.ariaLabel, more?.ariaLabel], ['Reply', 'More']);
    await sendMouse({ type: 'click', position: await middleOf(more as Element) });
    const open = await until('the menu', menu);
    await assertAccessible(thread);
    const { top, left, right, bottom } = open.getBoundingClientRect();
    assert.isTrue(top >= 0 && left >= 0 && right <= innerWidth && bottom <= innerHeight, 'all of it on the screen');
    await sendMouse({ type: 'click', position: [780, 300] });
    await until('no menu', () => !menu());
    await sendMouse({ type: 'move', position: await middleOf(rows()[0] as Element) });
    await sendMouse({ type: 'click', position: await middleOf(reply as Element) });
    await until('the field', () => focused() === field && part(thread, 'context'));
  });

  it('open their menu under a finger that rests, not under one that scrolls', async () => {
    const { rows, menu } = await opened();
    const bubble = rows()[0]?.querySelector('.b') as Element;
    const [clientX, clientY] = await middleOf(bubble);
    const touch = (type: string, more = {}) =>
      bubble.dispatchEvent(
        new PointerEvent(type, { pointerType: 'touch', bubbles: true, composed: true, clientX, clientY, ...more }),
      );
    touch('pointerdown');
    touch('pointermove', { clientY: clientY + 30 });
    touch('pointerdown');
    touch('pointerup');
    await new Promise((resolve) => setTimeout(resolve, 600));
    assert.isUndefined(menu());
    touch('pointerdown');
    touch('pointermove', { clientY: clientY + 2 });
    await until('the menu', menu);
    touch('pointerup');
    await settled();
    assert.isDefined(menu(), 'lifting the finger leaves it open');
  });

  it('lead from a quote to its original, however far above', async () => {
    const { edge, direct, clientOf } = setUp();
    const original = edge.post('m_2', direct, 'The very first');
    for (let index = 0; index < 110; index += 1) edge.post('m_2', direct, `Message ${index}`);
    edge.post('m_1', direct, 'Answer', { replyTo: original.id });
    edge.read('m_1', direct, 1000);
    const thread = show({ thread: direct }, clientOf('m_1'));
    const quote = await until('the quote', () => part(thread, 'quote'));
    assert.include(seen(quote), 'Earlier message');
    await settled();
    quote.click();
    await until('the original', () => focused()?.textContent?.includes('The very first'));
    const { top } = (focused() as Element).getBoundingClientRect();
    assert.isTrue(top > 0 && top < 600, 'on the screen');
    assert.include(seen(part(thread, 'quote')), 'The very first');
  });
});

describe('what is on its way', () => {
  it('stands there at once as pending, then as sent', async () => {
    const { thread, client, field } = await opened();
    client.line.slow(300);
    field.focus();
    await sendKeys({ type: 'On its way' });
    await press('Enter');
    await until(
      'the pending message',
      () => bubbles(thread).includes('On its way') && textOf(thread).includes('Sending'),
    );
    const row = all(thread, '[role=article]').at(-1);
    await until('the sent one', () => !textOf(thread).includes('Sending') && textOf(thread).includes('Sent'));
    assert.equal(all(thread, '[role=article]').at(-1), row, 'the same element from first to last');
  });

  it('can be sent again or forgotten when it failed', async () => {
    const { thread, client, field, edge, direct } = await opened();
    const fail = () => client.line.failNext(1, { status: 401, code: 'unauthorized' }, 'POST /api/messages');
    client.line.failNext(3, { status: 400, code: 'invalid' }, 'POST /api/messages');
    field.focus();
    await sendKeys({ type: 'Once more' });
    await press('Enter');
    await until('the failure', () => textOf(thread).includes('Delete') && all(thread, '[name=rewrite]')[0]);
    await assertAccessible(thread);
    all(thread, '[name=rewrite]')[0]?.click();
    await until('the text in the field', () => field.value === 'Once more' && !bubbles(thread).includes('Once more'));
    client.line.heal();
    await press('Enter');
    await until('the sent one', () => edge.truth(direct).messages.at(-1)?.content === 'Once more');
    assert.ok(fail);
  });

  it('says that it waits while the line is down, and goes out after', async () => {
    const { thread, client, field, edge, direct } = await opened();
    client.line.cut();
    await until('the banner', () => textOf(thread).includes("You're offline. Messages go out later."), 9000);
    field.focus();
    await sendKeys({ type: 'Thursday is fine.' });
    await press('Enter');
    await until('the waiting message', () => textOf(thread).includes('Waiting'));
    await assertAccessible(thread);
    edge.post('m_2', direct, 'Fair.');
    edge.post('m_2', direct, 'Two seats.');
    client.line.uncut();
    await until('the good news', () => textOf(thread).includes('Back online'), 9000);
    await until('the sent one', () => edge.truth(direct).messages.at(-1)?.content === 'Thursday is fine.');
    await until('a line before what was missed', () => part(thread, 'unread')?.textContent === '2 new messages');
    assert.deepEqual(bubbles(thread).slice(-3), ['Fair.', 'Two seats.', 'Thursday is fine.']);
  }).timeout(25_000);
});
