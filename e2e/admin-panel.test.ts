/** The owner opens Payload's panel and finds the same messages, threads and people. */
import { expect, test } from 'vitest';
import { type Visit, visitors } from './browser.ts';
import { house } from './house.ts';
import { personOf, speakAs } from './people.ts';
import { patienceMs } from './thread.ts';

const stack = house();
const browser = visitors();

/** With LOOK_AT a picture of the page in both themes. */
async function look(page: Visit['page'], name: string): Promise<void> {
  const folder = process.env.LOOK_AT;
  if (!folder) return;
  for (const theme of ['light', 'dark']) {
    await page.evaluate((value) => document.documentElement.setAttribute('data-theme', value), theme);
    await page.screenshot({ path: `${folder}/${name}-${theme}.png`, fullPage: true });
  }
}

async function logIn(kind: string): Promise<Visit> {
  const { email, password } = personOf(stack(), kind);
  const visit = await browser.open(stack().demo.urls.admin);
  await visit.page.locator('#field-email').fill(email, { timeout: patienceMs });
  await visit.page.locator('#field-password').fill(password);
  await visit.page.getByRole('button', { name: 'Login' }).click();
  return visit;
}

test('the admin finds what was written in the chat, the threads and the people', async () => {
  const ana = await speakAs(stack(), 'member');
  await ana.send({ thread: stack().demo.threads.direct, content: 'Seen by the owner too' });
  const { page } = await logIn('admin');
  const { admin } = stack().demo.urls;
  await page.locator('.dashboard').waitFor({ timeout: patienceMs });
  await page.goto(`${admin}/collections/messages`);
  await page.getByText('Seen by the owner too').first().waitFor({ timeout: patienceMs });
  await page.goto(`${admin}/collections/chat-users`);
  await page.getByText('Ana Ferreira').first().waitFor({ timeout: patienceMs });
  await page.goto(`${admin}/collections/threads`);
  for (const kind of ['direct', 'support', 'room']) {
    await page.locator('.table').getByText(kind, { exact: false }).first().waitFor({ timeout: patienceMs });
  }
});

test('a site’s page prints the snippet, copies it, and says whether it was seen alive', async () => {
  const { site, urls } = stack().demo;
  const { page, faults } = await logIn('admin');
  await page.locator('.dashboard').waitFor({ timeout: patienceMs });
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  const open = async () => {
    await page.goto(`${urls.admin}/collections/sites/${site.key}`);
    const embed = page.getByRole('region', { name: 'Paste this into your pages' });
    await embed.waitFor({ timeout: patienceMs });
    return embed;
  };
  const snippet = `<script type="module" src="${urls.edge}/chat.js"></script>\n<chat-thread site="${site.key}"></chat-thread>`;
  expect(await (await open()).locator('pre').textContent()).toBe(snippet);
  await page.getByRole('button', { name: 'Copy' }).first().click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(snippet);

  const ask = (origin: string) =>
    fetch(`${urls.edge}/api/chat/session`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Origin: origin },
      body: JSON.stringify({ site: site.key }),
    });
  expect((await ask(urls.demo)).status).toBe(200);
  expect((await ask('https://not-listed.example')).status).toBe(403);
  await expect.poll(async () => (await open()).textContent(), { timeout: patienceMs }).toContain('Seen alive: ');
  const told = await (await open()).textContent();
  expect(told).toContain('https://not-listed.example asked');
  await look(page, 'site');
  expect(faults).toEqual([]);
});

