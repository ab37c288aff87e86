/**
 * Postgres' clock is set, ahead or back, and set right again: what was ended stays ended, nobody is locked out, and nothing
 * goes before its time. Its own `now()` is put behind ours in the search path, which adds what the clock is wrong by.
 */
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type App, account, localReq, memberCaller, newDatabase, room, site, startApp } from '../test/app.ts';
import { ask, openSession } from '../test/wire.ts';
import { createKeyRing } from './identity/key-ring.ts';
import { endSessions } from './identity/revocation.ts';
import { queryOf } from './log/database.ts';
import { defaultKeeping } from './log/keeping.ts';
import { trim } from './log/trim.ts';
import { post } from './messages/post.ts';
import { eraseOld } from './privacy/retention.ts';

const hourMs = 3_600_000;
const yearMs = 365 * 24 * hourMs;
let app: App;
/** A second process on the same database. */
let other: App;

beforeAll(async () => {
  const databaseUrl = await newDatabase();
  const client = new pg.Client(databaseUrl);
  await client.connect();
  await client.query(`
    create table public.clock (ahead interval not null);
    insert into public.clock values ('0');
    create function public.now() returns timestamptz stable language sql
      as $$ select pg_catalog.now() + ahead from public.clock $$;
    create function public.clock_timestamp() returns timestamptz volatile language sql
      as $$ select pg_catalog.clock_timestamp() + ahead from public.clock $$;
    do $$ begin execute format('alter database %I set search_path = public, pg_catalog', current_database()); end $$`);
  await client.end();
  app = await startApp({ databaseUrl });
  other = await startApp({ databaseUrl });
  await site(app.payload, 'halden');
});
afterAll(async () => {
  await other?.close();
  await app?.close();
});
afterEach(() => jump(0));

const query = <R>(text: string, values?: unknown[]) => queryOf(app.payload)<R>(text, values);
const jump = (ms: number) => query(`update public.clock set ahead = $1 * interval '1 ms'`, [ms]);

interface Visitor {
  token: string;
  user: string;
  handle: string;
  expiresMs: number;
}
async function visitor(at: App, handle?: string): Promise<Visitor> {
  const { token, user, visitor, expiresAt } = await openSession(
    at,
    { site: 'halden', ...(handle ? { visitor: handle } : {}) },
    { origin: null },
  );
  return { token, user: user.id, handle: visitor ?? '', expiresMs: Date.parse(expiresAt) };
}
const asks = async (at: App, { token }: Visitor) =>
  (await ask(at, '/api/chat/threads', { token, origin: null })).status;
const logout = async (at: App, { token }: Visitor) =>
  expect((await ask(at, '/api/chat/logout', { method: 'POST', token, origin: null })).status).toBe(200);
const endAllOf = async (at: App, { user }: Visitor) =>
  endSessions(await localReq(at.payload), [{ site: 'halden', user }]);
const hears = (at: App, who: Visitor) =>
  expect.poll(() => asks(at, who), { timeout: 5000, message: 'the other to hear of the end' }).toBe(401);

/** Of one who starts only now. */
async function startsNow(run: (late: App) => Promise<void>) {
  const late = await startApp({ databaseUrl: app.databaseUrl });
  try {
    await run(late);
  } finally {
    await late.close();
  }
}

test('the clock of this database can be moved', async () => {
  await jump(yearMs);
  const [row] = await query<{ by: number }>('select extract(epoch from now() - pg_catalog.now())::float8 as by');
  expect(row?.by).toBe(yearMs / 1000);
});

test.each([yearMs, -yearMs])('[I9] a leap of %i ms hides no end from other processes, then or after it', async (ms) => {
  const [during, after] = [await visitor(app), await visitor(app)];
  expect(await asks(other, during)).toBe(200);
  await jump(ms);
  await logout(app, during);
  await hears(other, during);
  await jump(0);
  await logout(app, after);
  await hears(other, after);
});

