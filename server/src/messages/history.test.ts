/**
 * [I5] Replay equals state, for random histories: whatever is done to a thread, by whom, through the chat's operations, the
 * panel's REST or the host's own code, alone or several at once, every snapshot taken on the way becomes the last one by
 * the events that follow its cursor.
 */
import type { Snapshot } from '@payload-chat/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, account, localReq, memberCaller, room, site, startApp, visitorCaller } from '../../test/app.ts';
import { seed } from '../../test/random.ts';
import { comparable, replayed } from '../../test/replay.ts';
import { ask, logIn } from '../../test/wire.ts';
import type { Site } from '../collections/sites/site.ts';
import { snapshotOf } from '../endpoints/snapshot.ts';
import type { Caller } from '../identity/caller.ts';
import { queryOf } from '../log/database.ts';
import { edit, remove } from './change.ts';
import { leave } from './leave.ts';
import { markRead } from './mark-read.ts';
import { post } from './post.ts';

let app: App;
let at: Site;
let members: Caller[];
let agents: Caller[];
let admin: { Authorization: string };

beforeAll(async () => {
  app = await startApp();
  const staff = await Promise.all(['Maya', 'Noor'].map((name) => account(app.payload, name, 'agent')));
  at = await site(app.payload, 'halden', { agents: staff.map(({ id }) => id) });
  agents = await Promise.all(staff.map((who) => memberCaller(app.payload, at, who)));
  const people = await Promise.all(['Ana', 'Ben', 'Cleo'].map((name) => account(app.payload, name)));
  members = await Promise.all(people.map((who) => memberCaller(app.payload, at, who)));
  // Their rows: a seat is given to somebody who is known.
  await room(app.payload, 'halden', 'lobby');
  for (const caller of [...members, ...agents]) await post(await req(), caller, { room: 'lobby', content: 'hello' });
  await account(app.payload, 'Root', 'admin');
  admin = { Authorization: `JWT ${(await logIn(app, 'root@example.com')).jwt}` };
});
afterAll(() => app?.close());

const req = () => localReq(app.payload);
const kinds = ['direct', 'support', 'public', 'private'] as const;

/** One thing that somebody does. Numbers choose among what there is when it is done. */
type Step =
  | { do: 'post' | 'reply' | 'read' | 'leave' | 'kick' | 'seat'; who: number; which: number }
  | { do: 'edit' | 'edit by the host'; which: number; to: number }
  | { do: 'delete' | 'moderate' | 'erase' | 'delete by the host'; which: number }
  | { do: 'status' | 'title' | 'public' | 'status by REST'; to: number }
  | { do: 'post by the host'; who: number; old: boolean }
  | { do: 'many at once'; to: number }
  | { do: 'one transaction'; who: number; rolledBack: boolean };

const number = fc.nat(9);
const of = <D extends Step['do']>(...names: D[]) => fc.constantFrom(...names);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: of('post', 'reply', 'read'), who: number, which: number }) },
  { weight: 3, arbitrary: fc.record({ do: of('leave', 'kick', 'seat'), who: number, which: number }) },
  { weight: 3, arbitrary: fc.record({ do: of('edit', 'edit by the host'), which: number, to: number }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: of('delete', 'moderate', 'erase', 'delete by the host'), which: number }),
  },
  { weight: 2, arbitrary: fc.record({ do: of('status', 'title', 'public', 'status by REST'), to: number }) },
  { weight: 1, arbitrary: fc.record({ do: of('post by the host'), who: number, old: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: of('many at once'), to: number }) },
  { weight: 1, arbitrary: fc.record({ do: of('one transaction'), who: number, rolledBack: fc.boolean() }) },
);

/** Steps in one inner list are done at the same time. */
const history = fc.record({
  kind: fc.constantFrom(...kinds),
  steps: fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { minLength: 3, maxLength: 14 }),
});

let threads = 0;

/** A new thread of this kind and who takes part. */
async function begin(kind: (typeof kinds)[number]): Promise<{ thread: string; people: Caller[] }> {
  threads += 1;
  const [ana, ben, cleo] = members as [Caller, Caller, Caller];
  if (kind === 'support') {
    const visitor = visitorCaller(at, 'Inês');
    const { message } = await post(await req(), visitor, { content: 'Help' });
    return { thread: message.thread, people: [visitor, ...agents] };
  }
  if (kind === 'direct') {
    // Two of a pair have one thread for ever: a new person for each.
    const who = await memberCaller(app.payload, at, await account(app.payload, `Person ${threads}`));
    const { message } = await post(await req(), who, { receiver: ben.user.id, content: 'Hi' });
    return { thread: message.thread, people: [who, ben] };
  }
  const thread = await room(app.payload, 'halden', `room-${threads}`, { public: kind === 'public' });
  for (const { user } of [ana, ...agents].slice(0, 2))
    await app.payload.create({ collection: 'participants', data: { thread, user: user.id } });
  return { thread, people: [ana, ben, cleo, ...agents] };
}

/** What may be said to a step that comes too late, or to one who may not. Anything else is a fault. */
const refusals = ['not-found', 'forbidden', 'invalid', 'window-closed', 'not-stored'];
function expectRefusal(error: { code?: string; status?: number }): void {
  // Payload's own words for a row that is gone, and a second seat for the same person.
  if (error.status === 404 || error.status === 400) return;
  if (!refusals.includes(error.code ?? '')) throw error;
}

