/**
 * [I1] A 2xx means committed, whatever the write: with the backend killed inside COMMIT, with a deferred trigger that
 * raises there, and with a hook of the host's that hides an SQL error. Each time nothing is answered 2xx, nothing is
 * changed anywhere, and the same again, when the database is well, works.
 */
import type { Session } from '@payload-chat/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type App, account, room, site, startApp } from '../../test/app.ts';
import { answer, ask, identity, logIn, openSession, siteSecret, tokenOf } from '../../test/wire.ts';
import { queryOf, transactionOf } from './database.ts';

let app: App;
let ana: Session;
let ben: Session;
let maya: Session;
let admin: { Authorization: string };
let agentId: number;
let lobby: string;
/** What the hooks of the host's do while it is on. */
let hiding = false;
let serial = 0;

beforeAll(async () => {
  app = await startApp();
  const { payload } = app;
  for (const name of ['Ana', 'Ben']) await account(payload, name);
  const agent = await account(payload, 'Maya', 'agent');
  agentId = agent.id;
  await account(payload, 'Root', 'admin');
  await site(payload, 'halden', { agents: [agent.id], secrets: [siteSecret] });
  lobby = await room(payload, 'halden', 'lobby');
  ana = await tokenOf(app, 'halden', 'ana@example.com');
  ben = await tokenOf(app, 'halden', 'ben@example.com');
  maya = await tokenOf(app, 'halden', 'maya@example.com');
  admin = { Authorization: `JWT ${(await logIn(app, 'root@example.com')).jwt}` };

  // Somebody's hooks, after ours, on every collection.
  for (const slug of ['messages', 'threads', 'participants', 'chat-users', 'sites', 'users'] as const) {
    const hooks = payload.collections[slug]?.config.hooks as Record<string, unknown[]>;
    const hide = async ({ req }: { req: Parameters<typeof transactionOf>[0] }) => {
      if (hiding) await (await transactionOf(req))('select 1 / 0').catch(() => undefined);
    };
    for (const name of ['afterChange', 'afterDelete', 'afterLogout']) hooks[name]?.push(hide);
  }
  // A trigger of the host's, deferred like the numbering: it runs inside COMMIT.
  await queryOf(payload)(`
    create table public.mishap (kind text);
    create function public.mishap() returns trigger language plpgsql as $$
    declare what text := (select kind from public.mishap);
    begin
      if what = 'kill' then perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(5);
      elsif what = 'raise' then raise exception 'a trigger of the host'; end if;
      return null;
    end $$;
    do $$ declare t record; begin
      for t in select format('%I.%I', schemaname, tablename) as name from pg_tables
        where schemaname = 'chat' or schemaname = 'public' and tablename not in ('mishap', 'payload_migrations')
      loop
        execute 'create constraint trigger mishap after insert or update or delete on ' || t.name ||
          ' deferrable initially deferred for each row execute function public.mishap()';
      end loop;
    end $$;
  `);
});
afterAll(() => app?.close());

