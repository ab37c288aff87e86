/** A `<chat-thread>` as a person uses it: what can be read, and what can be done with keys and buttons. */
import type { Locator } from 'playwright-core';
import { expect } from 'vitest';

/** How long anything in a whole chain may take, a restarted server included, in milliseconds. */
export const patienceMs = 30_000;

export interface Thread {
  element: Locator;
  /** The texts of all bubbles, in order. */
  texts(): Promise<string[]>;
  /** As `texts`, from the first that is `text` on. */
  since(text: string): Promise<string[]>;
  write(text: string): Promise<void>;
  edit(from: string, to: string): Promise<void>;
  remove(text: string): Promise<void>;
  /** Waits until the server has taken all that was written here. */
  delivered(): Promise<void>;
  /** Waits until the bubbles from `first` on read exactly so. */
  reads(texts: string[]): Promise<void>;
}

export function threadIn(element: Locator): Thread {
  const bubbles = element.locator('[part~="bubble"]');
  const field = element.getByRole('textbox', { name: 'Write a message' });
  const rowOf = (text: string) => element.getByRole('article').filter({ hasText: text }).last();

  async function choose(text: string, command: string) {
    await rowOf(text).hover();
    await rowOf(text).getByRole('button', { name: 'More' }).click();
    await element.getByRole('menuitem', { name: command }).click();
  }

  const thread: Thread = {
    element,
    texts: async () => (await bubbles.allInnerTexts()).map((text) => text.trim()),
    async since(text) {
      const texts = await thread.texts();
      const start = texts.indexOf(text);
      return start < 0 ? [] : texts.slice(start);
    },
    async write(text) {
      await field.fill(text);
      await field.press('Enter');
    },
    async edit(from, to) {
      await choose(from, 'Edit');
      await thread.write(to);
    },
    remove: (text) => choose(text, 'Delete'),
    async delivered() {
      // Of a group, the last message tells for all.
      const waiting = element.locator('[part~="receipt"]').filter({ hasText: /Sending|Waiting/ });
      await expect.poll(() => waiting.count(), { timeout: patienceMs, message: 'everything to be sent' }).toBe(0);
    },
    async reads(texts) {
      const wanted = `the thread to read ${JSON.stringify(texts)}`;
      await expect
        .poll(() => thread.since(texts[0] as string), { timeout: patienceMs, message: wanted })
        .toEqual(texts);
    },
  };
  return thread;
}
