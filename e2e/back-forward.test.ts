/** A page that Chromium keeps in its back/forward cache while its reader is elsewhere. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { visitors } from './browser.ts';
import { house } from './house.ts';
import { speakAs } from './people.ts';
import { serveAsShop } from './shop.ts';
import { patienceMs, threadIn } from './thread.ts';

const stack = house({ edge: 'node' });
const browser = visitors({ ignoreDefaultArgs: ['--disable-back-forward-cache'] });

serveAsShop(stack, ({ url }, response) => {
  response.setHeader('Content-Type', 'text/html');
  if (url === '/elsewhere') return response.end('<!doctype html><p>Elsewhere</p>');
  response.end(`<!doctype html><script>
addEventListener('pageshow', ({ persisted }) => { shown = persisted ? 'out of the cache' : 'anew'; });
</script>
<script type="module">
import { createClient } from '${stack().demo.urls.edge}/chat.js';
const thread = document.querySelector('chat-thread');
thread.client = createClient({
  edge: '${stack().demo.urls.edge}',
  site: 'halden',
  onFrame: ({ is }) => { if (is === 'attempt') attempts += 1; },
});
connection = () => thread.client.open({ room: 'lobby' }).view.connection;
</script>
<script>let shown, connection, attempts = 0;</script>
<chat-thread site="halden" room="lobby"></chat-thread>`);
});

/** Streams that the edge has open for this site's readers. */
async function readers(): Promise<number> {
  const { urls, edgeKey } = stack().demo;
  const answer = await fetch(`${urls.edge}/api/chat/metrics`, { headers: { 'X-Chat-Edge': edgeKey } });
  return Number(/^chat_hub_readers\{.*\} (\d+)/m.exec(await answer.text())?.[1]);
}

const untilReaders = (wanted: number) =>
  expect.poll(readers, { timeout: patienceMs, message: `the edge to have ${wanted} readers` }).toBe(wanted);

async function leave(page: Page): Promise<void> {
  await page.evaluate(() => {
    location.href = '/elsewhere';
  });
  await page.getByText('Elsewhere').waitFor({ timeout: patienceMs });
}

/** Back by the browser's own button; what the page says of how it was shown. */
async function back(page: Page): Promise<void> {
  await page.evaluate(() => history.back());
  await page.locator('chat-thread').waitFor({ timeout: patienceMs });
  const reasons = () =>
    page.evaluate(() =>
      JSON.stringify(performance.getEntriesByType('navigation')[0], ['notRestoredReasons', 'reason']),
    );
  expect(await page.evaluate('shown'), await reasons()).toBe('out of the cache');
}

test('[I8] holds no stream while it is there, and goes on at once with what was missed, its draft and one stream', async () => {
  const agent = await speakAs(stack(), 'agent');
  await agent.send({ room: 'lobby', content: 'Before' });
  const { page, faults } = await browser.open(stack().demo.urls.host);
  const thread = threadIn(page.locator('chat-thread'));
  const field = thread.element.getByRole('textbox', { name: 'Write a message' });
  await thread.reads(['Before']);
  await field.fill('Half a th');
  await untilReaders(1);

  const said = ['Before'];
  for (const text of ['While away', 'While away once more']) {
    const attempts = Number(await page.evaluate('attempts'));
    await leave(page);
    // Chromium drops a page from its cache that has a request under way for a minute.
    await untilReaders(0);
    await agent.send({ room: 'lobby', content: text });
    await back(page);
    said.push(text);
    await thread.reads(said);
    await expect
      .poll(() => page.evaluate('connection()'), { timeout: patienceMs, message: 'a live line' })
      .toEqual({ is: 'live' });
    expect(await page.evaluate('attempts')).toBe(attempts + 1);
    expect(await field.inputValue()).toBe('Half a th');
    await untilReaders(1);
  }

  await agent.send({ room: 'lobby', content: 'And live' });
  await thread.reads([...said, 'And live']);
  await field.fill('Half a thought, whole');
  await field.press('Enter');
  await thread.reads([...said, 'And live', 'Half a thought, whole']);
  expect(faults).toEqual([]);
});
