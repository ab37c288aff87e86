/** The owner opens Payload's panel and finds the same messages, threads and people. */
import { expect, test } from 'vitest';
import { type Visit, visitors } from './browser.ts';
import { house } from './house.ts';
import { personOf, speakAs } from './people.ts';
import { patienceMs } from './thread.ts';

const stack = house();
const browser = visitors();

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

test('a member has no business there', async () => {
  const { page } = await logIn('member');
  await page
    .getByText(/unauthorized|not allowed|cannot access/i)
    .first()
    .waitFor({ timeout: patienceMs });
  expect(await page.locator('.dashboard').count()).toBe(0);
});
