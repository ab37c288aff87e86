import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { chromium as playwright } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chromium } from './browser.mjs';
import { packagedChromium } from './packaged-chromium.mjs';
import { freePorts } from './ports.mjs';
import { temporaryFolder } from './temporary-folder.mjs';

let place: ReturnType<typeof temporaryFolder>;
beforeAll(() => {
  place = temporaryFolder();
});
afterAll(() => place.remove());

test('CHROME_PATH comes first, and one that names no program is refused', async () => {
  expect((await chromium({ CHROME_PATH: process.execPath })).executablePath).toBe(process.execPath);
  await expect(chromium({ CHROME_PATH: '/nowhere' })).rejects.toThrow(/CHROME_PATH is "\/nowhere"/);
});

test('an installed browser comes before the packaged one', async () => {
  const installed = path.join(place.folder, 'chromium-browser');
  fs.writeFileSync(installed, '', { mode: 0o755 });
  expect((await chromium({ PATH: `/nowhere:${place.folder}` })).executablePath).toBe(installed);
});

test.runIf(process.platform === 'linux' && process.arch === 'x64')(
  'three processes that unpack at once get one whole browser, which keeps the rules of the web',
  async () => {
    const into = path.join(place.folder, 'cache');
    const found = await Promise.all([packagedChromium(into), packagedChromium(into), packagedChromium(into)]);
    expect(new Set(found.map((one) => one.executablePath)).size).toBe(1);
    expect(fs.readdirSync(into)).toHaveLength(1);

    const { args } = await chromium();
    const [{ executablePath, env } = { executablePath: '', env: {} }] = found;
    const browser = await playwright.launch({ executablePath, args, env: { ...process.env, ...env } });
    const page = await browser.newPage();
    const [one = 0, two = 0] = await freePorts(2);
    const servers = [one, two].map((port) =>
      http.createServer((_, response) => response.end('no CORS header here')).listen(port, '127.0.0.1'),
    );
    await page.goto(`http://127.0.0.1:${one}/`);
    const read = (url: string) =>
      fetch(url).then(
        () => 'read',
        () => 'refused',
      );
    expect(await page.evaluate(read, `http://127.0.0.1:${one}/`)).toBe('read');
    const answer = await page.evaluate(read, `http://127.0.0.1:${two}/`);
    expect(answer).toBe('refused');
    await browser.close();
    for (const server of servers) server.close();
  },
);