async function act(given: Step, { thread, people }: { thread: string; people: Caller[] }): Promise<void> {
  const { payload } = app;
  const pick = <T>(list: readonly T[], index: number) => list[index % list.length] as T;
  const rows = () =>
    queryOf(payload)<{ id: string; sender: string }>(
      'select id, sender_id as sender from messages where thread_id = $1 order by seq',
      [thread],
    );
  const message = async () => ('which' in given ? pick(await rows(), given.which) : undefined);
  const byItsAuthor = ({ sender }: { sender: string }) => people.find(({ user }) => user.id === sender);
  const update = (data: Record<string, unknown>) => payload.update({ collection: 'threads', id: thread, data });
  const found = await message();
  const caller = 'who' in given ? pick(people, given.who) : undefined;
  const sender = caller?.user.id;
  switch (given.do) {
    case 'post':
    case 'reply': {
      const replyTo = given.do === 'reply' && found ? { replyTo: found.id } : {};
      await post(await req(), caller as Caller, { thread, content: `say ${given.which}`, ...replyTo });
      return;
    }
    case 'read':
      return void (await markRead(await req(), caller as Caller, thread, given.which));
    case 'leave':
      return void (await leave(await req(), caller as Caller, { thread, user: String(sender) }));
    case 'kick':
      return void (await leave(await req(), agents[0] as Caller, { thread, user: String(sender) }));
    case 'seat':
      return void (await payload.create({ collection: 'participants', data: { thread, user: sender } }));
    case 'edit': {
      const author = found && byItsAuthor(found);
      if (author) await edit(await req(), author, found.id, `edit ${given.to}`);
      return;
    }
    case 'edit by the host':
      if (found) await payload.update({ collection: 'messages', id: found.id, data: { content: `host ${given.to}` } });
      return;
    case 'delete': {
      const author = found && byItsAuthor(found);
      if (author) await remove(await req(), author, found.id);
      return;
    }
    case 'moderate':
      if (found) await remove(await req(), agents[1] as Caller, found.id);
      return;
    case 'erase':
      if (found) await payload.delete({ collection: 'messages', id: found.id });
      return;
    case 'delete by the host': {
      const data = { deletedAt: new Date().toISOString() };
      if (found) await payload.update({ collection: 'messages', id: found.id, data });
      return;
    }
    case 'status':
      return void (await update({ status: pick(['open', 'closed'], given.to) }));
    case 'title':
      return void (await update({ title: `Title ${given.to}` }));
    case 'public':
      return void (await update({ public: given.to % 2 === 0 }));
    case 'status by REST': {
      const body = { status: pick(['open', 'closed'], given.to) };
      const said = await ask(app, `/api/threads/${thread}`, { method: 'PATCH', origin: null, headers: admin, body });
      expect(said.status).toBe(200);
      return;
    }
    case 'post by the host': {
      const old = given.old ? { timestamp: '2020-01-01T00:00:00.000Z' } : {};
      return void (await payload.create({ collection: 'messages', data: { thread, sender, content: 'code', ...old } }));
    }
    case 'many at once': {
      const where = { thread: { equals: thread }, content: { like: `say ${given.to}` }, deletedAt: { exists: false } };
      return void (await payload.update({ collection: 'messages', where, data: { content: `all ${given.to}` } }));
    }
    case 'one transaction': {
      const one = await req();
      one.transactionID = (await payload.db.beginTransaction()) as string;
      try {
        const data = { thread, sender, content: 'draft' };
        const { id } = await payload.create({ collection: 'messages', data, req: one });
        await payload.update({ collection: 'messages', id, data: { content: 'final' }, req: one });
        const gone = await payload.create({ collection: 'messages', data, req: one });
        await payload.delete({ collection: 'messages', id: gone.id, req: one });
        await payload.update({ collection: 'threads', id: thread, data: { title: 'In one' }, req: one });
        if (given.rolledBack) await payload.db.rollbackTransaction(one.transactionID);
        else await payload.db.commitTransaction(one.transactionID);
      } catch (error) {
        await payload.db.rollbackTransaction(one.transactionID);
        throw error;
      }
    }
  }
}

/** An admin's eyes: they see the thread whatever becomes of seats and rights. */
const eyes = (): Caller => ({ ...(agents[0] as Caller), isAdmin: true });
const look = async (thread: string) => snapshotOf(await req(), eyes(), thread, { limit: 100, before: undefined });

test('[I5] every snapshot on the way becomes the last one by the events that follow it', {
  timeout: 300_000,
}, async () => {
  const runs = Number(process.env.HISTORIES ?? 12);
  const did = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(history, async ({ kind, steps }) => {
      const place = await begin(kind);
      const snapshots = [await look(place.thread)];
      for (const together of steps) {
        const acting = together.map((each) =>
          act(each, place).then(() => did.set(each.do, (did.get(each.do) ?? 0) + 1), expectRefusal),
        );
        // One in the middle of it, one after.
        snapshots.push(await look(place.thread));
        await Promise.all(acting);
        snapshots.push(await look(place.thread));
      }
      const last = comparable(snapshots.at(-1) as Snapshot);
      for (const snapshot of snapshots) expect(comparable(await replayed(app, at.key, snapshot))).toEqual(last);
    }),
    { numRuns: runs, seed: seed('histories'), endOnFailure: process.env.SHRINK === undefined },
  );
  console.info(`histories: ${[...did].map(([what, count]) => `${what} ${count}`).join(', ')}`);
});
