import { describe, expect, test } from 'vitest';
import { setUp, textsOf } from '../../test/harness.ts';

async function direct() {
  const site = setUp();
  const thread = site.edge.makeDirect('m_1', 'm_2');
  const ana = site.browser({ user: 'm_1' });
  const shown = ana.look({ thread });
  await site.flow();
  site.asked();
  return { ...site, ...shown, thread, ana, line: ana.line };
}

describe('sending', () => {
  test('[I2] a message stands there at once as pending, then as sent, and never twice or not at all', async () => {
    const { store, views, flow, texts } = await direct();
    store.send('Hello', { replyTo: 'm9' });
    expect(store.view.messages[0]).toMatchObject({
      content: 'Hello',
      own: true,
      seq: 0,
      replyTo: 'm9',
      sender: { id: 'm_1' },
      delivery: { is: 'pending' },
    });
    views.length = 0;
    await flow();
    expect(texts()).toEqual(['Hello']);
    expect(store.view.messages[0]?.seq).toBeGreaterThan(0);
    for (const view of views) expect(textsOf(view)).toHaveLength(1);
  });

  test('the echo may come before the answer', async () => {
    const { edge, store, views, flow, thread, line } = await direct();
    line.slow(200);
    store.send('Hello');
    await flow(250); // The edge has it, its answer is on the way back; the stream is not slowed.
    expect(textsOf(store.view)).toEqual(['Hello']);
    await flow(500);
    expect(store.view.messages).toEqual([expect.objectContaining({ id: edge.truth(thread).messages[0]?.id })]);
    for (const view of views) expect(view.messages.length).toBeLessThan(2);
  });

  test('messages go out one at a time in the order of writing', async () => {
    const { edge, store, flow, thread, texts, line } = await direct();
    let ms = 300;
    line.slow(() => {
      ms -= 20; // Each is faster than the one before: in parallel they would overtake.
      return Math.max(0, ms);
    });
    const written = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12'];
    for (const text of written) store.send(text);
    expect(texts()).toEqual(written.map((text) => `${text} (pending)`));
    await flow(6000);
    expect(texts()).toEqual(written);
    expect(edge.truth(thread).messages.map(({ content }) => content)).toEqual(written);
  });

  test('[I2] what breaks on the way is sent again under the same localId', async () => {
    const { edge, store, flow, thread, texts, line } = await direct();
    line.failNext(1, 'unheard', 'POST /api/messages');
    line.failNext(1, 'unanswered', 'POST /api/messages');
    line.failNext(1, { status: 503, code: 'not-stored' }, 'POST /api/messages');
    line.failNext(1, { status: 502, code: '?' }, 'POST /api/messages');
    store.send('Hello');
    await flow(20_000);
    expect(texts()).toEqual(['Hello']);
    expect(edge.truth(thread).messages).toHaveLength(1);
  });

  test('a refusal is shown with its reason, and the next message goes out', async () => {
    const { edge, store, flow, texts, line, thread } = await direct();
    line.failNext(1, { status: 413, code: 'too-large' }, 'POST /api/messages');
    store.send('Long');
    store.send('Short');
    await flow();
    expect(texts()).toEqual(['Short', 'Long (failed)']);
    const failed = store.view.messages[1];
    expect(failed?.delivery).toMatchObject({ is: 'failed', error: { code: 'too-large' } });
    store.retry(failed?.localId ?? '');
    expect(texts()).toEqual(['Short', 'Long (pending)']);
    await flow();
    expect(texts()).toEqual(['Short', 'Long']);
    expect(edge.truth(thread).messages.at(-1)?.localId).toBe(failed?.localId);
  });

  test('a failed message is forgotten on demand, another is not', async () => {
    const { store, flow, texts, line } = await direct();
    line.failNext(1, { status: 400, code: 'invalid' }, 'POST /api/messages');
    store.send('Bad');
    await flow();
    store.send('Good');
    const [bad, good] = store.view.messages;
    store.discard(good?.localId ?? '');
    store.discard(bad?.localId ?? '');
    expect(texts()).toEqual(['Good (pending)']);
    await flow();
    expect(texts()).toEqual(['Good']);
  });

  test('429 says when the next may go out, and nothing goes out before', async () => {
    const { clock, edge, store, flow, texts, line, ana, thread } = await direct();
    line.failNext(1, { status: 429, code: 'rate-limited', retryAfterS: 8 }, 'POST /api/messages');
    store.send('One');
    const atMs = clock.now();
    await flow();
    expect(store.view.sendAgainAtMs).toBeGreaterThanOrEqual(atMs + 8000);
    expect(store.view.sendAgainAtMs).toBeLessThan(atMs + 8200);
    store.send('Two');
    ana.events.dispatchEvent(new Event('online'));
    await flow(7500);
    expect(edge.truth(thread).messages).toEqual([]);
    expect(texts()).toEqual(['One (pending)', 'Two (pending)']);
    await flow(1000);
    expect(texts()).toEqual(['One', 'Two']);
    expect(store.view.sendAgainAtMs).toBeNull();
  });

  test('what was written goes out although its element has left', async () => {
    const { edge, store, flow, thread, leave, line } = await direct();
    line.slow(100);
    store.send('One');
    store.send('Two');
    leave();
    await flow(2000);
    expect(edge.truth(thread).messages.map(({ content }) => content)).toEqual(['One', 'Two']);
    expect(edge.streams).toBe(0);
  });

  test('a foreign message with the same localId takes nothing away', async () => {
    const { edge, store, flow, thread, texts, line } = await direct();
    line.failNext(1, { status: 503 }, 'POST /api/messages');
    store.send('Mine');
    const localId = store.view.messages[0]?.localId ?? '';
    edge.post('m_2', thread, 'Not yours', { localId });
    await flow();
    expect(texts()).toEqual(['Not yours', 'Mine (pending)']);
    await flow(5000);
    expect(texts()).toEqual(['Not yours', 'Mine']);
  });

  test('a message erased right after its echo stays away when the answer comes late', async () => {
    const { edge, store, flow, thread, line, texts } = await direct();
    line.slow(300);
    store.send('Gone');
    await flow(400);
    edge.erase(edge.truth(thread).messages[0]?.id ?? '');
    await flow(1000);
    expect(texts()).toEqual([]);
  });
});

