/** The page of the two people, as a test drives it. */
import type { Page } from 'playwright-core';
import { type Thread, threadIn } from './thread.ts';

export interface DemoPage {
  ana: Thread;
  ben: Thread;
  /** Cuts Ben's line, or puts it back. */
  flip(): Promise<void>;
  /** The lines of the third column. */
  stream(): Promise<string[]>;
}

export function demoPage(page: Page): DemoPage {
  return {
    ana: threadIn(page.locator('#first chat-thread')),
    ben: threadIn(page.locator('#second chat-thread')),
    flip: () => page.getByRole('switch').click(),
    stream: async () =>
      (await page.locator('#entries > li').allInnerTexts()).map((text) => text.replace(/\s+/g, ' ').trim()),
  };
}
