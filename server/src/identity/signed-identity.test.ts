import { generateKeyPairSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, site, startApp } from '../../test/app.ts';
import { openSession, siteSecret } from '../../test/wire.ts';

/** The examples of docs/signed-identity.md, as a reader would paste them. */
const examples = async () => {
  const page = await readFile(new URL('../../../docs/signed-identity.md', import.meta.url), 'utf8');
  return [...page.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code as string);
};
const run = async (code: string) =>
  (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as { chatIdentity(user: object): string };

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
let app: App;
beforeAll(async () => {
  app = await startApp();
  await site(app.payload, 'halden', {
    secrets: [siteSecret],
    publicKeys: [{ key: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString() }],
  });
});
afterAll(() => app?.close());

test('the Node example signs what the server takes, by a secret and by a key pair', async () => {
  const [bySecret = '', byKey = ''] = await examples();
  process.env.CHAT_KID = siteSecret.kid;
  process.env.CHAT_SECRET = siteSecret.value;
  process.env.CHAT_PRIVATE_KEY = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const [imported = '', ...signing] = byKey.split('\n\n');
  const withKey = `${imported}\n${bySecret
    .replace("alg: 'HS256'", "alg: 'ES256'")
    .replace(', kid: process.env.CHAT_KID', '')
    .replace(/ {2}return `\$\{text\}.*\n/, signing.join('\n'))}`;
  const user = { id: 7, name: 'Mira Holt' };
  const ids = new Set<string>();
  for (const code of [bySecret, withKey]) {
    const identity = (await run(code)).chatIdentity(user);
    const session = await openSession(app, { site: 'halden', identity });
    expect(session.user).toMatchObject({ name: 'Mira Holt', kind: 'external' });
    ids.add(session.user.id);
  }
  expect(ids.size).toBe(1);
});
