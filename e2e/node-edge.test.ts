/** The main path again, through the other edge. */
import { expect, test } from 'vitest';
import { visitors } from './browser.ts';
import { demoPage } from './demo-page.ts';
import { house } from './house.ts';
import { threadIn } from './thread.ts';

const stack = house({ edge: 'node' });
const browser = visitors();

test('[I4] two people, a cut of eleven messages, a killed edge and a killed server, by the Node edge', async () => {
  const { page, faults } = await browser.open(stack().demo.urls.demo);
  const { ana, ben, flip } = demoPage(page);
  await ana.write('By way of Node');
  await ben.reads(['By way of Node']);
  await flip();
  const missed = Array.from({ length: 11 }, (_, index) => `Missed ${index + 1}`);
  for (const text of missed) await ana.write(text);
  await ana.reads(['By way of Node', ...missed]);
  await ana.delivered();
  await flip();
  const all = ['By way of Node', ...missed];
  await ben.reads(all);

  for (const part of ['edge', 'server'] as const) {
    await stack().kill(part);
    await ben.write(`The ${part} is down`);
    all.push(`The ${part} is down`);
    await stack().ready(part);
    await ana.reads(all);
    await ben.reads(all);
  }
  expect(faults).toEqual([]);
});

test('the shop’s page gets chat.js and its own support thread from it', async () => {
  const { page, faults } = await browser.open(stack().demo.urls.host);
  const support = threadIn(page.locator('.product chat-thread'));
  await support.write('Do you ship to Lyon?');
  await support.reads(['Do you ship to Lyon?']);
  expect(faults).toEqual([]);
});
