import { sendKeys } from '@web/test-runner-commands';
import { assert } from 'chai';
import { assertAccessible, bubbles, part, setUp, show, textOf, until } from '../../test/page.ts';

describe('a thread', () => {
  it('shows what was said and sends what is written', async () => {
    const { edge, direct, clientOf } = setUp();
    edge.post('m_2', direct, 'Train at 8:12 or 9:12?');
    const thread = show({ thread: direct }, clientOf('m_1'));
    await until('the message', () => bubbles(thread).length);
    assert.equal(part(thread, 'title')?.textContent, 'Ben Okoro');
    thread.focus();
    await sendKeys({ type: '9:12. Not **before** nine' });
    await sendKeys({ press: 'Enter' });
    await until('the answer', () => bubbles(thread).includes('9:12. Not before nine'));
    await until('the receipt', () => textOf(thread).includes('Sent'));
    await assertAccessible(thread);
  });
});
