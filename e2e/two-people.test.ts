/** Two people through the whole chain: Postgres, server, the Worker edge, the elements, two browsers. */
import { describe, expect, test } from 'vitest';
import { visitors } from './browser.ts';
import { demoPage } from './demo-page.ts';
import { house } from './house.ts';
import { speakAs } from './people.ts';
import { patienceMs } from './thread.ts';

const stack = house();
const browser = visitors();

async function twoBrowsers() {
  const { urls } = stack().demo;
  const here = await browser.open(urls.demo);
  const there = await browser.open(urls.demo.replace('localhost', '127.0.0.1'));
  return { here, there, ana: demoPage(here.page).ana, ben: demoPage(there.page).ben };
}

describe('two people in two browsers', () => {
  test('what one writes appears at the other, an edit and a deletion too, and the page breaks no rule of its policy', async () => {
    const { here, there, ana, ben } = await twoBrowsers();
    await ana.write('First: does this arrive?');
    await ben.reads(['First: does this arrive?']);
    await ben.write('It does.');
    await ana.reads(['First: does this arrive?', 'It does.']);

    await ana.edit('First: does this arrive?', 'First: did this arrive?');
    await ben.reads(['First: did this arrive?', 'It does.']);
    await ben.remove('It does.');
    await ana.reads(['First: did this arrive?', 'Message deleted']);
    await ben.reads(['First: did this arrive?', 'Message deleted']);

    const messages = await (await speakAs(stack(), 'member')).messages(stack().demo.threads.direct);
    expect(JSON.stringify(messages)).not.toContain('It does.');
    expect([...here.faults, ...there.faults]).toEqual([]);
  });

  test('[I4] cut off for eleven messages, nothing is missing and nothing is doubled at the return', async () => {
    const { there, ana, ben } = await twoBrowsers();
    await ana.write('Before the cut');
    await ben.reads(['Before the cut']);
    await there.page.context().setOffline(true);
    const missed = Array.from({ length: 11 }, (_, index) => `While you were away ${index + 1}`);
    for (const text of missed) await ana.write(text);
    await ana.reads(['Before the cut', ...missed]);
    await ana.delivered();
    await there.page.context().setOffline(false);
    await ben.reads(['Before the cut', ...missed]);
  });

  test('[I14] one sees that the other types, and that what was sent was read', async () => {
    const { here, there, ana, ben } = await twoBrowsers();
    await ana.write('Are you there?');
    await ben.reads(['Are you there?']);
    await ana.element.locator('[part~="receipt"]').last().filter({ hasText: 'Read' }).waitFor({ timeout: patienceMs });
    await ben.element.getByRole('textbox', { name: 'Write a message' }).pressSequentially('I am thinking');
    await ana.element.getByText(/^Ben( Okoro)? is typing$/).waitFor({ timeout: patienceMs });
    expect([...here.faults, ...there.faults]).toEqual([]);
  });
});

describe('the demo’s page', () => {
  test('the switch cuts one line, and the third column tells how it comes back', async () => {
    const { page, faults } = await browser.open(stack().demo.urls.demo);
    const { ana, ben, flip, stream } = demoPage(page);
    await ana.write('Is the line good?');
    await ben.reads(['Is the line good?']);

    await flip();
    await expect
      .poll(stream, { timeout: patienceMs, message: 'the cut in the third column' })
      .toContainEqual(expect.stringMatching(/^Line cut at \d\d:\d\d:\d\d$/));
    const missed = Array.from({ length: 12 }, (_, index) => `Cut off ${index + 1}`);
    for (const text of missed) await ana.write(text);
    await ben.write('Written while cut off');
    await ana.reads(['Is the line good?', ...missed]);
    await ana.delivered();
    expect(await ben.since('Is the line good?')).toEqual(['Is the line good?', 'Written while cut off']);

    await flip();
    await ben.reads(['Is the line good?', ...missed, 'Written while cut off']);
    await ana.reads(['Is the line good?', ...missed, 'Written while cut off']);
    await expect
      .poll(stream, { timeout: patienceMs, message: 'the return in the third column' })
      // What he wrote himself meanwhile is among them where it was stored before his stream stood again.
      .toContainEqual(expect.stringMatching(/^1[23] events replayed in \d+ ms, none lost$/));
    expect(faults).toEqual([]);
  });

  test('shows the embed, and logins that open the admin panel, and tells no secret', async () => {
    const { demo } = stack();
    const { page } = await browser.open(demo.urls.demo);
    const words = () => page.locator('main').textContent();
    // The page asks for its addresses and logins first.
    for (const { kind, email, password } of demo.people.filter(({ kind }) => kind !== 'member'))
      await expect
        .poll(words, { timeout: patienceMs, message: `the login of the ${kind}` })
        .toMatch(new RegExp(`${email}[^]*${password}`));
    expect(await words()).toContain(`<script type="module" src="${demo.urls.edge}/chat.js"></script>`);
    const config = await (await fetch(`${demo.urls.demo}/demo-config.json`)).text();
    expect(config).not.toContain(demo.site.secret.value);
    expect(config).not.toContain(demo.edgeKey);
  });
});
