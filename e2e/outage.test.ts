/** A part that is not there, or not set up: each gets a clear answer, and nothing is lost. */
import { spawn } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { freePorts } from '../scripts/ports.mjs';
import { root } from '../scripts/root.mjs';
import { visitors } from './browser.ts';
import { demoPage } from './demo-page.ts';
import { house } from './house.ts';
import { patienceMs } from './thread.ts';

const stack = house();
const browser = visitors();

describe('without a server', () => {
  test('[S9] the edge says so, open pages wait and go on, a new page says what is wrong and comes by itself', async () => {
    const { urls, site } = stack().demo;
    const old = demoPage((await browser.open(urls.demo)).page);
    await old.ana.write('Before the outage');
    await old.ben.reads(['Before the outage']);
    await stack().halt('server');

    const refused = await fetch(`${urls.edge}/api/chat/session`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Origin: urls.demo },
      body: JSON.stringify({ site: site.key }),
    });
    expect(refused.status).toBe(503);
    expect(refused.headers.get('Retry-After')).toMatch(/^\d+$/);
    expect(refused.headers.get('Access-Control-Allow-Origin')).toBe(urls.demo);
    expect(await refused.json()).toMatchObject({ errors: [{ code: 'unreachable' }] });
    expect((await fetch(`${urls.edge}/chat.js`)).status).toBe(200);

    await old.ana.write('During the outage');
    const late = (await browser.open(urls.demo)).page;
    const fault = late.locator('#first chat-thread').getByText("This conversation didn't load");
    await fault.waitFor({ timeout: 2 * patienceMs });
    await late
      .locator('#first chat-thread')
      .getByRole('button', { name: 'Try again' })
      .waitFor({ timeout: patienceMs });

    await stack().restart('server');
    await old.ben.reads(['Before the outage', 'During the outage']);
    await demoPage(late).ana.reads(['Before the outage', 'During the outage']);
  });
});

describe('an edge without its secret', () => {
  test('[S9] starts, answers 503 with what is missing, and opens nothing', async () => {
    const [port] = (await freePorts(1)) as [number];
    const { CHAT_EDGE_KEY: _, ...env } = process.env;
    const edge = spawn(process.execPath, ['edge/src/node.ts'], {
      cwd: root,
      env: { ...env, PORT: String(port), HOST: '127.0.0.1', CHAT_SERVER_URL: stack().demo.urls.server },
      stdio: 'ignore',
    });
    try {
      const ask = (path: string) => fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
      await expect
        .poll(async () => (await ask('/api/chat/health'))?.status, {
          timeout: patienceMs,
          message: 'the edge’s health',
        })
        .toBe(503);
      expect(await (await ask('/api/chat/health'))?.text()).toContain('CHAT_EDGE_KEY');
      const stream = await ask('/api/messages/sse');
      expect(stream?.status).toBe(503);
      expect(await stream?.json()).toMatchObject({ errors: [{ code: 'misconfigured' }] });
    } finally {
      edge.kill('SIGKILL');
    }
  });
});
