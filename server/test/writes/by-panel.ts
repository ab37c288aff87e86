/** Every write that the panel does, or an admin at the server. */
import { room, site } from '../app.ts';
import { identity, openSession, siteSecret, tokenOf } from '../wire.ts';
import type { World, Write } from './world.ts';

export function writesByPanel(world: World): Write[] {
  const { app, ana, ben, agentId, next, panel, send, support, newAccount, seatOf } = world;
  const { payload } = app;

  const ofPeople: Write[] = [
    {
      what: 'a person erased, which scrubs all that he wrote',
      door: 'POST /api/chat/people/:id/erase',
      // It is done in SQL of its own.
      hooked: false,
      stale: true,
      async ready() {
        const mira = await openSession(app, {
          site: 'halden',
          identity: await identity('halden', { sub: `sub ${next()}`, name: 'Mira' }),
        });
        await send(mira, { content: 'one' });
        await send(mira, { room: 'lobby', content: 'two' });
        return () => panel('POST', `/api/chat/people/${mira.user.id}/erase`);
      },
    },
    {
      what: 'an account deleted, which ends its sessions',
      door: 'DELETE /api/users/:id',
      async ready() {
        const { id, email } = await newAccount();
        await tokenOf(app, 'halden', email);
        return () => panel('DELETE', `/api/users/${id}`);
      },
    },
    {
      what: 'an account that is an admin no more, which ends its sessions',
      door: 'PATCH /api/users/:id',
      async ready() {
        const { id, email } = await newAccount('admin');
        await tokenOf(app, 'halden', email);
        return () => panel('PATCH', `/api/users/${id}`, { role: 'member' });
      },
    },
  ];

  const ofThreads: Write[] = [
    {
      what: 'closing a thread',
      door: 'PATCH /api/threads/:id',
      async ready() {
        const { thread } = await support();
        return () => panel('PATCH', `/api/threads/${thread}`, { status: 'closed' });
      },
    },
    {
      what: 'a room under another title, and for those who sit there alone',
      door: 'PATCH /api/threads/:id',
      async ready() {
        const thread = await room(payload, 'halden', `room-${next()}`);
        await send(ana, { thread, content: 'hello' });
        return () => panel('PATCH', `/api/threads/${thread}`, { title: `Title ${next()}`, public: false });
      },
    },
    {
      what: 'a room',
      door: 'POST /api/threads/',
      async ready() {
        const key = `room-${next()}`;
        return () => panel('POST', '/api/threads', { site: 'halden', kind: 'room', key, title: key, public: true });
      },
    },
    {
      what: 'a save that changes nothing a reader sees',
      door: 'PATCH /api/threads/:id',
      async ready() {
        const { thread } = await support();
        return () => panel('PATCH', `/api/threads/${thread}`, { label: `Support ${next()}`, status: 'open' });
      },
    },
    {
      what: 'a seat given',
      door: 'POST /api/participants/',
      async ready() {
        const thread = await room(payload, 'halden', `private-${next()}`, { public: false });
        return () => panel('POST', '/api/participants', { thread, user: ana.user.id });
      },
    },
    {
      what: 'a seat taken away',
      door: 'DELETE /api/participants/:id',
      async ready() {
        const thread = await room(payload, 'halden', `private-${next()}`, { public: false });
        await payload.create({ collection: 'participants', data: { thread, user: ana.user.id } });
        const seat = await seatOf(thread, ana.user.id);
        return () => panel('DELETE', `/api/participants/${seat}`);
      },
    },
    {
      what: 'a message deleted',
      door: 'DELETE /api/messages/:id',
      async ready() {
        const { id } = await send(ana, { receiver: ben.user.id, content: 'oops' });
        return () => panel('DELETE', `/api/messages/${id}`);
      },
    },
  ];

  const ofSites: Write[] = [
    {
      what: 'a site',
      door: 'POST /api/sites/',
      async ready() {
        const key = `site-${next()}`;
        return () => panel('POST', '/api/sites', { key, name: key, origins: [] });
      },
    },
    {
      what: 'a site that takes agents and visitors back, which ends sessions',
      door: 'PATCH /api/sites/:id',
      async ready() {
        const key = `site-${next()}`;
        await site(payload, key, { agents: [agentId] });
        await tokenOf(app, key, 'maya@example.com');
        return () => panel('PATCH', `/api/sites/${key}`, { agents: [], visitors: false });
      },
    },
    {
      what: 'a site’s secret taken away, which ends the sessions that it proved',
      door: 'PATCH /api/sites/:id',
      async ready() {
        const key = `site-${next()}`;
        await site(payload, key, { secrets: [siteSecret] });
        await openSession(app, { site: key, identity: await identity(key, { sub: 'one' }) });
        return () => panel('PATCH', `/api/sites/${key}`, { secrets: [] });
      },
    },
    {
      what: 'the words and limits of the site that all are at',
      door: 'PATCH /api/sites/:id',
      async ready() {
        return () => panel('PATCH', '/api/sites/halden', { texts: { title: `Title ${next()}` } });
      },
    },
  ];

  return [...ofPeople, ...ofThreads, ...ofSites];
}
