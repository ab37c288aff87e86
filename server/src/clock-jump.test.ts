/** A machine's clock is set, by an operator or by NTP, while the server runs: what was measured or ended before goes on. */
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { type App, site, startApp } from '../test/app.ts';
import { createKeyRing } from './identity/key-ring.ts';
import { queryOf } from './log/database.ts';

/** Before anything is imported: some keep `Date.now` itself. */
const clock = vi.hoisted(() => {
  const realNow = Date.now;
  const clock = { aheadMs: 0 };
  Date.now = () => realNow() + clock.aheadMs;
  return clock;
});

const hourMs = 3_600_000;
let app: App;
/** A second process on the same database. */
let other: App;

beforeAll(async () => {
  app = await startApp();
  other = await startApp({ databaseUrl: app.databaseUrl });
  await site(app.payload, 'halden');
});
afterAll(async () => {
  await other?.close();
  await app?.close();
});
afterEach(() => jump(0));

const jump = (ms: number) => {
  clock.aheadMs = ms;
};
const session = (at: App) =>
  at.fetch('/api/chat/session', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Forwarded-For': '203.0.113.7' },
    body: JSON.stringify({ site: 'halden' }),
  });
const tokenOf = async (at: App) => ((await (await session(at)).json()) as { token: string }).token;
const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } });
const asks = async (at: App, token: string) => (await at.fetch('/api/chat/threads', bearer(token))).status;
const logout = async (at: App, token: string) =>
  (await at.fetch('/api/chat/logout', { method: 'POST', ...bearer(token) })).status;

test('set back by two hours it refuses nobody who asked before for having asked too often', async () => {
  expect((await session(app)).status).toBe(200);
  jump(-2 * hourMs);
  expect((await session(app)).status).toBe(200);
});

test('[I9] a session that is ended by a server whose clock is two hours behind has ended at the others', async () => {
  const token = await tokenOf(app);
  expect(await asks(app, token)).toBe(200);
  jump(-2 * hourMs);
  expect(await logout(other, token)).toBe(200);
  jump(0);
  await expect.poll(() => asks(app, token), { timeout: 5000, message: 'the other to hear of it' }).toBe(401);
});

test('[I9] a server whose clock was two hours ahead for a moment has forgotten no ended session, and hears of the next', async () => {
  const [first, second] = [await tokenOf(app), await tokenOf(app)];
  expect(await logout(app, first)).toBe(200);
  await expect.poll(() => asks(other, first), { timeout: 5000, message: 'the other to hear of it' }).toBe(401);
  jump(2 * hourMs);
  expect(await asks(other, await tokenOf(other))).toBe(200);
  jump(0);
  expect(await asks(other, first)).toBe(401);
  expect(await logout(app, second)).toBe(200);
  await expect.poll(() => asks(other, second), { timeout: 5000, message: 'the other to hear of it' }).toBe(401);
});

test('a server whose clock is months ahead makes no new key and ends none', async () => {
  const keys = () => queryOf(app.payload)('select kid, active_from, expires from chat.keys order by kid');
  await tokenOf(app);
  const before = await keys();
  jump(100 * 24 * hourMs);
  await createKeyRing(other.payload).signing();
  expect(await keys()).toEqual(before);
});

test('a server whose clock is a day behind signs with the key that the others sign with', async () => {
  const { kid } = await createKeyRing(app.payload).signing();
  jump(-24 * hourMs);
  expect((await createKeyRing(other.payload).signing()).kid).toBe(kid);
});

test('a site’s row is looked at again, whatever the clock said when it was read', async () => {
  jump(24 * hourMs);
  await session(other);
  jump(0);
  await app.payload.update({
    collection: 'sites',
    where: { key: { equals: 'halden' } },
    data: { visitors: false },
    overrideAccess: true,
  });
  await expect
    .poll(async () => (await session(other)).status, { timeout: 10_000, message: 'the site to take no visitors' })
    .toBe(403);
});
