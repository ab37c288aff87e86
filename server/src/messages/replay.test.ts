/** Replay equals state: for every action, the snapshot before it and its events make the snapshot after it. */
import type { Snapshot } from '@payload-chat/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, account, localReq, memberCaller, room, site, startApp, visitorCaller } from '../../test/app.ts';
import { randomFrom } from '../../test/random.ts';
import { comparable, replayed } from '../../test/replay.ts';
import type { Site } from '../collections/sites/site.ts';
import { snapshotOf } from '../endpoints/snapshot.ts';
import type { Caller } from '../identity/caller.ts';
import { edit, remove } from './change.ts';
import { leave } from './leave.ts';
import { post } from './post.ts';

let app: App;
let at: Site;
let ana: Caller;
let ben: Caller;
let maya: Caller;
let noor: Caller;

beforeAll(async () => {
  app = await startApp();
  const agents = await Promise.all(['Maya', 'Noor'].map((name) => account(app.payload, name, 'agent')));
  at = await site(app.payload, 'halden', { agents: agents.map(({ id }) => id) });
  ana = await memberCaller(app.payload, at, await account(app.payload, 'Ana'));
  ben = await memberCaller(app.payload, at, await account(app.payload, 'Ben'));
  maya = await memberCaller(app.payload, at, agents[0] as { id: number });
  noor = await memberCaller(app.payload, at, agents[1] as { id: number });
  await room(app.payload, 'halden', 'lobby');
});
afterAll(() => app?.close());

const req = () => localReq(app.payload);
const everything = { limit: 100, before: undefined };

/** Runs the action and compares what `caller` would have made of its events with a fresh snapshot. */
async function follow(caller: Caller, thread: string, action: () => Promise<unknown>): Promise<Snapshot> {
  const before = await snapshotOf(await req(), caller, thread, everything);
  await action();
  const after = await snapshotOf(await req(), caller, thread, everything);
  expect(comparable(await replayed(app, at.key, before))).toEqual(comparable(after));
  return after;
}

test('[I5] in a direct thread: posting, replying, editing, deleting, erasing, leaving and coming back', async () => {
  const { message } = await post(await req(), ana, { receiver: ben.user.id, content: 'one' });
  const { thread } = message;
  await follow(ana, thread, async () =>
    post(await req(), ben, { thread, content: 'two', replyTo: message.id, localId: 'two' }),
  );
  await follow(ben, thread, async () => edit(await req(), ana, message.id, 'one, better'));
  await follow(ben, thread, async () => remove(await req(), ana, message.id));
  const { message: third } = await post(await req(), ana, { thread, content: 'three' });
  await follow(ben, thread, () => app.payload.delete({ collection: 'messages', id: third.id }));
  await follow(ana, thread, async () => leave(await req(), ben, { thread, user: ben.user.id }));
  const after = await follow(ana, thread, async () =>
    post(await req(), ana, { receiver: ben.user.id, content: 'back?' }),
  );
  expect(after.participants.map(({ user }) => user.id)).toEqual([ana.user.id, ben.user.id]);
});

test('[I5] in a support thread: agents come and go, the conversation closes and opens', async () => {
  const visitor = visitorCaller(at, 'Inês');
  const { message } = await post(await req(), visitor, { content: 'Help' });
  const { thread } = message;
  await follow(visitor, thread, async () => post(await req(), maya, { thread, content: 'Here' }));
  await follow(visitor, thread, () =>
    app.payload.update({ collection: 'threads', id: thread, data: { status: 'closed' } }),
  );
  await follow(maya, thread, async () => post(await req(), visitor, { thread, content: 'Wait' }));
  await follow(visitor, thread, async () => leave(await req(), maya, { thread, user: maya.user.id }));
  await follow(maya, thread, async () => remove(await req(), maya, message.id));
});

test('[I5] in a room: writers of all kinds, a new title, a moderator who gets a seat', async () => {
  const thread = (await post(await req(), ana, { room: 'lobby', content: 'hello' })).message.thread;
  await follow(ben, thread, async () => post(await req(), visitorCaller(at), { room: 'lobby', content: 'me too' }));
  await follow(ben, thread, async () => post(await req(), maya, { room: 'lobby', content: 'welcome' }));
  await follow(ben, thread, () =>
    app.payload.update({ collection: 'threads', id: thread, data: { title: 'The lobby' } }),
  );
  await follow(ben, thread, () =>
    app.payload
      .update({ collection: 'threads', id: thread, data: { public: false } })
      .then(() => app.payload.update({ collection: 'threads', id: thread, data: { public: true } })),
  );
  await follow(ben, thread, async () => leave(await req(), ana, { thread, user: ana.user.id }));
});

test('[I5] whatever is done, in whatever order', async () => {
  const random = randomFrom('replay');
  const visitor = visitorCaller(at, 'Leo');
  const { message } = await post(await req(), visitor, { content: 'Help' });
  const { thread } = message;
  const people = [visitor, maya, noor];
  const mine: Array<{ id: string; by: Caller }> = [{ id: message.id, by: visitor }];
  const settle = (action: Promise<unknown>) =>
    action.catch((error) => expect(['window-closed', 'not-found', 'invalid']).toContain(error.code));
  const actions = [
    async () => {
      const by = people[random.below(3)] as Caller;
      mine.push({ id: (await post(await req(), by, { thread, content: `say ${random.below(99)}` })).message.id, by });
    },
    async () => {
      const { id, by } = mine[random.below(mine.length)] as (typeof mine)[number];
      await settle(edit(await req(), by, id, `edit ${random.below(99)}`));
    },
    async () => settle(remove(await req(), maya, (mine[random.below(mine.length)] as { id: string }).id)),
    async () => settle(leave(await req(), maya, { thread, user: (random.below(2) ? maya : noor).user.id })),
    async () =>
      settle(
        app.payload.update({
          collection: 'threads',
          id: thread,
          data: { status: random.below(2) ? 'open' : 'closed' },
        }),
      ),
  ];
  for (let turn = 0; turn < 40; turn += 1) {
    // Sometimes several at once: what is compared is the whole.
    const many = Array.from(
      { length: 1 + random.below(3) },
      () => actions[random.below(actions.length)] as () => Promise<unknown>,
    );
    await follow(maya, thread, () => Promise.all(many.map((action) => action())));
  }
});
