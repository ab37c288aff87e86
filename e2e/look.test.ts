/** The demo's pages as everybody must be able to use them: both schemes, every width, with keys, read aloud. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { visitors } from './browser.ts';
import { demoPage } from './demo-page.ts';
import { house } from './house.ts';
import { patienceMs } from './thread.ts';

const stack = house();
const browser = visitors();
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const pages = () => {
  const { demo, host } = stack().demo.urls;
  return { 'two people': `${demo}/`, 'plain EventSource': `${demo}/plain/`, shop: `${host}/` };
};

describe.each(['two people', 'plain EventSource', 'shop'] as const)('%s', (name) => {
  test.each([
    ['light', 1440],
    ['dark', 1440],
    ['light', 360],
    ['dark', 360],
  ] as const)('axe finds nothing to complain of: %s, %i px wide', async (colorScheme, width) => {
    const { page } = await browser.open(pages()[name], { colorScheme, viewport: { width, height: 1010 } });
    await page.getByRole('log').first().waitFor({ timeout: patienceMs });
    await page.evaluate(axe);
    const found = await page.evaluate(async () => {
      const { violations } = await (window as unknown as { axe: typeof import('axe-core') }).axe.run();
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
    });
    expect(found).toEqual([]);
  });

  test.each([320, 360, 720, 900, 1100, 1440, 2560])('does not scroll sideways at %i px', async (width) => {
    const { page } = await browser.open(pages()[name], { viewport: { width, height: 740 } });
    await page.getByRole('log').first().waitFor({ timeout: patienceMs });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  });
});

test('below 720 px the two people stand in tabs, which arrows move', async () => {
  const { page } = await browser.open(pages()['two people'], { viewport: { width: 360, height: 740 } });
  const [first, second] = [page.locator('#first'), page.locator('#second')];
  await first.getByRole('log').waitFor({ timeout: patienceMs });
  expect(await second.isVisible()).toBe(false);
  await page.getByRole('tab', { selected: true }).press('ArrowRight');
  expect([await first.isVisible(), await second.isVisible()]).toEqual([false, true]);
  await demoPage(page).ben.write('From the second tab');
  await page.getByRole('tab', { name: 'Ana' }).click();
  await demoPage(page).ana.reads(['From the second tab']);
});

test('the switch is one, by keys too', async () => {
  const { page } = await browser.open(pages()['two people']);
  const line = page.getByRole('switch', { name: 'Ben’s line is connected' });
  await line.focus();
  await page.keyboard.press('Space');
  expect(await line.getAttribute('aria-checked')).toBe('false');
  await page.keyboard.press('Enter');
  expect(await line.getAttribute('aria-checked')).toBe('true');
});
