/** The browser's own EventSource, a ticket, and twenty lines: what the first version's readers come from. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { visitors } from './browser.ts';
import { house } from './house.ts';
import { personOf, speakAs } from './people.ts';
import { patienceMs } from './thread.ts';

const stack = house();
const browser = visitors();

test('[I15] reads and writes a thread, comes back with a new ticket, and misses and doubles nothing', async () => {
  const { page, faults } = await browser.open('about:blank');
  let refused = 0;
  let tickets = 0;
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().endsWith('/api/chat/ticket')) tickets += 1;
  });
  await page.goto(`${stack().demo.urls.demo}/plain/`);
  const lines = async () => (await page.locator('#messages span').allInnerTexts()).slice(-6);
  const reads = (texts: string[]) =>
    expect
      .poll(async () => (await lines()).slice(-texts.length), {
        timeout: patienceMs,
        message: `the list to end with ${texts}`,
      })
      .toEqual(texts);
  await page.locator('#status', { hasText: 'Listening as' }).waitFor({ timeout: patienceMs });

  await page.getByLabel(/ to /).fill('Plain and simple');
  await page.getByLabel(/ to /).press('Enter');
  await reads(['Plain and simple']);
  const ben = await speakAs(stack(), 'member', 1);
  await ben.send({ receiver: personOf(stack(), 'member', 0).id, content: 'As ever' });
  await reads(['Plain and simple', 'As ever']);

  // The edge dies; the next stream is refused as with a ticket that ran out, which no EventSource survives.
  await page.route(/\/api\/messages\/sse/, async (route) => {
    refused += 1;
    if (refused > 1) return route.continue();
    await route.fulfill({ status: 401, body: '{}', headers: { 'Access-Control-Allow-Origin': '*' } });
  });
  await stack().halt('edge');
  await stack().restart('edge');
  await ben.send({ receiver: personOf(stack(), 'member', 0).id, content: 'While you were away' });
  await reads(['Plain and simple', 'As ever', 'While you were away']);
  await expect.poll(() => tickets, { timeout: patienceMs, message: 'a second ticket' }).toBeGreaterThan(1);

  expect(await page.locator('#source').textContent()).toContain('new EventSource(');
  expect(faults).toEqual([]);
});

test('no log holds a token, a ticket, a password or a key', async () => {
  const { people, site, edgeKey } = stack().demo;
  const secrets = [...people.map(({ password }) => password), site.secret.value, edgeKey];
  for (const part of ['postgres', 'server', 'edge', 'demo'] as const) {
    const log = await readFile(stack().log(part), 'utf8');
    const found = [
      ...secrets.filter((secret) => log.includes(secret)),
      ...(log.match(/ticket=\S{8}|eyJ[\w-]{8}/g) ?? []),
    ];
    expect(found, `in the log of ${part}`).toEqual([]);
  }
});
