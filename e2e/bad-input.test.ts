/** What people type, and what they should not be able to do by it. */
import { describe, expect, test } from 'vitest';
import { visitors } from './browser.ts';
import { demoPage } from './demo-page.ts';
import { house } from './house.ts';
import { patienceMs } from './thread.ts';

const stack = house();
const browser = visitors();

describe('what is typed in', () => {
  test('4,001 characters are not sent and not lost, 4,000 are sent whole', async () => {
    const { page, faults } = await browser.open(stack().demo.urls.demo);
    const { ana, ben } = demoPage(page);
    const field = ana.element.getByRole('textbox', { name: 'Write a message' });
    await field.fill('x'.repeat(4001));
    await ana.element.getByText('Over 4,000 characters. Shorten it, then send.').waitFor({ timeout: patienceMs });
    await field.press('Enter');
    expect(await field.inputValue()).toHaveLength(4001);

    const whole = `${'long '.repeat(799)}words`;
    expect(whole).toHaveLength(4000);
    await ana.write(whole);
    await ben.reads([whole]);
    expect(faults).toEqual([]);
  });

  test('markup, scripts and strange links are text, at both ends', async () => {
    const { page, faults, dialogs } = await browser.open(stack().demo.urls.demo);
    const { ana, ben } = demoPage(page);
    const nasty = [
      '<img src=x onerror=alert(1)>',
      '<script>alert(2)</script>',
      '"><svg onload=alert(3)>',
      '</style><script>alert(4)</script>',
      '{{alert(5)}} %3Cscript%3E &lt;script&gt;',
      '\u202Etxet desrever\u202C and \u0007 bell',
    ];
    for (const text of nasty) await ana.write(text);
    await ben.reads(nasty.map((text) => text.trim()));
    await ana.write('[click](javascript:alert(7)) [data](data:text/html,<script>alert(8)</script>)');
    await expect
      .poll(async () => (await ben.texts()).at(-1), { timeout: patienceMs, message: 'the link’s text' })
      .toContain('click');
    const hrefs = await page
      .locator('chat-thread a')
      .evaluateAll((links) => links.map((link) => (link as HTMLAnchorElement).href));
    expect(hrefs.filter((href) => !/^(https?|mailto):/.test(href))).toEqual([]);
    expect(await page.locator('chat-thread :is(img, script, svg[onload])[src="x"], chat-thread script').count()).toBe(
      0,
    );
    expect(dialogs).toEqual([]);
    expect(faults).toEqual([]);
  });

  test('blanks alone are no message', async () => {
    const { page } = await browser.open(stack().demo.urls.demo);
    const { ana } = demoPage(page);
    await ana.element.getByRole('log').waitFor({ timeout: patienceMs });
    const before = await ana.texts();
    await ana.write('   \n  ');
    await ana.write('After the blanks');
    await expect
      .poll(ana.texts, { timeout: patienceMs, message: 'the message after the blanks' })
      .toContain('After the blanks');
    expect((await ana.texts()).filter((text) => text === '')).toEqual(before.filter((text) => text === ''));
  });
});
