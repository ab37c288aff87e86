/** Every write that people of the chat do. */
import { expect } from 'vitest';
import { room } from '../app.ts';
import { identity, openSession, tokenOf } from '../wire.ts';
import type { World, Write } from './world.ts';

export function writesByPeople(world: World): Write[] {
  const { app, ana, ben, maya, lobby, next, say, send, support, newAccount, seatOf } = world;
  const { payload } = app;
  const somebody = () => identity('halden', { sub: `sub ${next()}`, name: 'Mira' });

  const messages: Write[] = [
    {
      what: 'a message in a room',
      async ready() {
        const body = { room: 'lobby', content: `words ${next()}`, localId: `l${next()}` };
        return () => say('/api/messages', { token: ana.token, body });
      },
    },
    {
      what: 'an answer to a message',
      async ready() {
        const { id, thread } = await send(ana, { receiver: ben.user.id, content: 'Well?' });
        const body = { thread, content: 'Well.', replyTo: id, localId: `l${next()}` };
        return () => say('/api/messages', { token: ben.token, body });
      },
    },
    {
      what: 'a message that makes thread, seats and persons',
      async ready() {
        const visitor = await openSession(app, { site: 'halden' });
        return () => say('/api/messages', { token: visitor.token, body: { content: 'Help', localId: 'first' } });
      },
    },
    {
      what: 'a message by a plain login, to an account that never came',
      async ready() {
        const [from, to] = [await newAccount(), await newAccount()];
        const headers = { Authorization: `JWT ${from.jwt}` };
        const body = { site: 'halden', receiver: String(to.id), content: 'Hi', localId: 'first' };
        return () => say('/api/messages?site=halden', { headers, body });
      },
    },
    {
      what: 'a message to one who has left, which seats him again',
      async ready() {
        const to = await newAccount();
        const session = await tokenOf(app, 'halden', to.email);
        const { thread } = await send(ana, { receiver: session.user.id, content: 'Hi' });
        const seat = await seatOf(thread, session.user.id);
        expect((await say(`/api/participants/${seat}`, { method: 'DELETE', token: session.token })).status).toBe(200);
        const body = { receiver: session.user.id, content: 'Are you there?', localId: `l${next()}` };
        return () => say('/api/messages', { token: ana.token, body });
      },
    },
    {
      what: 'the first answer of an agent, who takes a seat',
      async ready() {
        const { thread } = await support();
        const body = { thread, content: 'Here', localId: `l${next()}` };
        return () => say('/api/messages', { token: maya.token, body });
      },
    },
    {
      what: 'a message that opens a closed conversation',
      async ready() {
        const { visitor, thread } = await support();
        await payload.update({ collection: 'threads', id: thread, data: { status: 'closed' } });
        return () => say('/api/messages', { token: visitor.token, body: { content: 'Wait', localId: 'again' } });
      },
    },
  ].map((write) => ({ ...write, door: 'POST /api/messages' }));

  const changes: Write[] = [
    {
      what: 'an edit',
      door: 'PATCH /api/messages/:id',
      async ready() {
        const { id } = await send(ana, { room: 'lobby', content: 'frist' });
        return () => say(`/api/messages/${id}`, { method: 'PATCH', token: ana.token, body: { content: 'first' } });
      },
    },
    {
      what: 'a delete',
      door: 'DELETE /api/messages/:id',
      async ready() {
        const { id } = await send(ana, { room: 'lobby', content: 'oops' });
        return () => say(`/api/messages/${id}`, { method: 'DELETE', token: ana.token });
      },
    },
    {
      what: 'a delete by a moderator',
      door: 'DELETE /api/messages/:id',
      async ready() {
        const { id } = await support();
        return () => say(`/api/messages/${id}`, { method: 'DELETE', token: maya.token });
      },
    },
    {
      what: 'a receipt',
      door: 'POST /api/chat/threads/:id/read',
      hooked: false,
      async ready() {
        const { thread, seq } = await send(ana, { receiver: ben.user.id, content: 'read me' });
        return () => say(`/api/chat/threads/${thread}/read`, { token: ben.token, body: { seq } });
      },
    },
    {
      what: 'a first receipt, which makes a seat',
      door: 'POST /api/chat/threads/:id/read',
      async ready() {
        const { thread, seq } = await support();
        return () => say(`/api/chat/threads/${thread}/read`, { token: maya.token, body: { seq } });
      },
    },
    {
      what: 'a first receipt that reads nothing yet',
      door: 'POST /api/chat/threads/:id/read',
      async ready() {
        const { thread } = await support();
        return () => say(`/api/chat/threads/${thread}/read`, { token: maya.token, body: { seq: 0 } });
      },
    },
    {
      what: 'leaving, by the seat',
      door: 'DELETE /api/participants/:id',
      async ready() {
        const { visitor, thread } = await support();
        const seat = await seatOf(thread, visitor.user.id);
        return () => say(`/api/participants/${seat}`, { method: 'DELETE', token: visitor.token });
      },
    },
    {
      what: 'leaving a room that is private',
      door: 'DELETE /api/chat/threads/:id/participants/:user',
      async ready() {
        const thread = await room(payload, 'halden', `den-${next()}`, { public: false });
        await payload.create({ collection: 'participants', data: { thread, user: ana.user.id } });
        return () => say(`/api/chat/threads/${thread}/participants/me`, { method: 'DELETE', token: ana.token });
      },
    },
    {
      what: 'being sent out of a room',
      door: 'DELETE /api/chat/threads/:id/participants/:user',
      async ready() {
        const who = await openSession(app, { site: 'halden' });
        await send(who, { room: 'lobby', content: 'spam' });
        const path = `/api/chat/threads/${lobby}/participants/${who.user.id}`;
        return () => say(path, { method: 'DELETE', token: maya.token });
      },
    },
  ];

  const sessions: Write[] = [
    {
      what: 'a session of a signed identity, which makes a person',
      door: 'POST /api/chat/session',
      async ready() {
        const body = { site: 'halden', identity: await somebody() };
        return () => say('/api/chat/session', { body });
      },
    },
    {
      what: 'a session of an identity under a new name',
      door: 'POST /api/chat/session',
      async ready() {
        const sub = `sub ${next()}`;
        await openSession(app, { site: 'halden', identity: await identity('halden', { sub, name: 'Mira' }) });
        const signed = await identity('halden', { sub, name: 'Mira Berg' });
        return () => say('/api/chat/session', { body: { site: 'halden', identity: signed } });
      },
    },
    {
      what: 'the first session of an account',
      door: 'POST /api/chat/session',
      async ready() {
        const headers = { Authorization: `JWT ${(await newAccount()).jwt}` };
        return () => say('/api/chat/session', { headers, body: { site: 'halden' } });
      },
    },
    {
      what: 'a claim',
      door: 'POST /api/chat/claim',
      async ready() {
        const { visitor, thread, id } = await support();
        await send(maya, { thread, content: 'an agent’s', replyTo: id });
        const gone = await send(visitor, { thread, content: 'a tombstone' });
        await say(`/api/messages/${gone.id}`, { method: 'DELETE', token: visitor.token });
        await send(visitor, { room: 'lobby', content: 'in the room too' });
        await send(visitor, { receiver: ana.user.id, content: 'and directly' });
        const body = { site: 'halden', visitor: visitor.visitor, identity: await somebody() };
        return () => say('/api/chat/claim', { body });
      },
    },
    {
      what: 'a claim by one who has a conversation of his own, and sits in the other’s',
      door: 'POST /api/chat/claim',
      async ready() {
        const sub = `sub ${next()}`;
        const proof = await identity('halden', { sub, name: 'Mira' });
        const mira = await openSession(app, { site: 'halden', identity: proof });
        await send(mira, { content: 'my own' });
        const { visitor } = await support();
        await send(visitor, { receiver: mira.user.id, content: 'to myself' });
        return () => say('/api/chat/claim', { body: { site: 'halden', visitor: visitor.visitor, identity: proof } });
      },
    },
    {
      what: 'the chat’s logout',
      door: 'POST /api/chat/logout',
      hooked: false,
      async ready() {
        const visitor = await openSession(app, { site: 'halden' });
        return () => say('/api/chat/logout', { method: 'POST', token: visitor.token });
      },
    },
    ...['', '?allSessions=true'].map(
      (query): Write => ({
        what: `Payload’s logout, which ends the chat’s session${query && ': of all'}`,
        door: 'POST /api/users/logout',
        async ready() {
          const { jwt, email } = await newAccount();
          await tokenOf(app, 'halden', email);
          const headers = { Authorization: `JWT ${jwt}` };
          return () => say(`/api/users/logout${query}`, { method: 'POST', origin: null, headers });
        },
      }),
    ),
  ];

  return [...messages, ...changes, ...sessions];
}
