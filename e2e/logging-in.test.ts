/** A visitor who logs in on somebody else's page: the elements take his conversation along, by either edge. */
import type { BrowserContext, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { visitors } from './browser.ts';
import { house } from './house.ts';
import { personOf, speakAs } from './people.ts';
import { serveAsShop } from './shop.ts';
import { patienceMs, threadIn } from './thread.ts';

describe.each(['worker', 'node'] as const)('by the %s edge', (edge) => {
  const stack = house({ edge });
  const browser = visitors();

  /** The shop's page. Whoever is logged in at the shop has a login in the tab's memory from the start. */
  serveAsShop(stack, (_, response) => {
    const { urls, site } = stack().demo;
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(`<!doctype html><title>Shop</title><script type="module" src="${urls.edge}/chat.js"></script>
<chat-provider site="${site.key}"><chat-thread></chat-thread></chat-provider>
<script>
  function logIn(login) {
    sessionStorage.login = login;
    const headers = { 'Content-Type': 'application/json', Authorization: 'JWT ' + login };
    const asked = { method: 'POST', headers, body: '{"site":"${site.key}"}' };
    document.querySelector('chat-provider').getToken = () => fetch('${urls.edge}/api/chat/session', asked).then((answer) => answer.json());
  }
  if (sessionStorage.login) logIn(sessionStorage.login);
</script>`);
  });

  async function loginOf(kind: string, index = 0): Promise<string> {
    const { email, password } = personOf(stack(), kind, index);
    const response = await fetch(`${stack().demo.urls.server}/api/users/login`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ email, password }),
    });
    return ((await response.json()) as { token: string }).token;
  }

  const logIn = (page: Page, login: string) =>
    page.evaluate((given) => (window as unknown as { logIn(login: string): void }).logIn(given), login);
  const kept = (page: Page) => page.evaluate(() => Object.keys(localStorage).length);
  const own = (page: Page) => page.locator('[part~="bubble-own"]').count();
  const anotherTab = async (context: BrowserContext) => {
    const page = await context.newPage();
    await page.goto(stack().demo.urls.host);
    return page;
  };

  /** A visitor who has written, and whom an agent has answered. */
  async function visit(words: string) {
    const visit = await browser.open(stack().demo.urls.host);
    const thread = threadIn(visit.page.locator('chat-thread'));
    await thread.element.getByText('No messages yet').waitFor({ timeout: patienceMs });
    expect(await kept(visit.page)).toBe(0);
    await thread.write(words);
    await thread.reads([words]);
    await thread.delivered();
    expect(await kept(visit.page)).toBe(1);
    const agent = await speakAs(stack(), 'agent');
    const list = (await agent.get('/api/chat/threads')) as {
      docs: Array<{ thread: { id: string }; lastMessage: { content: string } | null }>;
    };
    const id = list.docs.find(({ lastMessage }) => lastMessage?.content === words)?.thread.id ?? '';
    await agent.send({ thread: id, content: `Answer to: ${words}` });
    await thread.reads([words, `Answer to: ${words}`]);
    return { ...visit, thread, id, agent, texts: [words, `Answer to: ${words}`] };
  }

  test('what he wrote is his, in place, for himself and for the agent; another after him sees nothing of it', async () => {
    const { page, thread, id, agent, texts, faults } = await visit('Where is my lamp?');
    const claims: number[] = [];
    page.on('response', (answer) => {
      if (answer.url().endsWith('/api/chat/claim') && answer.request().method() === 'POST')
        claims.push(answer.status());
    });
    const member = await speakAs(stack(), 'member', 1);
    await logIn(page, await loginOf('member', 1));
    await expect.poll(() => kept(page), { timeout: patienceMs, message: 'the handle to be forgotten' }).toBe(0);
    await thread.reads(texts);
    expect(await own(page)).toBe(1);
    expect((await agent.messages(id))[0]).toMatchObject({ sender: { id: member.id } });
    await thread.write('It has come.');
    await thread.reads([...texts, 'It has come.']);
    await thread.delivered();
    await page.reload();
    await thread.reads([...texts, 'It has come.']);
    expect(claims).toEqual([200]);

    await logIn(page, await loginOf('member', 0));
    await thread.element.getByText('Where is my lamp?').waitFor({ state: 'detached', timeout: patienceMs });
    for (const text of [...texts, 'It has come.']) expect(await thread.texts()).not.toContain(text);
    expect(faults).toEqual([]);
  });

  test('two tabs that log in at once both show it', async () => {
    const { page, thread, texts, faults } = await visit('Is the blue one in stock?');
    const other = await anotherTab(page.context());
    await threadIn(other.locator('chat-thread')).reads(texts);
    const login = await loginOf('member', 1);
    await Promise.all([logIn(page, login), logIn(other, login)]);
    for (const each of [thread, threadIn(other.locator('chat-thread'))]) {
      await each.reads(texts);
      await expect.poll(() => own(each.element.page()), { timeout: patienceMs, message: 'his message' }).toBe(1);
    }
    expect(await kept(page)).toBe(0);
    expect(faults).toEqual([]);
  });

  test('where the claim finds no edge it is made again, and what comes late is shown without a reload', async () => {
    const { page, thread, texts } = await visit('Do you deliver on Sundays?');
    let refused = 0;
    await page.route('**/api/chat/claim', async (route) => {
      refused += 1;
      if (refused > 3) await route.continue();
      else await route.abort('connectionrefused');
    });
    await logIn(page, await loginOf('member', 0));
    await expect.poll(() => kept(page), { timeout: patienceMs, message: 'the handle to be forgotten' }).toBe(0);
    await thread.reads(texts);
    expect(refused).toBe(4);
  });
});
