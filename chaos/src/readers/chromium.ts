/** The browser's own EventSource, in a page of an origin that the site lists. One browser serves every run. */
import { createServer } from 'node:http';
import { type Browser, type Page, chromium as playwright } from 'playwright-core';
import { chromium } from '../../../scripts/browser.mjs';
import { frameNames, frameOf } from './clients.ts';
import type { Client, ClientEvents } from './plain.ts';

export interface Chromium {
  open(url: string, events: ClientEvents): Client;
  close(): Promise<void>;
}

interface InPage {
  chaosSources: Map<number, EventSource>;
  chaosTell(serial: number, what: string, data: string, lastEventId: string): Promise<void>;
}

/** Serves an empty page at the port and opens it. */
export async function openChromium(port: number): Promise<Chromium> {
  const server = createServer((_, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end('<!doctype html><title>A reader</title>');
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const { executablePath, args, env } = await chromium();
  const listeners = new Map<number, ClientEvents>();
  let serial = 0;
  let isClosed = false;
  let browser: Browser | undefined;
  let current = visit();

  /** A browser and its page; when either dies of its own, its sources are over and another takes their place. */
  async function visit(): Promise<Page> {
    const mine = await playwright.launch({
      executablePath,
      args,
      env: { ...process.env, ...env } as Record<string, string>,
    });
    browser = mine;
    const page = await (await mine.newContext()).newPage();
    const gone = () => {
      if (isClosed || browser !== mine) return;
      browser = undefined;
      void mine.close().catch(() => {}); // It may be gone altogether.
      current = visit();
      current.catch(() => {}); // Whoever opens something hears of it.
      for (const events of [...listeners.values()]) events.end('broken');
    };
    page.on('crash', gone);
    mine.on('disconnected', gone);
    await page.exposeFunction('chaosTell', (of: number, what: string, data: string, lastEventId: string) => {
      const events = listeners.get(of);
      if (what === 'lost') events?.lost();
      else if (what === 'end') events?.end('refused');
      else events?.frame(frameOf({ type: what, data, lastEventId }));
    });
    await page.goto(`http://localhost:${port}/`);
    await page.evaluate(() => {
      (window as unknown as InPage).chaosSources = new Map();
    });
    return page;
  }
  await current;

  return {
    open(url, events) {
      const mine = ++serial;
      listeners.set(mine, events);
      const opening = current.then((page) =>
        page.evaluate(
          ({ mine, url, frameNames }) => {
            const { chaosSources, chaosTell } = window as unknown as InPage;
            const source = new EventSource(url);
            chaosSources.set(mine, source);
            for (const name of frameNames)
              source.addEventListener(name, (event) => void chaosTell(mine, event.type, event.data, event.lastEventId));
            source.addEventListener('error', (event) => {
              // A frame of our own may not be called so.
              if (!('data' in event)) void chaosTell(mine, source.readyState === 2 ? 'end' : 'lost', '', '');
            });
          },
          { mine, url, frameNames: [...frameNames] },
        ),
      );
      opening.catch(() => events.end('broken')); // The page is gone.
      return {
        close() {
          listeners.delete(mine);
          current
            .then((page) =>
              page.evaluate((of) => {
                const { chaosSources } = window as unknown as InPage;
                chaosSources.get(of)?.close();
                chaosSources.delete(of);
              }, mine),
            )
            .catch(() => {}); // The page is gone, and so is the source.
        },
      };
    },
    async close() {
      isClosed = true;
      await browser?.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