test('an owner writes his site’s words and limits on their tabs, and is told in a sentence what can’t be', async () => {
  const { site, urls } = stack().demo;
  const { page } = await logIn('admin');
  await page.locator('.dashboard').waitFor({ timeout: patienceMs });
  await page.goto(`${urls.admin}/collections/sites/${site.key}`);
  const tab = async (name: string) => {
    const button = page.getByRole('button', { name, exact: true });
    await button.waitFor({ timeout: patienceMs });
    // The form's own script may not have come yet.
    await expect
      .poll(
        async () => {
          await button.click();
          return button.getAttribute('class');
        },
        { timeout: patienceMs },
      )
      .toContain('--active');
  };
  const save = () => page.getByRole('button', { name: 'Save', exact: true }).click();
  await tab('People');
  await look(page, 'site-people');
  await tab('Texts');
  await page.locator('[name="texts.title"]').fill('Halden Help');
  await page.locator('[name="texts.greetingText"]').fill('We answer\nwithin an hour.');
  await look(page, 'site-texts');
  await tab('Messages and limits');
  await page.locator('[name="limits.contentLength"]').fill('5');
  await save();
  const sentence = 'A whole number from 20 to 4,000, or nothing for the server’s own.';
  await page.getByText(sentence).first().waitFor({ timeout: patienceMs });
  await look(page, 'site-limits');
  await page.locator('[name="limits.contentLength"]').fill('500');
  await tab('Keys');
  await look(page, 'site-keys');
  await save();
  const said = async () => {
    const asked = await fetch(`${urls.edge}/api/chat/session`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ site: site.key }),
    });
    const { texts, limits } = (await asked.json()) as { texts?: object; limits?: object };
    return { texts, limits };
  };
  await expect.poll(said, { timeout: patienceMs }).toEqual({
    texts: { title: 'Halden Help', greetingText: 'We answer within an hour.' },
    limits: { contentLength: 500 },
  });
});

test('an admin exports and erases a person from that person’s page; an agent has no such buttons', async () => {
  const { site, urls } = stack().demo;
  const answer = await fetch(`${urls.edge}/api/chat/session`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ site: site.key }),
  });
  const { token, user } = (await answer.json()) as { token: string; user: { id: string } };
  const sent = await fetch(`${urls.edge}/api/messages`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
    body: JSON.stringify({ content: 'forget me' }),
  });
  expect(sent.status).toBe(201);
  const agent = await logIn('agent');
  await agent.page.locator('.dashboard').waitFor({ timeout: patienceMs });
  await agent.page.goto(`${urls.admin}/collections/chat-users/${user.id}`);
  await agent.page.locator('#field-name').waitFor({ timeout: patienceMs });
  expect(await agent.page.getByRole('button', { name: 'Erase…' }).count()).toBe(0);

  const { page, faults } = await logIn('admin');
  await page.locator('.dashboard').waitFor({ timeout: patienceMs });
  await page.goto(`${urls.admin}/collections/chat-users/${user.id}`);
  await page.getByRole('button', { name: 'Erase…' }).waitFor({ timeout: patienceMs });
  const exported = await page.request.get(`${urls.server}/api/chat/people/${user.id}/export`);
  expect(JSON.stringify(await exported.json())).toContain('forget me');
  await page.getByRole('button', { name: 'Erase…' }).click();
  await page.getByRole('button', { name: 'Erase for good' }).waitFor({ timeout: patienceMs });
  await look(page, 'erase');
  await page.getByRole('button', { name: 'Erase for good' }).click();
  await page.getByText('Erased, with 1 messages.').waitFor({ timeout: patienceMs });
  const gone = await fetch(`${urls.edge}/api/chat/threads`, { headers: { Authorization: `Bearer ${token}` } });
  expect(gone.status).toBe(401);
  expect(faults).toEqual([]);
});

test('what an agent reads in the panel stands in the access log, which an admin finds there', async () => {
  const { threads, urls } = stack().demo;
  const agent = await logIn('agent');
  await agent.page.locator('.dashboard').waitFor({ timeout: patienceMs });
  await agent.page.goto(`${urls.admin}/collections/threads/${threads.support}`);
  await agent.page.locator('.collection-edit').first().waitFor({ timeout: patienceMs });
  expect(await agent.page.goto(`${urls.admin}/collections/chat-access-log`).then((got) => got?.status())).toBe(404);

  const { page } = await logIn('admin');
  await page.locator('.dashboard').waitFor({ timeout: patienceMs });
  const listed = async () => {
    await page.goto(`${urls.admin}/collections/chat-access-log`);
    await page.locator('.collection-list').waitFor({ timeout: patienceMs });
    return page.locator('.collection-list').textContent();
  };
  await expect.poll(listed, { timeout: patienceMs }).toContain('Maya Lindqvist');
  await look(page, 'access-log');
});

test('a member has no business there', async () => {
  const { page } = await logIn('member');
  await page
    .getByText(/unauthorized|not allowed|cannot access/i)
    .first()
    .waitFor({ timeout: patienceMs });
  expect(await page.locator('.dashboard').count()).toBe(0);
});
