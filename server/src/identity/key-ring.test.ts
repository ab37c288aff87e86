import { tokenUse } from '@payload-chat/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, startApp } from '../../test/app.ts';
import { queryOf } from '../log/database.ts';
import { createKeyRing, keyLife, planKeys, type Times } from './key-ring.ts';

let app: App;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app?.close());

const kids = async () =>
  (await queryOf(app.payload)<{ kid: string }>('select kid from chat.keys order by active_from, kid')).map(
    ({ kid }) => kid,
  );

/** Both clocks agree. */
const at = (ms: number): Times => [ms, ms];

test('without a key one is made and used at once', () => {
  expect(planKeys([], at(5000))).toEqual({ signing: undefined, createFromMs: 5000 });
});

test('the next key is published before its use, and the one before it verifies on', () => {
  const first = { activeFromMs: 0, expiresMs: keyLife.knownMs };
  expect(planKeys([first], at(1000))).toEqual({ signing: first, createFromMs: undefined });
  const dueMs = keyLife.signMs - keyLife.publishMs;
  expect(planKeys([first], at(dueMs))).toEqual({ signing: first, createFromMs: keyLife.signMs });
  const second = { activeFromMs: keyLife.signMs, expiresMs: keyLife.signMs + keyLife.knownMs };
  expect(planKeys([first, second], at(keyLife.signMs - 1))).toEqual({ signing: first, createFromMs: undefined });
  expect(planKeys([first, second], at(keyLife.signMs))).toEqual({ signing: second, createFromMs: undefined });
  // The last token of the first key ends before the key does.
  expect(first.expiresMs).toBeGreaterThan(keyLife.signMs + tokenUse.lifeS * 1000);
});

test('a process that was away for long still publishes before it uses', () => {
  const old = { activeFromMs: 0, expiresMs: keyLife.knownMs };
  const nowMs = keyLife.signMs + 10;
  expect(planKeys([old], at(nowMs))).toEqual({ signing: old, createFromMs: nowMs + keyLife.publishMs });
  expect(planKeys([old], at(keyLife.knownMs - 1))).toEqual({ signing: undefined, createFromMs: keyLife.knownMs - 1 });
});

test('whichever of two clocks is wrong, the key of before goes on signing and none is made', () => {
  const first = { activeFromMs: 0, expiresMs: keyLife.knownMs };
  const year = 365 * 24 * 3_600_000;
  expect(planKeys([first], [1000, year])).toEqual({ signing: first, createFromMs: undefined });
  expect(planKeys([first], [-year, 1000])).toEqual({ signing: first, createFromMs: undefined });
});

test('processes that start together make one key', async () => {
  await queryOf(app.payload)('delete from chat.keys');
  const rings = Array.from({ length: 8 }, () => createKeyRing(app.payload));
  const signing = await Promise.all(rings.map((ring) => ring.signing()));
  expect(new Set(signing.map(({ kid }) => kid)).size).toBe(1);
  expect(await kids()).toHaveLength(1);
});

test('a key lies sealed: its row has nothing that signs', async () => {
  const ring = createKeyRing(app.payload);
  await ring.signing();
  const [row] = await queryOf(app.payload)<{ sealed: string }>('select sealed from chat.keys');
  expect(Buffer.from(row?.sealed ?? '', 'base64url').toString('latin1')).not.toMatch(/"d"|crv|EC/);
  expect((await ring.jwks()).keys.every((key) => !('d' in key))).toBe(true);
});

test('it rotates: both are published, then the new one signs, then the old one is gone', async () => {
  await queryOf(app.payload)('delete from chat.keys');
  let nowMs = Date.now();
  const ring = createKeyRing(app.payload, () => nowMs);
  const first = await ring.signing();
  nowMs += keyLife.signMs - keyLife.publishMs + 1000;
  expect((await ring.signing()).kid).toBe(first.kid);
  expect((await ring.jwks()).keys).toHaveLength(2);
  nowMs += keyLife.publishMs;
  const second = await ring.signing();
  expect(second.kid).not.toBe(first.kid);
  expect(await ring.verifying(first.kid)).toBeDefined();
  nowMs += 3 * 24 * 3_600_000;
  expect(await ring.verifying(first.kid)).toBeUndefined();
  expect(await ring.verifying(second.kid)).toBeDefined();
});

test('a key of another secret is passed over, and a new one is made', async () => {
  await queryOf(app.payload)('delete from chat.keys');
  const { kid } = await createKeyRing(app.payload).signing();
  const second = await startApp({ databaseUrl: app.databaseUrl, secret: 'another secret' });
  try {
    const ring = createKeyRing(second.payload);
    expect((await ring.signing()).kid).not.toBe(kid);
    expect(await ring.verifying(kid)).toBeUndefined();
  } finally {
    await second.close();
  }
});

test('what another process has made is found by its kid', async () => {
  await queryOf(app.payload)('delete from chat.keys');
  let nowMs = Date.now();
  const ring = createKeyRing(app.payload, () => nowMs);
  await ring.signing();
  await queryOf(app.payload)('delete from chat.keys');
  const { kid } = await createKeyRing(app.payload).signing();
  expect(await ring.verifying(kid)).toBeUndefined();
  nowMs += keyLife.askEveryMs + 1;
  expect(await ring.verifying(kid)).toBeDefined();
});
