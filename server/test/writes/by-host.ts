/** Every write that a host's own code does with the chat's collections, past all access, and the server's own jobs. */
import { eraseOld } from '../../src/privacy/retention.ts';
import { localReq, room, site } from '../app.ts';
import { openSession, tokenOf } from '../wire.ts';
import type { World, Write } from './world.ts';

export function writesByHost(world: World): Write[] {
  const { app, ana, ben, lobby, next, send, support, newAccount, seatOf, byHost } = world;
  const { payload } = app;
  const inLobby = (content: string) => send(ana, { room: 'lobby', content });

  const ofMessages: Write[] = [
    {
      what: 'a message, imported with a time of its own',
      door: 'create messages',
      async ready() {
        const timestamp = '2020-01-01T00:00:00.000Z';
        const data = { thread: lobby, sender: ana.user.id, content: `imported ${next()}`, timestamp };
        return byHost(() => payload.create({ collection: 'messages', data }));
      },
    },
    {
      what: 'a message changed',
      door: 'update messages',
      async ready() {
        const { id } = await inLobby('of the host');
        return byHost(() => payload.update({ collection: 'messages', id, data: { content: `host ${next()}` } }));
      },
    },
    {
      what: 'a message made a tombstone',
      door: 'update messages',
      async ready() {
        const { id } = await inLobby('of the host');
        const data = { deletedAt: new Date().toISOString() };
        return byHost(() => payload.update({ collection: 'messages', id, data }));
      },
    },
    {
      what: 'many messages changed',
      door: 'update many messages',
      async ready() {
        const ids = [await inLobby('one of many'), await inLobby('another of many')].map(({ id }) => id);
        const data = { content: `all ${next()}` };
        return byHost(() => payload.update({ collection: 'messages', where: { id: { in: ids } }, data }));
      },
    },
    {
      what: 'a message erased that others answer',
      door: 'delete messages',
      async ready() {
        const { id, thread } = await send(ana, { receiver: ben.user.id, content: 'secret' });
        const reply = await send(ben, { thread, content: 'an answer', replyTo: id });
        await send(ben, { thread, content: 'another', replyTo: id });
        await payload.update({ collection: 'messages', id: reply.id, data: { deletedAt: new Date().toISOString() } });
        return byHost(() => payload.delete({ collection: 'messages', id }));
      },
    },
    {
      what: 'many messages erased',
      door: 'delete many messages',
      async ready() {
        const ids = [await inLobby('one of many'), await inLobby('another of many')].map(({ id }) => id);
        return byHost(() => payload.delete({ collection: 'messages', where: { id: { in: ids } } }));
      },
    },
    {
      what: 'a transaction of many things',
      door: 'create messages',
      async ready() {
        const { thread } = await support();
        return byHost(async () => {
          const req = await localReq(payload);
          req.transactionID = (await payload.db.beginTransaction()) as string;
          const data = { thread, sender: ana.user.id, content: 'draft' };
          try {
            const { id } = await payload.create({ collection: 'messages', data, req });
            await payload.update({ collection: 'messages', id, data: { content: 'final' }, req });
            const gone = await payload.create({ collection: 'messages', data, req });
            await payload.delete({ collection: 'messages', id: gone.id, req });
            await payload.create({ collection: 'participants', data: { thread, user: ben.user.id }, req });
            await payload.update({ collection: 'threads', id: thread, data: { status: 'closed' }, req });
          } catch (error) {
            await payload.db.rollbackTransaction(req.transactionID);
            throw error;
          }
          await payload.db.commitTransaction(req.transactionID);
        });
      },
    },
    {
      what: 'messages that have become too old for their site',
      door: 'retention',
      async ready() {
        const key = `brief-${next()}`;
        await site(payload, key, { retentionDays: 30 });
        const visitor = await openSession(app, { site: key });
        const { thread } = await send(visitor, { content: 'new' });
        const data = { thread, sender: visitor.user.id, content: 'old', timestamp: '2020-01-01T00:00:00.000Z' };
        await payload.create({ collection: 'messages', data });
        return byHost(() => eraseOld(payload));
      },
    },
  ];

  const ofOthers: Write[] = [
    {
      what: 'a room',
      door: 'create threads',
      async ready() {
        const key = `room-${next()}`;
        return byHost(() => room(payload, 'halden', key));
      },
    },
    {
      what: 'a thread closed',
      door: 'update threads',
      async ready() {
        const { thread } = await support();
        return byHost(() => payload.update({ collection: 'threads', id: thread, data: { status: 'closed' } }));
      },
    },
    {
      what: 'many threads closed',
      door: 'update many threads',
      async ready() {
        const ids = [await support(), await support()].map(({ thread }) => thread);
        const where = { id: { in: ids } };
        return byHost(() => payload.update({ collection: 'threads', where, data: { status: 'closed' } }));
      },
    },
    {
      what: 'a seat given',
      door: 'create participants',
      async ready() {
        const { thread } = await support();
        return byHost(() => payload.create({ collection: 'participants', data: { thread, user: ben.user.id } }));
      },
    },
    {
      what: 'a receipt moved',
      door: 'update participants',
      async ready() {
        const { thread, seq } = await send(ana, { receiver: ben.user.id, content: 'read it' });
        const id = await seatOf(thread, ben.user.id);
        return byHost(() => payload.update({ collection: 'participants', id, data: { readSeq: seq } }));
      },
    },
    {
      what: 'a seat taken away',
      door: 'delete participants',
      async ready() {
        const { visitor, thread } = await support();
        const id = await seatOf(thread, visitor.user.id);
        return byHost(() => payload.delete({ collection: 'participants', id }));
      },
    },
    {
      what: 'many seats taken away',
      door: 'delete many participants',
      async ready() {
        const { thread } = await support();
        await payload.create({ collection: 'participants', data: { thread, user: ben.user.id } });
        return byHost(() => payload.delete({ collection: 'participants', where: { thread: { equals: thread } } }));
      },
    },
    {
      what: 'a person',
      door: 'create chat-users',
      async ready() {
        const data = { id: `x_made-${next()}`, name: 'Made', kind: 'external', site: 'halden' };
        return byHost(() => payload.create({ collection: 'chat-users', data }));
      },
    },
    {
      what: 'a person without a word deleted',
      door: 'delete chat-users',
      async ready() {
        const id = `x_made-${next()}`;
        await payload.create({
          collection: 'chat-users',
          data: { id, name: 'Made', kind: 'external', site: 'halden' },
        });
        return byHost(() => payload.delete({ collection: 'chat-users', id }));
      },
    },
    {
      what: 'a site made',
      door: 'create sites',
      async ready() {
        const key = `site-${next()}`;
        return byHost(() => site(payload, key).then(() => undefined));
      },
    },
    {
      what: 'a site changed',
      door: 'update sites',
      async ready() {
        const key = `site-${next()}`;
        await site(payload, key);
        return byHost(() => payload.update({ collection: 'sites', id: key, data: { guests: false } }));
      },
    },
    {
      what: 'a site deleted, which ends its sessions',
      door: 'delete sites',
      async ready() {
        const key = `site-${next()}`;
        await site(payload, key);
        await openSession(app, { site: key });
        return byHost(() => payload.delete({ collection: 'sites', id: key }));
      },
    },
    {
      what: 'an account deleted',
      door: 'delete users',
      async ready() {
        const { id, email } = await newAccount();
        await tokenOf(app, 'halden', email);
        return byHost(() => payload.delete({ collection: 'users', id }));
      },
    },
    {
      what: 'an account given another role',
      door: 'update users',
      async ready() {
        const { id, email } = await newAccount('admin');
        await tokenOf(app, 'halden', email);
        return byHost(() => payload.update({ collection: 'users', id, data: { role: 'member' } }));
      },
    },
  ];

  return [...ofMessages, ...ofOthers];
}
