/** A real Chromium, and pages that tell what went wrong in them. */
import {
  type Browser,
  type BrowserContextOptions,
  type LaunchOptions,
  type Page,
  chromium as playwright,
} from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { chromium } from '../scripts/browser.mjs';

export interface Visit {
  page: Page;
  /** Uncaught errors, errors in the console and breaches of the page's policy. A request that failed is none. */
  faults: string[];
  /** What `alert` and its like would have shown: there is nothing that may. */
  dialogs: string[];
}

export interface Visitors {
  /** Opens the URL in a context of its own: another person on another machine. */
  open(url: string, options?: BrowserContextOptions): Promise<Visit>;
}

/** One browser for a test file. */
export function visitors(launch: LaunchOptions = {}): Visitors {
  let browser: Browser | undefined;
  beforeAll(async () => {
    const { executablePath, args, env } = await chromium();
    browser = await playwright.launch({
      ...launch,
      executablePath,
      args,
      env: { ...process.env, ...env } as Record<string, string>,
    });
  });
  afterAll(() => browser?.close());
  return {
    async open(url, options) {
      const context = await (browser as Browser).newContext(options);
      const page = await context.newPage();
      const visit: Visit = { page, faults: [], dialogs: [] };
      await context.exposeFunction('reportViolation', (words: string) => void visit.faults.push(words));
      await context.addInitScript(() => {
        document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
          void (window as unknown as { reportViolation(words: string): void }).reportViolation(
            `policy: ${violatedDirective} forbids ${blockedURI}`,
          );
        });
      });
      page.on('pageerror', (error) => visit.faults.push(`uncaught: ${error.message}`));
      page.on('console', (message) => {
        if (message.type() === 'error' && !/^Failed to load resource/.test(message.text()))
          visit.faults.push(`console: ${message.text()}`);
      });
      page.on('dialog', (dialog) => {
        visit.dialogs.push(dialog.message());
        void dialog.dismiss();
      });
      await page.goto(url);
      return visit;
    },
  };
}
