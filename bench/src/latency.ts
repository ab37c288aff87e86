/** (c): from the click at one page to the text at the other, through the Worker edge: two browsers' worth of pages. */
import { type Browser, type Page, chromium as playwright } from 'playwright-core';
import { chromium } from '../../scripts/browser.mjs';
import { startTestStack } from '../../scripts/test-stack.mjs';
import { row, title } from './table.ts';

const messages = 100;
const warmUp = 10;

export async function latency(): Promise<void> {
  title(`Latency: click at Ana's page to text at Ben's, through workerd, ${messages} messages`);
  const stack = await startTestStack({});
  const { executablePath, args, env } = await chromium();
  const browser = await playwright.launch({
    executablePath,
    args,
    env: { ...process.env, ...env } as Record<string, string>,
  });
  try {
    const [writer, reader] = await Promise.all([open(browser, stack.urls.demo), open(browser, stack.urls.demo)]);
    const spans: number[] = [];
    for (let serial = 0; serial < messages + warmUp; serial += 1) {
      const text = `Latency ${serial} of ${stack.ports.demo}`;
      const seen = seenAtMs(reader, text);
      const clickedMs = await send(writer, text);
      const spanMs = (await seen) - clickedMs;
      if (serial >= warmUp) spans.push(spanMs);
    }
    spans.sort((a, b) => a - b);
    const at = (part: number) =>
      `${(spans[Math.min(spans.length - 1, Math.floor(spans.length * part))] ?? 0).toFixed(0)} ms`;
    row('click to text', undefined, '', [`median ${at(0.5)}`, `p99 ${at(0.99)}`, `worst ${at(1)}`]);
  } finally {
    await browser.close();
    await stack.stop();
  }
}

async function open(browser: Browser, url: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await page.goto(url);
  await page.locator('#second chat-thread').getByRole('textbox').waitFor();
  await page.locator('#first chat-thread').getByRole('textbox').waitFor();
  return page;
}

/** Writes at Ana's and clicks Send inside the page; answers when, in milliseconds since 1970. */
async function send(page: Page, text: string): Promise<number> {
  const thread = page.locator('#first chat-thread');
  await thread.getByRole('textbox').fill(text);
  return thread.getByRole('button', { name: 'Send' }).evaluate((button: HTMLElement) => {
    const nowMs = performance.timeOrigin + performance.now();
    button.click();
    return nowMs;
  });
}

/** When the text stands in Ben's thread, looked for at every frame that the browser paints. */
function seenAtMs(page: Page, text: string): Promise<number> {
  return page.locator('#second chat-thread').evaluate(
    (thread: HTMLElement, wanted: string) =>
      new Promise<number>((resolve) => {
        const look = () => {
          if (thread.shadowRoot?.textContent?.includes(wanted)) resolve(performance.timeOrigin + performance.now());
          else requestAnimationFrame(look);
        };
        look();
      }),
    text,
  );
}