/** Everything that Postgres holds, as one word a table. */
async function state(): Promise<Record<string, unknown>> {
  const query = queryOf(app.payload);
  const tables = await query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
      where schemaname in ('public', 'chat') and tablename <> 'mishap'
        -- What the staff reads is noted beside the request, in its own time.
        and tablename not like '%access_log%'`,
  );
  const words: Record<string, unknown> = {};
  for (const { name } of tables) {
    const [row] = await query(`select md5(string_agg(t::text, ' ' order by t::text)) as word from ${name} t`);
    words[name] = row?.word;
  }
  return words;
}

type Act = () => Promise<{ status: number; body: Record<string, unknown> }>;

interface Write {
  what: string;
  /** Makes what it needs, while the database is well. */
  ready(): Promise<Act>;
  /** Whether a hook of the host's takes part in it. */
  hooked?: false;
}

const say = (path: string, options: Parameters<typeof ask>[2]) => answer(ask(app, path, options));
const send = async (who: Session, body: Record<string, unknown>) => {
  const said = await say('/api/messages', { token: who.token, body });
  expect(said.status).toBe(201);
  return said.body.doc as { id: string; thread: string; seq: number };
};
const next = () => {
  serial += 1;
  return serial;
};
const support = async () => {
  const visitor = await openSession(app, { site: 'halden' });
  return { visitor, ...(await send(visitor, { content: 'Help' })) };
};
const newAccount = async () => {
  const who = await account(app.payload, `Person ${next()}`);
  return { ...who, jwt: (await logIn(app, who.email)).jwt };
};
const rest = (method: string, path: string, body?: unknown) =>
  say(path, { method, headers: admin, origin: null, ...(body === undefined ? {} : { body }) });

const writes: Write[] = [
  {
    what: 'a message in a room',
    async ready() {
      const body = { room: 'lobby', content: `words ${next()}`, localId: `l${serial}` };
      return () => say('/api/messages', { token: ana.token, body });
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
    what: 'an answer that opens a closed conversation',
    async ready() {
      const { visitor, thread } = await support();
      await app.payload.update({ collection: 'threads', id: thread, data: { status: 'closed' } });
      return () => say('/api/messages', { token: visitor.token, body: { content: 'Wait', localId: 'again' } });
    },
  },
  {
    what: 'an edit',
    async ready() {
      const { id } = await send(ana, { room: 'lobby', content: 'frist' });
      return () => say(`/api/messages/${id}`, { method: 'PATCH', token: ana.token, body: { content: 'first' } });
    },
  },
  {
    what: 'a delete',
    async ready() {
      const { id } = await send(ana, { room: 'lobby', content: 'oops' });
      return () => say(`/api/messages/${id}`, { method: 'DELETE', token: ana.token });
    },
  },
  {
    what: 'a receipt',
    hooked: false,
    async ready() {
      const { thread, seq } = await send(ana, { receiver: ben.user.id, content: 'read me' });
      return () => say(`/api/chat/threads/${thread}/read`, { token: ben.token, body: { seq } });
    },
  },
  {
    what: 'a first receipt, which makes a seat',
    async ready() {
      const { thread, seq } = await support();
      return () => say(`/api/chat/threads/${thread}/read`, { token: maya.token, body: { seq } });
    },
  },
  {
    what: 'a first receipt that reads nothing yet',
    async ready() {
      const { thread } = await support();
      return () => say(`/api/chat/threads/${thread}/read`, { token: maya.token, body: { seq: 0 } });
    },
  },
  {
    what: 'leaving, by the seat',
    async ready() {
      const { visitor, thread } = await support();
      const { body } = await say(`/api/chat/threads/${thread}/snapshot`, { token: visitor.token });
      const [seat] = body.participants as Array<{ id: string }>;
      return () => say(`/api/participants/${seat?.id}`, { method: 'DELETE', token: visitor.token });
    },
  },
  {
    what: 'being sent out of a room',
    async ready() {
      const who = await openSession(app, { site: 'halden' });
      await send(who, { room: 'lobby', content: 'spam' });
      return () =>
        say(`/api/chat/threads/${lobby}/participants/${who.user.id}`, { method: 'DELETE', token: maya.token });
    },
  },
  {
    what: 'a session of a signed identity, which makes a person',
    async ready() {
      const signed = await identity('halden', { sub: `sub ${next()}`, name: 'Mira' });
      return () => say('/api/chat/session', { body: { site: 'halden', identity: signed } });
    },
  },
  {
    what: 'a session of an identity under a new name',
    async ready() {
      const sub = `sub ${next()}`;
      await openSession(app, { site: 'halden', identity: await identity('halden', { sub, name: 'Mira' }) });
      const signed = await identity('halden', { sub, name: 'Mira Berg' });
      return () => say('/api/chat/session', { body: { site: 'halden', identity: signed } });
    },
  },
  {
    what: 'the first session of an account',
    async ready() {
      const { jwt } = await newAccount();
      return () => say('/api/chat/session', { headers: { Authorization: `JWT ${jwt}` }, body: { site: 'halden' } });
    },
  },
  {
    what: 'a claim',
    async ready() {
      const { visitor } = await support();
      const signed = await identity('halden', { sub: `sub ${next()}`, name: 'Mira' });
      const body = { site: 'halden', visitor: (visitor as Session & { visitor: string }).visitor, identity: signed };
      return () => say('/api/chat/claim', { body });
    },
  },
  {
    what: 'the chat’s logout',
    hooked: false,
    async ready() {
      const visitor = await openSession(app, { site: 'halden' });
      return () => say('/api/chat/logout', { method: 'POST', token: visitor.token });
    },
  },
  {
    what: 'Payload’s logout, which ends the chat’s session',
    async ready() {
      const { jwt, email } = await newAccount();
      await tokenOf(app, 'halden', email);
      return () => say('/api/users/logout', { method: 'POST', origin: null, headers: { Authorization: `JWT ${jwt}` } });
    },
  },
  {
    what: 'an account deleted in the panel, which ends its sessions',
    async ready() {
      const { id, email } = await newAccount();
      await tokenOf(app, 'halden', email);
      return () => rest('DELETE', `/api/users/${id}`);
    },
  },
  {
    what: 'closing a thread in the panel',
    async ready() {
      const { thread } = await support();
      return () => rest('PATCH', `/api/threads/${thread}`, { status: 'closed' });
    },
  },
  {
    what: 'a room made in the panel',
    async ready() {
      const key = `room-${next()}`;
      return () => rest('POST', '/api/threads', { site: 'halden', kind: 'room', key, title: key, public: true });
    },
  },
  {
    what: 'a save in the panel that changes nothing a reader sees',
    async ready() {
      const { thread } = await support();
      return () => rest('PATCH', `/api/threads/${thread}`, { label: `Support ${next()}`, status: 'open' });
    },
  },
  {
    what: 'a seat given in the panel',
    async ready() {
      const thread = await room(app.payload, 'halden', `private-${next()}`, { public: false });
      return () => rest('POST', '/api/participants', { thread, user: ana.user.id });
    },
  },
  {
    what: 'a site made in the panel',
    async ready() {
      const key = `site-${next()}`;
      return () => rest('POST', '/api/sites', { key, name: key, origins: [] });
    },
  },
  {
    what: 'a site changed in the panel, which ends sessions',
    async ready() {
      const key = `site-${next()}`;
      await site(app.payload, key, { agents: [agentId] });
      await tokenOf(app, key, 'maya@example.com');
      return () => rest('PATCH', `/api/sites/${key}`, { agents: [], visitors: false });
    },
  },
  {
    what: 'a message that the host erases',
    async ready() {
      const { id } = await send(ana, { room: 'lobby', content: 'secret' });
      return async () => {
        try {
          const body = await app.payload.delete({ collection: 'messages', id });
          return { status: 200, body: body as unknown as Record<string, unknown> };
        } catch (error) {
          return { status: (error as { status?: number }).status ?? 500, body: { error } };
        }
      };
    },
  },
];

describe.each(writes)('[I1] $what', ({ ready, hooked }) => {
  test.each(['kill', 'raise', ...(hooked === false ? [] : ['hide'])])(
    'is not answered 2xx after: %s',
    async (mishap) => {
      const act = await ready();
      const before = await state();
      hiding = mishap === 'hide';
      if (!hiding) await queryOf(app.payload)('insert into public.mishap values ($1)', [mishap]);
      const refused = await act();
      hiding = false;
      await queryOf(app.payload)('delete from public.mishap');
      expect(refused.status).toBeGreaterThanOrEqual(500);
      // Killed or raised at COMMIT is known to have been stored nowhere: the same may be sent again.
      if (mishap !== 'hide') expect(refused).toMatchObject({ status: 503 });
      expect(JSON.stringify(refused.body)).not.toMatch(/a trigger of the host|select |terminating/);
      expect(await state()).toEqual(before);
      const again = await act();
      expect([200, 201]).toContain(again.status);
      expect(await state()).not.toEqual(before);
    },
  );
});

test('the mishap is one: what is written while it lasts is not there', async () => {
  await queryOf(app.payload)(`insert into public.mishap values ('raise')`);
  const at = await site(app.payload, 'never').catch((error) => error);
  await queryOf(app.payload)('delete from public.mishap');
  expect(at).toMatchObject({ code: 'not-stored' });
  const { totalDocs } = await app.payload.count({ collection: 'sites', where: { key: { equals: 'never' } } });
  expect(totalDocs).toBe(0);
});
