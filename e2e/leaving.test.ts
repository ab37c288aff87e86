/** Whoever leaves, or is sent away, hears nothing more at any hop: the server, the Worker edge, the Node edge. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type NodeEdge, startNodeEdge } from '../edge/test/node-edge.ts';
import { closeStreams, openStream } from '../edge/test/stream-reader.ts';
import { house } from './house.ts';
import { personOf } from './people.ts';

const stack = house({ only: ['postgres', 'server', 'edge'] });
let node: NodeEdge;
beforeAll(async () => {
  const { urls, edgeKey } = stack().demo;
  node = await startNodeEdge({ CHAT_SERVER_URL: urls.server, CHAT_EDGE_KEY: edgeKey });
}, 30_000);
afterEach(closeStreams);
afterAll(async () => void (await node?.stop('SIGKILL')));

const hops = () => [stack().demo.urls.server, stack().demo.urls.edge, node.url];

async function post<T>(url: string, body: object, authorization?: string): Promise<{ status: number; body: T }> {
  const headers = { 'Content-Type': 'application/json', ...(authorization ? { Authorization: authorization } : {}) };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as T };
}

interface Session {
  token: string;
  visitor: string;
  user: { id: string };
}

async function visit(): Promise<Session> {
  const { urls, site } = stack().demo;
  return (await post<Session>(`${urls.edge}/api/chat/session`, { site: site.key })).body;
}

async function logIn(kind: string): Promise<string> {
  const { email, password } = personOf(stack(), kind);
  return (await post<{ token: string }>(`${stack().demo.urls.server}/api/users/login`, { email, password })).body.token;
}

/** Streams of one token at every hop, live. */
async function everywhere(token: string) {
  const streams = await Promise.all(hops().map((url) => openStream(url, { token })));
  await Promise.all(streams.map((stream) => stream.next('ready')));
  return streams;
}

describe('[S7] [I9] within 5 s the streams of a session end at every hop, and it opens none any more', () => {
  const causes: Record<string, (session: Session) => Promise<{ status: number }>> = {
    'a logout': ({ token }) => post(`${stack().demo.urls.edge}/api/chat/logout`, {}, `Bearer ${token}`),
    'a claim': async ({ visitor }) =>
      post(
        `${stack().demo.urls.edge}/api/chat/claim`,
        { site: stack().demo.site.key, visitor },
        `JWT ${await logIn('member')}`,
      ),
    'an erasure': async ({ token, user }) => {
      await post(`${stack().demo.urls.edge}/api/messages`, { content: 'forget me' }, `Bearer ${token}`);
      const erase = `${stack().demo.urls.server}/api/chat/people/${user.id}/erase`;
      return post(erase, {}, `JWT ${await logIn('admin')}`);
    },
  };
  for (const [name, end] of Object.entries(causes))
    test(`by ${name}`, async () => {
      const session = await visit();
      const streams = await everywhere(session.token);
      expect((await end(session)).status).toBe(200);
      for (const stream of streams) {
        expect((await stream.next('bye', 5000)).data).toMatchObject({ reason: 'revoked' });
        await stream.ended();
      }
      for (const url of hops()) {
        const headers = { Authorization: `Bearer ${session.token}` };
        expect((await fetch(`${url}/api/messages/sse`, { headers })).status).toBe(401);
        expect((await fetch(`${url}/api/chat/threads`, { headers })).status).toBe(401);
      }
    });
});

test('no edge serves what admins ask of the server', async () => {
  const { user } = await visit();
  const jwt = await logIn('admin');
  for (const url of hops().slice(1)) {
    expect((await post(`${url}/api/chat/people/${user.id}/erase`, {}, `JWT ${jwt}`)).status).toBe(404);
    const exported = await fetch(`${url}/api/chat/people/${user.id}/export`, {
      headers: { Authorization: `JWT ${jwt}` },
    });
    expect(exported.status).toBe(404);
  }
});
