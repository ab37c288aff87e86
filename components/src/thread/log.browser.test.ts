import { sendKeys } from '@web/test-runner-commands';
import { assert } from 'chai';
import { all, bubbles, part, settled, setUp, show, textOf, until } from '../../test/page.ts';

const distance = (log: HTMLElement) => log.scrollHeight - log.scrollTop - log.clientHeight;
const topOf = (thread: HTMLElement, text: string) =>
  all(thread, '[part~=bubble]')
    .find(({ textContent }) => textContent?.includes(text))
    ?.getBoundingClientRect().top ?? Number.NaN;

async function opened(messages = 40, height = 500) {
  const page = setUp();
  for (let index = 0; index < messages; index += 1) page.edge.post('m_2', page.direct, `Message ${index}.`);
  page.edge.read('m_1', page.direct, 1000);
  const client = page.clientOf('m_1');
  const thread = show({ thread: page.direct }, client, height);
  const log = await until('the log', () => bubbles(thread).length > 3 && part(thread, 'log'));
  await settled();
  return { ...page, client, thread, log };
}

describe('the place in a log', () => {
  it('opens at the end and follows what arrives', async () => {
    const { edge, direct, thread, log } = await opened();
    assert.isBelow(distance(log), 2);
    edge.post('m_2', direct, 'The newest\nof\nall');
    await until('the newest', () => bubbles(thread).some((text) => text.startsWith('The newest')));
    await settled();
    assert.isBelow(distance(log), 2);
    assert.isUndefined(part(thread, 'pill'));
  });

  it('never moves what is being read; a pill counts what came, and leads there', async () => {
    const { edge, direct, thread, log } = await opened();
    log.scrollTop -= 400;
    await settled();
    const reading = topOf(thread, 'Message 30.');
    edge.post('m_2', direct, 'New one');
    edge.post('m_2', direct, 'New two');
    await until('the pill', () => part(thread, 'pill')?.textContent?.includes('2 new messages'));
    assert.closeTo(topOf(thread, 'Message 30.'), reading, 1);
    part(thread, 'pill')?.click();
    await settled();
    assert.isBelow(distance(log), 2);
    await until('no pill', () => !part(thread, 'pill'));
  });

  it('keeps the place while older pages come in above', async () => {
    const { thread, log } = await opened(120);
    const first = bubbles(thread).length;
    assert.isBelow(first, 120);
    log.scrollTop = 300;
    const wanted = bubbles(thread)[6] ?? '';
    const reading = topOf(thread, wanted);
    await until('an older page', () => bubbles(thread).length > first);
    assert.closeTo(topOf(thread, wanted), reading, 1);
  });

  it('loads back to the beginning, and each message once', async () => {
    const { thread, log } = await opened(120);
    await until('all of them', () => {
      log.scrollTop = 0;
      return bubbles(thread).length === 120;
    });
    assert.deepEqual(
      bubbles(thread),
      Array.from({ length: 120 }, (_, index) => `Message ${index}.`),
    );
  });

  it('goes to the end with what the reader sends', async () => {
    const { thread, log } = await opened();
    log.scrollTop -= 600;
    await settled();
    thread.focus();
    await sendKeys({ type: 'Mine' });
    await sendKeys({ press: 'Enter' });
    await until('the message', () => bubbles(thread).includes('Mine'));
    await settled();
    assert.isBelow(distance(log), 2);
  });

  it('stays at the end while the field grows, and keeps the place elsewhere', async () => {
    const { thread, log } = await opened();
    thread.focus();
    for (let line = 0; line < 4; line += 1) {
      await sendKeys({ type: 'line' });
      await sendKeys({ down: 'Shift' });
      await sendKeys({ press: 'Enter' });
      await sendKeys({ up: 'Shift' });
    }
    await settled();
    assert.isBelow(distance(log), 2);
    log.scrollTop -= 400;
    await settled();
    const reading = topOf(thread, 'Message 28.');
    await sendKeys({ down: 'Shift' });
    await sendKeys({ press: 'Enter' });
    await sendKeys({ up: 'Shift' });
    await settled();
    assert.closeTo(topOf(thread, 'Message 28.'), reading, 1);
  });

  it('gives the banner its height from the top: no message moves', async () => {
    const { thread, log, client } = await opened();
    const last = topOf(thread, 'Message 39.');
    client.line.cut();
    await until('the banner', () => (part(thread, 'banner')?.getBoundingClientRect().height ?? 0) > 30, 9000);
    await settled();
    assert.closeTo(topOf(thread, 'Message 39.'), last, 1);
    log.scrollTop -= 300;
    await settled();
    const reading = topOf(thread, 'Message 30.');
    client.line.uncut();
    await until('the good news', () => part(thread, 'banner')?.textContent?.includes('Back online'), 9000);
    await until('the end of it', () => part(thread, 'banner')?.offsetHeight === 0);
    await settled();
    assert.closeTo(topOf(thread, 'Message 30.'), reading, 1);
  }).timeout(25_000);

  it('opens at what is new, with a line before it, and moves the receipt as it is seen', async () => {
    const { edge, direct, clientOf } = setUp();
    const read = edge.post('m_2', direct, 'Read before');
    for (let index = 0; index < 30; index += 1) edge.post('m_2', direct, `Unread ${index}`);
    edge.read('m_1', direct, read.seq);
    const thread = show({ thread: direct }, clientOf('m_1'), 500);
    const divider = await until('the line', () => part(thread, 'unread'));
    await settled();
    assert.equal(divider.textContent, '30 new messages');
    const log = part(thread, 'log') as HTMLElement;
    assert.isAtLeast(divider.getBoundingClientRect().top, log.getBoundingClientRect().top - 1);
    assert.isBelow(divider.getBoundingClientRect().top, log.getBoundingClientRect().top + 60);
    const receipts = () =>
      edge.requests.filter(({ path }) => path.endsWith('/read')).map(({ body }) => (body as { seq: number }).seq);
    const first = await until('a receipt', () => receipts().at(-1));
    assert.isBelow(first, edge.truth(direct).messages.at(-1)?.seq ?? 0);
    part(thread, 'pill')?.click();
    await until('the last receipt', () => receipts().at(-1) === edge.truth(direct).messages.at(-1)?.seq);
    assert.include(textOf(thread), '30 new messages', 'the line stays while the reader only reads');
  });
});
