/** Keys that change while several server processes and edges work with them. */
import type { JWK } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, room, site, startApp } from '../../test/app.ts';
import { answer, ask, openSession, readStream } from '../../test/wire.ts';
import { queryOf } from '../log/database.ts';
import { createKeyRing, keyLife } from './key-ring.ts';

const apps: App[] = [];
const start = async (...given: Parameters<typeof startApp>) => {
  const app = await startApp(...given);
  apps.push(app);
  return app;
};
let app: App;
beforeAll(async () => {
  app = await start();
  await site(app.payload, 'halden');
  await room(app.payload, 'halden', 'lobby');
});
afterAll(() => Promise.all(apps.map((each) => each.close())));

test('two server processes rotate together: no token is signed by a key that an edge could not have, nor outlives its key', async () => {
  const other = await start({ databaseUrl: app.databaseUrl });
  await queryOf(app.payload)('delete from chat.keys');
  const beganMs = Date.now();
  let nowMs = beganMs;
  const rings = [app, other].map(({ payload }) => createKeyRing(payload, () => nowMs));
  /** What an edge holds: it believes a key set for ten minutes, and asks whichever process it meets. */
  let held: { keys: JWK[]; atMs: number } = { keys: [], atMs: Number.NEGATIVE_INFINITY };
  const signed: Array<{ kid: string; untilMs: number }> = [];
  const minuteMs = 60_000;
  for (let step = 0; nowMs < beganMs + 66 * 24 * 60 * minuteMs; step += 1) {
    for (const ring of step % 2 ? rings : rings.toReversed()) {
      const { kid } = await ring.signing();
      if (nowMs - held.atMs >= 10 * minuteMs)
        held = { keys: (await (rings[step % 2] ?? ring).jwks()).keys, atMs: nowMs };
      expect(held.keys.map((key) => key.kid)).toContain(kid);
      signed.push({ kid, untilMs: nowMs + 60 * minuteMs });
    }
    const alive = signed.filter(({ untilMs }) => untilMs > nowMs);
    for (const kid of new Set(alive.map((token) => token.kid)))
      for (const ring of rings) expect(await ring.verifying(kid)).toBeDefined();
    // Near a change of keys minute by minute, else in strides.
    const intoMs = (nowMs - beganMs) % keyLife.signMs;
    const nearMs = Math.min(intoMs, keyLife.signMs - intoMs);
    nowMs += nearMs < 40 * minuteMs ? 4 * minuteMs : Math.min(12 * 60 * minuteMs, nearMs - 35 * minuteMs);
  }
  expect(new Set(signed.map(({ kid }) => kid)).size).toBe(3);
  const rows = await queryOf(app.payload)('select 1 from chat.keys');
  expect(rows.length).toBeLessThanOrEqual(3);
});

test('a token of one process is good at the other, and both publish the same keys', async () => {
  const other = await start({ databaseUrl: app.databaseUrl });
  const { token } = await openSession(app, { site: 'halden' });
  expect((await ask(other, '/api/chat/threads', { token })).status).toBe(200);
  const keys = async (at: App) => (await answer(ask(at, '/api/chat/jwks'))).body;
  expect(await keys(other)).toEqual(await keys(app));
  const guests = await Promise.all([app, other].map((at) => openSession(at, { site: 'halden', room: 'lobby' })));
  // A guest's session is the same wherever it was asked for: an edge may keep one for all.
  expect(guests[0]?.user).toEqual(guests[1]?.user);
});

test('edge keys change without a pause: the new one and the old one are good side by side, then the old one is not', async () => {
  const both = await start({ databaseUrl: app.databaseUrl, edgeKeys: ['the new key', 'the old key'] });
  const after = await start({ databaseUrl: app.databaseUrl, edgeKeys: ['the new key'] });
  const { token } = await openSession(app, { site: 'halden' });
  const statuses = async (at: App, key: string) => {
    const headers = { 'X-Chat-Edge': key };
    const stream = await readStream(ask(at, '/api/messages/sse?topic=*&site=halden', { origin: null, headers }));
    stream.close();
    const grant = await ask(at, '/api/chat/grant', { token, headers, body: { topic: 'room:lobby' } });
    const metrics = await ask(at, '/api/chat/metrics', { origin: null, headers });
    return [stream.response.status, grant.status, metrics.status];
  };
  const good = [200, 200, 200];
  const refused = [401, 401, 401];
  expect(await statuses(both, 'the new key')).toEqual(good);
  expect(await statuses(both, 'the old key')).toEqual(good);
  expect(await statuses(after, 'the new key')).toEqual(good);
  expect(await statuses(after, 'the old key')).toEqual(refused);
  for (const wrong of ['', 'the', 'the new key,the old key']) expect(await statuses(both, wrong)).toEqual(refused);
});
