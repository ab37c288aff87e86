/** People and places in which every write of the server can be done, and what one is. */
import type { Session } from '@payload-chat/protocol';
import { expect } from 'vitest';
import { type App, account, localReq, room, site } from '../app.ts';
import { answer, ask, logIn, openSession, siteSecret, tokenOf } from '../wire.ts';

export interface Answered {
  status: number;
  body: Record<string, unknown>;
}
export type Act = () => Promise<Answered>;

export interface Write {
  what: string;
  /** `METHOD /api/path` of an endpoint, as it is registered; or, for a host's own code, the operation and its collection. */
  door: string;
  /** Makes what it needs, while the database is well. */
  ready(): Promise<Act>;
  /** Whether a hook of the host's takes part in it. */
  hooked?: false;
  /** Its events can't tell the state: readers are told to look anew. */
  stale?: true;
}

export interface World {
  app: App;
  ana: Session;
  ben: Session;
  maya: Session;
  agentId: number;
  /** The public room's thread. */
  lobby: string;
  /** A number that was not given before. */
  next(): number;
  say(path: string, options: Parameters<typeof ask>[2]): Promise<Answered>;
  /** As the panel does it, by an admin's login. */
  panel(method: string, path: string, body?: unknown): Promise<Answered>;
  send(who: Session, body: Record<string, unknown>): Promise<{ id: string; thread: string; seq: number }>;
  /** A visitor who has written to support. */
  support(): Promise<{ visitor: Session & { visitor: string }; id: string; thread: string; seq: number }>;
  newAccount(role?: 'admin' | 'agent' | 'member'): Promise<{ id: number; name: string; email: string; jwt: string }>;
  /** The id of somebody's seat. */
  seatOf(thread: string, user: string): Promise<string>;
  /** What the host's own code does, answered as HTTP would. */
  byHost(run: () => Promise<unknown>): Act;
}

export async function makeWorld(app: App): Promise<World> {
  const { payload } = app;
  let serial = 0;
  for (const name of ['Ana', 'Ben']) await account(payload, name);
  const agent = await account(payload, 'Maya', 'agent');
  await account(payload, 'Root', 'admin');
  await site(payload, 'halden', { agents: [agent.id], secrets: [siteSecret] });
  const lobby = await room(payload, 'halden', 'lobby');
  const [ana, ben, maya] = await Promise.all(
    ['ana', 'ben', 'maya'].map((name) => tokenOf(app, 'halden', `${name}@example.com`)),
  );
  const admin = { Authorization: `JWT ${(await logIn(app, 'root@example.com')).jwt}` };

  const say: World['say'] = (path, options) => answer(ask(app, path, options));
  const next = () => ++serial;
  const send: World['send'] = async (who, body) => {
    const said = await say('/api/messages', { token: who.token, body });
    expect(said.status, JSON.stringify(said.body)).toBe(201);
    return said.body.doc as { id: string; thread: string; seq: number };
  };
  return {
    app,
    ana: ana as Session,
    ben: ben as Session,
    maya: maya as Session,
    agentId: agent.id,
    lobby,
    next,
    say,
    send,
    panel: (method, path, body) =>
      say(path, { method, headers: admin, origin: null, ...(body === undefined ? {} : { body }) }),
    async support() {
      const visitor = (await openSession(app, { site: 'halden' })) as Session & { visitor: string };
      return { visitor, ...(await send(visitor, { content: 'Help' })) };
    },
    async newAccount(role) {
      const who = await account(payload, `Person ${next()}`, role);
      return { ...who, jwt: (await logIn(app, who.email)).jwt };
    },
    async seatOf(thread, user) {
      const { docs } = await payload.find({
        collection: 'participants',
        where: { thread: { equals: thread }, user: { equals: user } },
        depth: 0,
        req: await localReq(payload),
      });
      expect(docs).toHaveLength(1);
      return String(docs[0]?.id);
    },
    byHost: (run) => async () => {
      try {
        return { status: 200, body: { done: (await run()) ?? null } };
      } catch (error) {
        return { status: (error as { status?: number }).status ?? 500, body: { error: String(error) } };
      }
    },
  };
}