describe('editing and removing', () => {
  test('an edit and a removal are shown by their answer, before any event', async () => {
    const { store, flow, texts } = await direct();
    store.send('Helo');
    await flow();
    const id = store.view.messages[0]?.id ?? '';
    const edited = store.edit(id, 'Hello');
    await flow();
    await edited;
    expect(texts()).toEqual(['Hello']);
    const removed = store.remove(id);
    await flow();
    await removed;
    expect(store.view.messages[0]).toMatchObject({ content: '', deletedAt: expect.any(String) });
  });

  test('a refused edit rejects and leaves the text as it was', async () => {
    const { edge, store, flow, texts, thread } = await direct();
    const { id } = edge.post('m_2', thread, 'Yours');
    await flow();
    const edited = expect(store.edit(id, 'Mine now')).rejects.toMatchObject({ code: 'forbidden' });
    await flow();
    await edited;
    expect(texts()).toEqual(['Yours']);
  });
});

describe('what the caller tells in passing', () => {
  test('typing goes out at most once in 3 s', async () => {
    const { store, flow, asked } = await direct();
    for (let index = 0; index < 10; index += 1) {
      store.typing();
      await flow(400);
    }
    expect(asked()).toEqual(['POST chat/threads/t1/typing', 'POST chat/threads/t1/typing']);
  });

  test('reading moves the receipt forward, once for what gathers, over messages of others', async () => {
    const { edge, store, flow, asked, thread } = await direct();
    const seqs = ['One', 'Two', 'Three'].map((text) => edge.post('m_2', thread, text).seq);
    const own = edge.post('m_1', thread, 'Mine').seq;
    await flow();
    for (const seq of seqs) store.read(seq);
    store.read(own);
    store.read(1);
    await flow(1000);
    expect(edge.requests).toHaveLength(1);
    expect(edge.requests[0]?.body).toEqual({ seq: seqs[2] });
    expect(asked()).toEqual([`POST chat/threads/${thread}/read`]);
    store.read(own);
    await flow(1000);
    expect(asked()).toEqual([]);
    expect(edge.truth(thread, 'm_1').me?.readSeq).toBe(seqs[2]);
  });

  test('a receipt goes out although the element left, and again where it broke', async () => {
    const { edge, store, flow, leave, thread, line } = await direct();
    const { seq } = edge.post('m_2', thread, 'One');
    await flow();
    line.failNext(1, 'unheard', 'read');
    store.read(seq);
    leave();
    await flow(5000);
    expect(edge.truth(thread, 'm_1').me?.readSeq).toBe(seq);
  });

  test('what is new after the opening stays marked while it is read', async () => {
    const { edge, flow, browser, thread } = await direct();
    const { seq } = edge.post('m_1', thread, 'Unread');
    const { store } = browser({ user: 'm_2' }).look({ thread });
    await flow();
    expect(store.view.newAfter).toBe(0);
    store.read(seq);
    await flow(1000);
    expect(edge.truth(thread, 'm_2').me?.readSeq).toBe(seq);
    expect(store.view.newAfter).toBe(0);
  });
});
