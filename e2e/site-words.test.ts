/** What an owner sets for his site in the panel is what visitors of his pages see: words, the longest message, who may write. */
import { beforeAll, expect, test } from 'vitest';
import { visitors } from './browser.ts';
import { house } from './house.ts';
import { personOf } from './people.ts';
import { serveAsShop } from './shop.ts';
import { patienceMs } from './thread.ts';

const stack = house();
const browser = visitors();

/** What the page's element says of itself meanwhile. */
let attributes = '';
serveAsShop(stack, (_, response) => {
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.end(`<!doctype html><title>Shop</title><script type="module" src="${stack().demo.urls.edge}/chat.js"></script>
<chat-thread site="${stack().demo.site.key}" ${attributes}></chat-thread>`);
});
let owner: string;

async function json(method: string, url: string, body: object, authorization?: string): Promise<{ token: string }> {
  const response = await fetch(url, {
    method,
    headers: { 'Content-Type': 'application/json', ...(authorization ? { Authorization: authorization } : {}) },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return JSON.parse(text);
}
const set = (data: object) =>
  json('PATCH', `${stack().demo.urls.server}/api/sites/${stack().demo.site.key}`, data, owner);

beforeAll(async () => {
  const { email, password } = personOf(stack(), 'admin');
  owner = `JWT ${(await json('POST', `${stack().demo.urls.server}/api/users/login`, { email, password })).token}`;
});

test('its words stand in the thread of a new visitor, as text and without a request of their own', async () => {
  const texts = {
    title: 'Halden & <b>sons</b>',
    greeting: 'Good morning',
    greetingText: 'We answer from 8 to 18.',
    placeholder: 'Ask us about lamps',
  };
  await set({ texts, limits: { contentLength: 40 } });
  const visit = await browser.open('about:blank');
  const asked: string[] = [];
  visit.page.on('request', (request) => {
    if (request.method() === 'POST') asked.push(new URL(request.url()).pathname);
  });
  await visit.page.goto(stack().demo.urls.host);
  const thread = visit.page.locator('chat-thread');
  await thread.getByRole('heading', { name: texts.greeting }).waitFor({ timeout: patienceMs });
  await thread.getByText(texts.greetingText).waitFor();
  expect(await thread.locator('[part="title"]').textContent()).toBe(texts.title);
  const field = thread.getByRole('textbox', { name: texts.placeholder });
  expect(await field.getAttribute('placeholder')).toBe(texts.placeholder);
  expect(asked).toEqual(['/api/chat/session']);
  expect(await visit.page.evaluate(() => localStorage.length)).toBe(0);

  await field.fill('x'.repeat(41));
  await thread.getByText('Over 40 characters. Shorten it, then send.').waitFor();
  expect(await thread.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true);
  await field.fill('x'.repeat(40));
  await thread.getByText('0 characters left').waitFor();
  expect(visit.faults).toEqual([]);

  attributes = 'heading="The lamp desk"';
  await visit.page.reload();
  await thread.getByRole('heading', { name: 'The lamp desk' }).waitFor({ timeout: patienceMs });
});

test('who may read a room and not write in it is told so before he begins, and the page when he wants to sign in', async () => {
  await set({ visitors: false });
  attributes = 'room="lobby"';
  const { page, faults } = await browser.open(stack().demo.urls.host);
  const thread = page.locator('chat-thread');
  await thread.getByText('Only members can write here.').waitFor({ timeout: patienceMs });
  expect(await thread.getByRole('textbox').count()).toBe(0);
  const told = page.evaluate(
    () =>
      new Promise((resolve) =>
        document.addEventListener('chat-sign-in', ({ target }) => resolve((target as Element).localName)),
      ),
  );
  await thread.getByRole('button', { name: 'Sign in' }).click();
  expect(await told).toBe('chat-thread');
  expect(faults).toEqual([]);
});
