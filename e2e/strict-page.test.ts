/** Pages that trust nobody: the two lines under the strictest policies that a page can have, each without one violation. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { visitors } from './browser.ts';
import { house } from './house.ts';
import { speakAs } from './people.ts';
import { serveAsShop } from './shop.ts';
import { threadIn } from './thread.ts';

const stack = house();
const browser = visitors();

/** What stands at the shop's address meanwhile. */
let page: { headers: Record<string, string>; script: string };
serveAsShop(stack, (_, response) => {
  for (const [name, value] of Object.entries(page.headers)) response.setHeader(name, value);
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.end(
    `<!doctype html><title>Strict</title>${page.script}<chat-thread site="halden" room="lobby"></chat-thread>`,
  );
});

const edge = () => stack().demo.urls.edge;
const plain = () => `<script type="module" src="${edge()}/chat.js"></script>`;
const policy = () => `default-src 'none'; script-src ${edge()}; connect-src ${edge()}`;
const digest = async () => {
  const bytes = Buffer.from(await (await fetch(`${edge()}/chat.js`)).arrayBuffer());
  return `sha384-${createHash('sha384').update(bytes).digest('base64')}`;
};

const pages: Array<[string, () => Promise<typeof page>]> = [
  [
    'a policy of nothing but script and connection',
    async () => ({ headers: { 'Content-Security-Policy': policy() }, script: plain() }),
  ],
  [
    'Trusted Types',
    async () => ({
      headers: { 'Content-Security-Policy': `${policy()}; require-trusted-types-for 'script'` },
      script: plain(),
    }),
  ],
  [
    'a policy of one nonce',
    async () => ({
      headers: { 'Content-Security-Policy': `default-src 'none'; script-src 'nonce-b25jZQ'; connect-src ${edge()}` },
      script: `<script type="module" nonce="b25jZQ" src="${edge()}/chat.js"></script>`,
    }),
  ],
  [
    'cross-origin isolation',
    async () => ({
      headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
      script: plain(),
    }),
  ],
  [
    'subresource integrity',
    async () => ({
      headers: { 'Content-Security-Policy': policy() },
      script: `<script type="module" crossorigin integrity="${await digest()}" src="${edge()}/chat.js"></script>`,
    }),
  ],
];

test.each(pages)('under %s a message is sent and seen, and nothing is violated', async (name, make) => {
  page = await make();
  const visit = await browser.open(stack().demo.urls.host);
  const thread = threadIn(visit.page.locator('chat-thread'));
  const words = `Written under ${name}`;
  await thread.write(words);
  await thread.reads([words]);
  await thread.delivered();
  const agent = await speakAs(stack(), 'agent');
  await agent.send({ room: 'lobby', content: `Answered under ${name}` });
  await expect
    .poll(async () => (await thread.since(words)).length, { timeout: 30_000, message: 'the message and its answer' })
    .toBeGreaterThanOrEqual(2);
  expect(await visit.page.evaluate(() => crossOriginIsolated)).toBe(name === 'cross-origin isolation');
  expect(visit.faults).toEqual([]);
  expect(visit.dialogs).toEqual([]);
});

/** What the second file does first, beside what it did. */
const theft = 'document.title = "stolen"; ';

test.each(pages)(
  'under %s a second file that somebody has changed is not run, and the page is told',
  async (_, make) => {
    page = await make();
    const visit = await browser.open('about:blank');
    await visit.page.route(/\/chat-more\.js/, async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, body: theft + (await answer.text()) });
    });
    await visit.page.goto(stack().demo.urls.host);
    const thread = threadIn(visit.page.locator('chat-thread'));
    await thread.element.getByRole('textbox').waitFor();
    await thread.write('Is anybody there?');
    await thread.element.getByText("Part of the chat didn't load.").waitFor();
    expect(await thread.element.getByRole('textbox').inputValue(), 'what was written stays').toBe('Is anybody there?');
    expect(await visit.page.title()).toBe('Strict');
  },
);

test('another script than the one that the page named is not run', async () => {
  page = {
    headers: {},
    script: `<script type="module" crossorigin integrity="sha384-${'A'.repeat(64)}" src="${edge()}/chat.js"></script>`,
  };
  const { page: tab } = await browser.open(stack().demo.urls.host);
  await tab.waitForLoadState('load');
  expect(await tab.evaluate(() => customElements.get('chat-thread') === undefined)).toBe(true);
});
