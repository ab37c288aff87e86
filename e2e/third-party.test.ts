/** Somebody else's page, on another origin, with the two pasted lines. */
import pg from 'pg';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { visitors } from './browser.ts';
import { house } from './house.ts';
import { speakAs } from './people.ts';
import { serveAsShop } from './shop.ts';
import { patienceMs, threadIn } from './thread.ts';

const stack = house();
const browser = visitors();

/** What stands in the database of a visitor: rows of people, threads, seats and messages. */
async function rows(): Promise<Record<string, number>> {
  const client = new pg.Client({ connectionString: stack().databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query(`select (select count(*)::int from chat_users) as people,
      (select count(*)::int from threads) as threads, (select count(*)::int from participants) as seats,
      (select count(*)::int from messages) as messages`);
    return rows[0];
  } finally {
    await client.end();
  }
}

const kept = (page: Page) => page.evaluate(() => ({ ...localStorage }));

describe('a visitor on the shop’s page', () => {
  test('nothing is stored and no row is made before the first send; then an agent answers, and a reload goes on', async () => {
    const before = await rows();
    const { page, faults } = await browser.open(stack().demo.urls.host);
    const support = threadIn(page.locator('.product chat-thread'));
    await support.element.getByText('No messages yet').waitFor({ timeout: patienceMs });
    expect(await kept(page)).toEqual({});
    expect(await rows()).toEqual(before);

    await support.write('The shade has a crack.');
    await support.reads(['The shade has a crack.']);
    const agent = await speakAs(stack(), 'agent');
    const newest = async () => {
      const { docs } = (await agent.get('/api/chat/threads')) as {
        docs: Array<{ thread: { id: string }; lastMessage: { content: string } | null }>;
      };
      return docs.find(({ lastMessage }) => lastMessage?.content === 'The shade has a crack.')?.thread.id;
    };
    await expect.poll(newest, { timeout: patienceMs, message: 'the thread in the agent’s list' }).toBeTruthy();
    expect(await rows()).toMatchObject({ people: (before.people ?? 0) + 1, threads: (before.threads ?? 0) + 1 });
    expect(Object.keys(await kept(page))).toHaveLength(1);

    await agent.send({ thread: await newest(), content: 'A new one leaves tonight.' });
    await support.reads(['The shade has a crack.', 'A new one leaves tonight.']);
    await page.reload();
    await support.reads(['The shade has a crack.', 'A new one leaves tonight.']);
    expect(faults).toEqual([]);
  });

  test('another visitor sees nothing of it', async () => {
    const { page } = await browser.open(stack().demo.urls.host);
    const support = threadIn(page.locator('.product chat-thread'));
    await support.element.getByText('No messages yet').waitFor({ timeout: patienceMs });
    expect(await support.texts()).toEqual([]);
  });
});

describe('a public room by two lines', () => {
  /** What stands at the shop's address meanwhile: nothing but the two lines, under the shop's own policy. */
  let attributes = 'room="lobby"';
  let policy: string;
  // While it is the demo’s own that answers there.
  beforeAll(async () => {
    policy = (await fetch(stack().demo.urls.host)).headers.get('Content-Security-Policy') ?? '';
  });
  serveAsShop(stack, (_, response) => {
    response.setHeader('Content-Type', 'text/html').setHeader('Content-Security-Policy', policy);
    response.end(`<!doctype html><script type="module" src="${stack().demo.urls.edge}/chat.js"></script>
<chat-thread site="halden" ${attributes}></chat-thread>`);
  });

  test('is read as a guest, and the first send makes a visitor whom everybody reads', async () => {
    const agent = await speakAs(stack(), 'agent');
    await agent.send({ room: 'lobby', content: 'Who has an Ørje at home?' });
    const before = await rows();
    const one = await browser.open(stack().demo.urls.host);
    const two = await browser.open(stack().demo.urls.host);
    const [first, second] = [one, two].map(({ page }) => threadIn(page.locator('chat-thread')));
    await first?.reads(['Who has an Ørje at home?']);
    await second?.reads(['Who has an Ørje at home?']);
    expect(await kept(one.page)).toEqual({});
    expect(await rows()).toEqual(before);

    await first?.write('I do, in rust.');
    await second?.reads(['Who has an Ørje at home?', 'I do, in rust.']);
    expect(await rows()).toMatchObject({ people: (before.people ?? 0) + 1, threads: before.threads });
    expect(await kept(two.page)).toEqual({});
    await agent.send({ room: 'lobby', content: 'A good colour.' });
    for (const thread of [first, second])
      await thread?.reads(['Who has an Ørje at home?', 'I do, in rust.', 'A good colour.']);
    expect([...one.faults, ...two.faults]).toEqual([]);
  });

  test('an unknown room and somebody else’s thread are told apart by nothing', async () => {
    for (const strange of ['room="no-such-room"', `thread="${stack().demo.threads.direct}"`]) {
      attributes = strange;
      const { page } = await browser.open(stack().demo.urls.host);
      await page.locator('chat-thread').getByText('Nothing to see here').waitFor({ timeout: patienceMs });
      expect(await threadIn(page.locator('chat-thread')).texts()).toEqual([]);
    }
  });
});