test.each([yearMs, -yearMs])(
  '[I9] a session that ended before a leap of %i ms, or during it, has ended to those who start then and after it',
  async (ms) => {
    const [before, during, good] = [await visitor(app), await visitor(app), await visitor(app)];
    await logout(app, before);
    await jump(ms);
    await logout(app, during);
    await trim(queryOf(app.payload), defaultKeeping);
    for (const by of [ms, 0]) {
      await jump(by);
      await startsNow(async (late) => {
        expect([await asks(late, before), await asks(late, during), await asks(late, good)]).toEqual([401, 401, 200]);
      });
    }
  },
);

test('[I9] all of a user’s sessions end, however far back Postgres’ clock was set', async () => {
  const who = await visitor(app);
  await jump(-24 * hourMs);
  await endAllOf(app, who);
  expect(await asks(app, who)).toBe(401);
  await hears(other, who);
});

test('whoever comes back after all his sessions were ended by a clock that was ahead is let in, and no longer than ever', async () => {
  const who = await visitor(app);
  await jump(yearMs);
  await endAllOf(app, who);
  await hears(other, who);
  for (const by of [yearMs, 0]) {
    await jump(by);
    const again = await visitor(other, who.handle);
    expect(again.user).toBe(who.user);
    expect(await asks(other, again)).toBe(200);
    expect(await asks(app, again)).toBe(200);
    expect(again.expiresMs).toBeLessThan(Date.now() + 1.1 * hourMs);
    await endAllOf(app, again);
    await hears(other, again);
  }
});

test.each([yearMs, -yearMs])('a leap of %i ms ends no signing key and makes none', async (ms) => {
  const who = await visitor(app);
  const keys = () => query('select kid, active_from, expires from chat.keys order by kid');
  const before = await keys();
  await jump(ms);
  await startsNow(async (late) => {
    expect(await asks(late, who)).toBe(200);
    const { kid } = await createKeyRing(late.payload).signing();
    expect(before).toContainEqual(expect.objectContaining({ kid }));
  });
  expect(await keys()).toEqual(before);
});

test.each([yearMs, -yearMs])('a key that is made at a leap of %i ms is good then and after it', async (ms) => {
  const held = await query<{ kid: string }>('select * from chat.keys');
  await query('delete from chat.keys');
  try {
    await jump(ms);
    const made = (await createKeyRing(app.payload).signing()).kid;
    for (const by of [ms, 0]) {
      await jump(by);
      const ring = createKeyRing(other.payload);
      expect((await ring.signing()).kid).toBe(made);
      expect(await ring.verifying(made)).toBeDefined();
    }
  } finally {
    await query('delete from chat.keys');
    await query('insert into chat.keys select * from jsonb_populate_recordset(null::chat.keys, $1)', [
      JSON.stringify(held),
    ]);
  }
});

test('a leap of a year takes no event before its time, and what was dated by it keeps no other', async () => {
  await query(
    `insert into chat.events (id, site, thread, type, payload)
      select gen_random_uuid(), 'trimmed', null, 'site.updated', '{}' from generate_series(1, 50)`,
  );
  const keeping = { ...defaultKeeping, keepEvents: 10 };
  await jump(yearMs);
  const left = async () => (await query<{ pos: string }>(`select pos from chat.events where site = 'trimmed'`)).length;
  await trim(queryOf(app.payload), keeping);
  expect(await left()).toBe(50);
  await jump(0);
  await query(`update chat.events set created = created - interval '8 days' where site = 'trimmed'`);
  await query(`update chat.events set created = now() + interval '1 year' where site = 'trimmed' and pos in (1, 20)`);
  await trim(queryOf(app.payload), keeping);
  expect(await left()).toBe(10);
});

test('a leap of a year erases no message that its site still keeps', async () => {
  const at = await site(app.payload, 'keeps');
  await room(app.payload, 'keeps', 'lobby');
  const writer = await memberCaller(app.payload, at, await account(app.payload, 'Writer'));
  await post(await localReq(app.payload), writer, { room: 'lobby', content: 'of today' });
  await query('update sites set retention_days = 30');
  await jump(yearMs);
  expect(await eraseOld(app.payload)).toBe(0);
  await jump(0);
  await query(`update messages set timestamp = timestamp - interval '31 days'`);
  expect(await eraseOld(app.payload)).toBe(1);
});
