import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoOrigin } from './demo-origin.ts';
import { shopOrigin } from './shop-origin.ts';

const here = path.join(import.meta.dirname, '..');
let folder: string;
let file: string;

const demo = {
  urls: {
    server: 'http://localhost:3000',
    edge: 'http://localhost:8787/chat"<i>',
    demo: 'http://localhost:8080',
    host: 'http://localhost:8081',
    admin: 'http://localhost:3000/admin',
  },
  site: { key: 'halden', secret: { kid: 'k1', value: 'the site’s secret' } },
  people: [
    { name: 'Ana Ferreira', email: 'ana@example.com', password: 'pw-ana', kind: 'member', id: 'm_1', apiKey: 'hidden' },
    { name: 'Ben Okoro', email: 'ben@example.com', password: 'pw-ben', kind: 'member', id: 'm_2' },
  ],
  threads: { direct: 't1', support: 't2', room: 't3' },
  edgeKey: 'the edge’s key',
};

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'demo-'));
  file = path.join(folder, 'demo.json');
  await writeFile(file, JSON.stringify(demo));
});
afterAll(() => rm(folder, { recursive: true }));

const at = (where: string) => `http://localhost:8080${where}`;

describe('the demo’s origins', () => {
  test('the pages are told who the people are, and neither the site’s secret nor the edge’s key', async () => {
    const response = await demoOrigin(file, here).request(at('/demo-config.json'));
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({
      site: 'halden',
      people: [{ password: 'pw-ana' }, {}],
      threads: { direct: 't1' },
    });
    expect(text).not.toMatch(/secret|edge’s key|hidden/);
    expect(response.headers.get('Cache-Control')).toBe('no-store');
    expect(response.headers.get('Access-Control-Allow-Origin')).toBeNull();
  });

  test('the shop’s origin has no passwords', async () => {
    expect((await shopOrigin(file, here).request(at('/demo-config.json'))).status).toBe(404);
  });

  test('the edge’s address is filled in as text, never as markup', async () => {
    const html = await (await shopOrigin(file, here).request(at('/'))).text();
    expect(html).toContain('src="http://localhost:8787/chat&quot;&lt;i&gt;/chat.js"');
    expect(html).not.toContain('{{');
  });

  test('every page carries a policy without inline scripts and styles', async () => {
    const shop = (await shopOrigin(file, here).request(at('/'))).headers;
    expect(shop.get('Content-Security-Policy')).toBe(
      "default-src 'none'; script-src 'self' http://localhost:8787; connect-src http://localhost:8787; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    const plain = (await demoOrigin(file, here).request(at('/plain/'))).headers;
    expect(plain.get('Content-Security-Policy')).toContain(
      "script-src 'self'; connect-src 'self' http://localhost:8787 http://localhost:3000;",
    );
    expect(plain.get('X-Content-Type-Options')).toBe('nosniff');
  });

  test('127.0.0.1 and localhost are answered, a name that was pointed here is not', async () => {
    const app = demoOrigin(file, here);
    expect((await app.request('http://127.0.0.1:8080/health')).status).toBe(200);
    expect((await app.request('http://[::1]:8080/health')).status).toBe(200);
    expect((await app.request('http://evil.example:8080/demo-config.json')).status).toBe(421);
  });

  test('without a demo.json, or with a broken one, page and health say so', async () => {
    const broken = path.join(folder, 'broken.json');
    await writeFile(broken, '{"urls":');
    for (const [given, words] of [
      [path.join(folder, 'none.json'), 'not there yet'],
      [broken, 'start again'],
      [undefined, 'DEMO_FILE'],
    ] as const) {
      const app = demoOrigin(given, here);
      const page = await app.request(at('/plain/'));
      expect(page.status).toBe(503);
      expect(await page.text()).toContain(words);
      expect((await app.request(at('/health'))).status).toBe(503);
      expect((await app.request(at('/demo-config.json'))).status).toBe(503);
    }
  });

  test('templates and files outside the folders are out of reach', async () => {
    const app = demoOrigin(file, here);
    expect((await app.request(at('/plain/index.html'))).status).toBe(302);
    for (const where of [
      '/../serve.ts',
      '/plain/../../serve.ts',
      '/plain/..%2f..%2fserve.ts',
      '/%2e%2e/package.json',
      '/plain/%5c..%5cserve.ts',
    ])
      expect((await app.request(at(where))).status, where).toBe(404);
  });
});
