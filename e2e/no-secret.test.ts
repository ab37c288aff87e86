/** The house is driven with secrets that are known here, its failures included; then everything that left it is searched. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { house } from './house.ts';
import { personOf, speakAs } from './people.ts';

const stack = house();
const heard: string[] = [];

async function ask(url: string, init: RequestInit & { json?: unknown } = {}): Promise<Response> {
  const { json, ...rest } = init;
  const response = await fetch(url, {
    ...rest,
    ...(json === undefined ? {} : { method: 'POST', body: JSON.stringify(json) }),
    headers: { 'Content-Type': 'application/json', ...rest.headers },
  });
  heard.push(`${response.url} ${JSON.stringify([...response.headers])} ${await response.clone().text()}`);
  return response;
}

test('no secret stands in a log, an answer, a script, a bundle or what wrangler keeps', async () => {
  const { demo } = stack();
  const { server, edge } = demo.urls;
  const folder = path.dirname(path.dirname(stack().log('server')));
  const kept = JSON.parse(await readFile(path.join(folder, 'secrets.json'), 'utf8')) as Record<string, string>;
  const { email, password } = personOf(stack(), 'member');
  const words = 'Words that only two people read';
  const secrets = { ...kept, 'secret of the site': demo.site.secret.value, 'edge key': demo.edgeKey, password };

  const ana = await speakAs(stack(), 'member');
  await ana.send({ thread: demo.threads.direct, content: words });
  for (const hop of [server, edge]) {
    await ask(`${hop}/api/chat/session`, { json: { site: demo.site.key, identity: `x.${password}.y` } });
    await ask(`${hop}/api/chat/session`, { json: { site: password } });
    await ask(`${hop}/api/messages`, {
      json: { content: words },
      headers: { Authorization: `Bearer ${kept.PAYLOAD_SECRET}` },
    });
    await ask(`${hop}/api/messages/sse?ticket=${ana.token}`);
    await ask(`${hop}/api/chat/metrics`, { headers: { 'X-Chat-Edge': `${demo.edgeKey}x` } });
    await ask(`${hop}/api/chat/jwks`);
    await ask(`${hop}/api/chat/health`);
    await ask(`${hop}/chat.js`);
    await ask(`${hop}/chat-more.js`);
  }
  await ask(`${server}/api/users/login`, { json: { email, password: `${password}x` } });
  await ask(`${server}/api/users/login?password=${'x'.repeat(20)}`, { json: { email: password } });
  await ask(`${server}/api/messages?where[id][equals]=%00`, { headers: { Authorization: `Bearer ${ana.token}` } });

  // Without a database, with everything else: statements fail, and what they carried must not be told.
  await stack().halt('postgres');
  for (const hop of [server, edge])
    await Promise.all(
      [1, 2, 3].map(() =>
        ask(`${hop}/api/messages`, {
          json: { thread: demo.threads.direct, content: words },
          headers: { Authorization: `Bearer ${ana.token}` },
        }),
      ),
    );
  await ask(`${server}/api/users/login`, { json: { email, password } });
  await stack().restart('postgres');

  const panel = await (await ask(`${server}/admin/login`)).text();
  const scripts = [...new Set(panel.match(/\/_next\/static\/[^"'\\ ]+\.js/g) ?? [])];
  expect(scripts.length, 'scripts of the panel').toBeGreaterThan(3);
  for (const script of scripts) await ask(server + script);

  const places: Array<[string, string]> = heard.map((text) => [`answer of ${text.slice(0, 80)}`, text]);
  const logs = path.dirname(stack().log('server'));
  for (const name of await readdir(logs)) places.push([name, await readFile(path.join(logs, name), 'utf8')]);
  // What runs the Worker here keeps things of its own.
  const wrangler = path.join(folder, 'wrangler');
  const files = await readdir(wrangler, { recursive: true, withFileTypes: true });
  for (const { name, parentPath } of files.filter((one) => one.isFile()))
    places.push([name, await readFile(path.join(parentPath, name), 'latin1')]);
  const found: string[] = [];
  for (const [place, text] of places) {
    for (const [name, secret] of Object.entries(secrets)) if (text.includes(secret)) found.push(`${name} in ${place}`);
    if (!place.startsWith('answer') && text.includes(words)) found.push(`a message in ${place}`);
    if (!place.startsWith('answer') && /eyJ[\w-]{20}/.test(text)) found.push(`a token in ${place}`);
  }
  expect(found).toEqual([]);
});
