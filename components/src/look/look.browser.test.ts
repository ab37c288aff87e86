import { emulateMedia, setViewport } from '@web/test-runner-commands';
import { assert } from 'chai';
import { all, assertAccessible, bubbles, part, settled, setUp, show, until } from '../../test/page.ts';

async function opened(attributes: Record<string, string> = {}) {
  const page = setUp();
  const { edge } = page;
  const room = edge.makeRoom('lobby', { title: 'The lobby' });
  edge.join('m_3', room);
  const first = edge.post('m_3', room, 'Look at `zone` and https://example.com/a, **please**.');
  edge.post('m_1', room, 'Yes, [here](https://example.com) it is', { replyTo: first.id });
  const gone = edge.post('m_3', room, 'x');
  edge.post('m_3', room, '🎉🙌');
  edge.remove(gone.id);
  const thread = show({ room: 'lobby', ...attributes }, page.clientOf('m_1'));
  await until('the messages', () => bubbles(thread).length === 4);
  await settled();
  return { ...page, thread };
}

const style = (element: Element | undefined) => getComputedStyle(element as Element);

describe('the look', () => {
  for (const theme of ['light', 'dark'])
    it(`has nothing that axe finds fault with in ${theme}`, async () => {
      document.documentElement.style.colorScheme = theme;
      document.body.style.background = 'Canvas';
      const { thread } = await opened();
      await assertAccessible(thread);
      thread.setAttribute('theme', theme === 'light' ? 'dark' : 'light');
      await settled();
      await assertAccessible(thread);
    });

  it('follows custom properties of any ancestor, and derives the rest from the accent', async () => {
    document.body.style.cssText = '--chat-accent: #a8431f; --chat-radius: 8px; --chat-surface: #fffaf2';
    const { thread } = await opened();
    assert.equal(style(thread).backgroundColor, 'rgb(255, 250, 242)');
    const own = all(thread, '[part~=bubble-own]')[0];
    assert.equal(style(own).borderTopLeftRadius, '8px');
    assert.match(style(own).backgroundColor, /^oklch\(0\.922 0\.034 38/);
    document.body.style.cssText = '';
  });

  it('has the geometry of the design', async () => {
    const { thread } = await opened();
    thread.style.width = '720px';
    await settled();
    const bubble = part(thread, 'bubble') as HTMLElement;
    assert.equal(bubble.offsetHeight, 40, 'one line');
    assert.equal(style(bubble).borderStartStartRadius, '4px');
    assert.equal(style(bubble).borderStartEndRadius, '16px');
    assert.equal(part(thread, 'header')?.offsetHeight, 64);
    assert.equal(part(thread, 'field')?.offsetHeight, 44);
    assert.equal(part(thread, 'send')?.offsetWidth, 36);
    assert.equal(all(thread, '.m [part=avatar]')[0]?.offsetWidth, 32);
    assert.equal(style(thread).fontSize, '15px');
  });

  it('turns round from right to left, the text in the bubbles by itself', async () => {
    document.documentElement.dir = 'rtl';
    const { thread } = await opened();
    const { left, right } = thread.getBoundingClientRect();
    const own = all(thread, '[part~=bubble-own]')[0]?.getBoundingClientRect();
    const other = part(thread, 'bubble')?.getBoundingClientRect();
    assert.isBelow((own?.left ?? 0) - left, 30);
    assert.isBelow(right - (other?.right ?? 0), 80);
    assert.equal(style(part(thread, 'bubble')?.querySelector('[dir=auto]') ?? undefined).direction, 'ltr');
  });

  it('fits into 320 px', async () => {
    await setViewport({ width: 320, height: 640 });
    document.body.style.margin = '0';
    const { thread } = await opened();
    assert.isAtMost(thread.getBoundingClientRect().right, 320);
    assert.isAtMost(document.documentElement.scrollWidth, 320);
    for (const element of all(thread, '[part]'))
      assert.isAtMost(element.getBoundingClientRect().right, 321, element.getAttribute('part') ?? '');
    document.body.style.margin = '';
    await setViewport({ width: 800, height: 800 });
  });

  it('stays legible in forced colours: a border where a ground was', async () => {
    await emulateMedia({ forcedColors: 'active' });
    const { thread } = await opened();
    assert.equal(style(all(thread, '[part~=bubble-own]')[0]).borderTopWidth, '2px');
    assert.notEqual(style(part(thread, 'bubble')).borderTopColor, 'rgba(0, 0, 0, 0)');
    await emulateMedia({ forcedColors: 'none' });
  });

  it('never opens what a message says as HTML, and links only where the web leads', async () => {
    const { edge, clientOf } = setUp();
    const room = edge.makeRoom('lobby');
    const evil = '<img src=x onerror=alert(1)> [x](javascript:alert(1)) **<b>bold</b>** https://example.com/a';
    edge.post('m_2', room, evil);
    const thread = show({ room: 'lobby' }, clientOf('m_1'));
    await until('the message', () => bubbles(thread).length);
    assert.equal(
      bubbles(thread)[0],
      '<img src=x onerror=alert(1)> [x](javascript:alert(1)) <b>bold</b> https://example.com/a',
    );
    assert.lengthOf(all(thread, '.b img, .b b'), 0);
    const links = all(thread, 'a');
    assert.lengthOf(links, 1);
    assert.equal(links[0]?.getAttribute('href'), 'https://example.com/a');
    assert.equal(links[0]?.getAttribute('rel'), 'noopener nofollow ugc');
    assert.equal(links[0]?.getAttribute('target'), '_blank');
  });
});
