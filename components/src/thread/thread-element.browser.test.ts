import { sendKeys } from '@web/test-runner-commands';
import { assert } from 'chai';
import { all, assertAccessible, bubbles, part, seen, setUp, show, textOf, until } from '../../test/page.ts';

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
    assert.equal(edge.truth(direct).messages.at(-1)?.content, '9:12. Not **before** nine');
  });

  it('follows live: new messages, edits, deletions, receipts, typing', async () => {
    const { edge, direct, clientOf } = setUp();
    const mine = edge.post('m_1', direct, 'Mine');
    const client = clientOf('m_1');
    const thread = show({ thread: direct }, client);
    await until('the message', () => textOf(thread).includes('Sent'));
    await until('the live stream', () => client.open({ thread: direct }).view.connection.is === 'live');
    edge.typing('m_2', direct);
    await until('who types', () => textOf(thread).includes('Ben Okoro is typing'));
    const theirs = edge.post('m_2', direct, 'Theirs');
    await until('a new one', () => bubbles(thread).includes('Theirs'));
    await until('nobody types', () => !textOf(thread).includes('is typing'));
    edge.edit(theirs.id, 'Theirs, put right');
    await until('the edit', () => textOf(thread).includes('Edited') && bubbles(thread).includes('Theirs, put right'));
    edge.remove(theirs.id);
    await until('the tombstone', () => bubbles(thread).includes('Message deleted'));
    assert.notInclude(textOf(thread), 'put right');
    edge.read('m_2', direct, mine.seq);
    await until('the receipt', () => textOf(thread).includes('Read'));
  });

  it('names authors in a room and shows times alone', async () => {
    const { edge, clientOf } = setUp();
    const room = edge.makeRoom('lobby', { title: 'The lobby' });
    edge.join('m_3', room);
    edge.post('m_1', room, 'One');
    edge.post('m_1', room, 'Two');
    edge.post('m_3', room, 'Three');
    edge.post('m_2', room, 'Four');
    const thread = show({ room: 'lobby' }, clientOf('m_2'));
    await until('the messages', () => bubbles(thread).length === 4);
    assert.equal(part(thread, 'title')?.textContent, 'The lobby');
    const authors = all(thread, '[part=author] bdi').map(({ textContent }) => textContent);
    assert.deepEqual(authors, ['Ana Ferreira', 'Inês Duarte']);
    assert.equal(all(thread, '.m [part=avatar]').length, 2, 'an avatar per group of others');
    assert.include(textOf(thread), 'Team');
    assert.notInclude(textOf(thread), 'Sent');
  });

  it('says what the site has its own words for, and before them what the page has', async () => {
    const texts = {
      title: 'Halden & <b>sons</b>',
      greeting: 'Good morning',
      greetingText: 'We answer from 8 to 18.',
      placeholder: 'Ask us about lamps',
    };
    const { edge, direct, clientOf } = setUp({ says: { texts } });
    const thread = show({}, clientOf('')) as HTMLElementTagNameMap['chat-thread'];
    await until('the greeting', () => part(thread, 'empty'));
    assert.equal(seen(part(thread, 'empty')).replace(/\s+/g, ' ').trim(), 'Good morning We answer from 8 to 18.');
    assert.equal(part(thread, 'title')?.textContent, texts.title, 'as text');
    const field = part(thread, 'input') as HTMLTextAreaElement;
    assert.equal(field.placeholder, 'Ask us about lamps');
    assert.equal(field.ariaLabel, 'Ask us about lamps');
    assert.equal(edge.requests.filter(({ path }) => path === 'chat/session').length, 1, 'nobody asks twice');
    await assertAccessible(thread);
    thread.words = { placeholder: 'Write to Halden', greeting: 'Hello' };
    thread.heading = 'Service';
    await until('the page’s own', () => field.placeholder === 'Write to Halden');
    assert.equal(part(thread, 'title')?.textContent, 'Service');
    assert.include(textOf(thread), 'Hello');
    assert.include(textOf(thread), 'We answer from 8 to 18.', 'what the page left');
    const talk = show({ thread: direct }, clientOf('m_1'));
    await until('the thread', () => part(talk, 'title')?.textContent === 'Ben Okoro');
  });

  it('is an empty support thread without attributes, until the first message', async () => {
    const { edge, clientOf } = setUp();
    const thread = show({}, clientOf(''));
    await until('the empty state', () => textOf(thread).includes('No messages yet'));
    assert.isFalse(edge.requests.some(({ path }) => path === 'messages'));
    thread.focus();
    await sendKeys({ type: 'Is anybody there?' });
    await sendKeys({ press: 'Enter' });
    await until('the message', () => textOf(thread).includes('Sent'));
    assert.notInclude(textOf(thread), 'No messages yet');
  });

  it('says so when there is nothing for this reader, and leaves out the field', async () => {
    const { edge, clientOf } = setUp();
    const other = edge.makeDirect('m_2', 'm_3');
    const thread = show({ thread: other }, clientOf('m_1'));
    await until('the state', () =>
      textOf(thread).includes("This conversation doesn't exist, or you're not part of it."),
    );
    assert.isFalse(part(thread, 'input')?.checkVisibility());
    await assertAccessible(thread);
  });

  it('loads again after a failure', async () => {
    const { edge, direct, clientOf } = setUp();
    edge.post('m_2', direct, 'Hello');
    const client = clientOf('m_1');
    client.line.failNext(1, { status: 403, code: 'forbidden' }, 'snapshot');
    const faults: unknown[] = [];
    document.body.addEventListener('chat-error', (event) => faults.push((event as CustomEvent).detail.error), {
      once: true,
    });
    const thread = show({ thread: direct }, client);
    await until('the state', () => textOf(thread).includes("This conversation didn't load"));
    assert.equal((faults[0] as { code?: string })?.code, 'forbidden');
    await assertAccessible(thread);
    part(thread, 'error')?.querySelector('button')?.click();
    await until('the thread', () => bubbles(thread).includes('Hello'));
  });

  it('shows a skeleton after 300 ms, never before', async () => {
    const { edge, direct, clientOf } = setUp();
    edge.post('m_2', direct, 'Hello');
    const client = clientOf('m_1');
    client.line.slow(500);
    const began = performance.now();
    const thread = show({ thread: direct }, client);
    const skeleton = await until('the skeleton in the page', () => part(thread, 'skeleton'));
    const visible = () => skeleton.checkVisibility({ visibilityProperty: true });
    assert.isFalse(visible());
    await until('the skeleton on the screen', visible);
    assert.isAtLeast(performance.now() - began, 280);
    await until('the message', () => bubbles(thread).length);
    assert.isUndefined(part(thread, 'skeleton'));
  });

  it('says that a conversation is closed and that writing opens it', async () => {
    const { edge, clientOf } = setUp();
    const support = edge.makeSupport('m_1', 'm_3');
    edge.post('m_3', support, 'Bye');
    edge.updateThread(support, { status: 'closed' });
    const thread = show({}, clientOf('m_1'));
    await until('the line', () => textOf(thread).includes('Conversation closed · Write to open it again'));
  });

  it('puts a day between days', async () => {
    const now = Date.now();
    let at = now - 86_400_000;
    const { edge, direct, clientOf } = setUp({
      clock: {
        now: () => at,
        after: (ms, run) =>
          (
            (timer) => () =>
              clearTimeout(timer)
          )(setTimeout(run, ms)),
      },
    });
    edge.post('m_2', direct, 'One');
    at = now;
    edge.post('m_2', direct, 'Two');
    const thread = show({ thread: direct }, clientOf('m_1'));
    await until('the messages', () => bubbles(thread).length === 2);
    assert.deepEqual(
      all(thread, '[part=day]').map(({ textContent }) => textContent),
      ['Yesterday', 'Today'],
    );
  });

  it('moves with its attributes to another thread', async () => {
    const { edge, direct, clientOf } = setUp();
    const other = edge.makeDirect('m_1', 'm_3');
    edge.post('m_2', direct, 'From Ben');
    edge.post('m_3', other, 'From Inês');
    const thread = show({ thread: direct }, clientOf('m_1'));
    await until('the first', () => bubbles(thread).includes('From Ben'));
    thread.setAttribute('thread', other);
    await until('the second', () => bubbles(thread).join() === 'From Inês');
    assert.equal(part(thread, 'title')?.textContent, 'Inês Duarte');
  });

  it('lets go of its stream when it leaves the page, and comes back', async () => {
    const { edge, direct, clientOf } = setUp();
    edge.post('m_2', direct, 'Hello');
    const thread = show({ thread: direct }, clientOf('m_1'));
    await until('the stream', () => edge.streams === 1);
    thread.remove();
    await until('no stream', () => edge.streams === 0);
    edge.post('m_2', direct, 'Meanwhile');
    document.body.append(thread);
    await until('what was missed', () => bubbles(thread).includes('Meanwhile'));
    assert.deepEqual(bubbles(thread), ['Hello', 'Meanwhile']);
  });

  it('says after 2 s that it reconnects, not before, and for 2 s that it is back', async () => {
    const { edge, direct, clientOf } = setUp();
    edge.post('m_2', direct, 'Hello');
    const client = clientOf('m_1');
    const thread = show({ thread: direct }, client);
    const connection = () => client.open({ thread: direct }).view.connection.is;
    await until('the live stream', () => connection() === 'live');
    client.line.failNext(50, { status: 503, code: 'unavailable' }, 'sse');
    edge.restart();
    await until('the broken line', () => connection() === 'reconnecting');
    const began = performance.now();
    const banner = await until('the banner, waiting', () => part(thread, 'banner'));
    assert.equal(banner.offsetHeight, 0);
    await until('the banner', () => banner.offsetHeight === 36);
    assert.isAtLeast(performance.now() - began, 1900);
    assert.include(textOf(thread), 'Reconnecting…');
    await assertAccessible(thread);
    client.line.heal();
    await until('the good news', () => textOf(thread).includes('Back online'), 15_000);
    const back = performance.now();
    await until('the end of it', () => part(thread, 'banner')?.offsetHeight === 0);
    assert.isAtLeast(performance.now() - back, 1800);
  }).timeout(30_000);

  it('reads out what comes, never the history', async () => {
    const { edge, direct, clientOf } = setUp();
    edge.post('m_2', direct, 'Old');
    const client = clientOf('m_1');
    const thread = show({ thread: direct }, client);
    await until('the live stream', () => client.open({ thread: direct }).view.connection.is === 'live');
    const log = part(thread, 'log');
    assert.equal(log?.role, 'log');
    assert.equal(log?.ariaLive, 'off', 'a page of history would be read out as a whole');
    const said = () =>
      all(thread, '[role=status]')
        .map(({ textContent }) => textContent?.trim())
        .join('');
    assert.equal(said(), '');
    edge.post('m_2', direct, 'A **new** one');
    await until('the words', () => said() === 'Ben Okoro: A new one');
  });
});
