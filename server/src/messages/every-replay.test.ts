/**
 * [I5] Replay equals state for every write of the server, in every thread that there is: whoever had a snapshot before it
 * makes the one after it of the events alone, or is told that he can't.
 */
import type { EventType, Snapshot } from '@payload-chat/protocol';
import { afterAll, expect, test } from 'vitest';
import { localReq, memberCaller, startApp } from '../../test/app.ts';
import { comparable, eventsAfter, replayOf } from '../../test/replay.ts';
import { doorsOf, makeWorld, writeNothing, writesOf } from '../../test/writes/index.ts';
import { readSite, type Site } from '../collections/sites/site.ts';
import { snapshotOf } from '../endpoints/snapshot.ts';
import { queryOf } from '../log/database.ts';

const app = await startApp();
const world = await makeWorld(app);
const writes = writesOf(world);
afterAll(() => app.close());

/** By event type: whether it was met. A type of a later day is missed here by the compiler, and by the last test. */
const met: Record<EventType, boolean> = {
  'message.posted': false,
  'message.edited': false,
  'message.deleted': false,
  'message.erased': false,
  'thread.created': false,
  'thread.updated': false,
  'participant.joined': false,
  'participant.left': false,
  'session.ended': false,
  'user.erased': false,
  'site.updated': false,
};

interface Seen {
  site: string;
  snapshot: Snapshot;
  /** Of the thread's rows when it was taken. */
  print: string;
}
const held = new Map<string, Seen>();

/** A word for all that Postgres holds of each thread, whatever an event says of it. */
async function prints(): Promise<Array<{ id: string; site: string; print: string }>> {
  const rowsOf = (table: string) =>
    `(select string_agg(r::text, ' ' order by r.id) from ${table} r where r.thread_id = t.id)`;
  return queryOf(app.payload)(
    `select t.id, t.site_id as site, md5(concat_ws(' ', t::text, ${rowsOf('participants')}, ${rowsOf('messages')})) as print
      from threads t`,
  );
}

async function headsOfLogs(): Promise<Map<string, number>> {
  const rows = await queryOf(app.payload)<{ site: string; pos: string }>('select site, pos from chat.sites');
  return new Map(rows.map(({ site, pos }) => [site, Number(pos)]));
}

/** The thread as somebody sees it who may see all. */
async function look(id: string, site: string): Promise<Snapshot> {
  const at = (await readSite(app.payload, site)) as Site;
  const eyes = { ...(await memberCaller(app.payload, at, { id: world.agentId })), isAdmin: true };
  return snapshotOf(await localReq(app.payload), eyes, id, { limit: 100, before: undefined });
}

test.each(writes)('[I5] $door: $what', { timeout: 60_000 }, async ({ ready, stale = false }) => {
  const act = await ready();
  for (const { id, site, print } of await prints())
    if (held.get(id)?.print !== print) held.set(id, { site, print, snapshot: await look(id, site) });
  const heads = await headsOfLogs();
  const { status, body } = await act();
  expect([200, 201], JSON.stringify(body)).toContain(status);
  const touched = new Set<string | null>();
  for (const [site, head] of await headsOfLogs()) {
    if (heads.get(site) === head) continue;
    for (const { type, thread } of await eventsAfter(app, site, { cursor: `.${heads.get(site) ?? 0}` })) {
      met[type] = true;
      touched.add(thread);
    }
  }
  const after = new Map((await prints()).map(({ id, print }) => [id, print]));
  let looksAnew = false;
  for (const [id, { site, snapshot, print }] of held) {
    if (after.get(id) === print && !touched.has(id)) continue;
    const made = replayOf(snapshot, await eventsAfter(app, site, snapshot));
    if (made === 'stale') looksAnew = true;
    else expect(comparable(made)).toEqual(comparable(await look(id, site)));
  }
  expect(looksAnew).toBe(stale);
  if (looksAnew) held.clear();
});

test('every type of event was met on the way', () => {
  const missed = Object.entries(met).flatMap(([type, isMet]) => (isMet ? [] : [type]));
  expect(missed).toEqual([]);
});

test('every door by which something could be written is one of these, or said to write nothing', () => {
  const doors = doorsOf(app.payload);
  const known = (door: string) =>
    writes.some((write) => write.door === door) || writeNothing.some(([form]) => form.test(door));
  expect(doors.filter((door) => !known(door))).toEqual([]);
  // And nothing is said of doors that are not there.
  const others = ['retention', ...doors.filter((door) => / /.test(door)).map((door) => door.replace(' ', ' many '))];
  const gone = [
    ...writes.map(({ door }) => door).filter((door) => ![...doors, ...others].includes(door)),
    ...writeNothing.filter(([form]) => !doors.some((door) => form.test(door))).map(([form]) => String(form)),
  ];
  expect(gone).toEqual([]);
});
