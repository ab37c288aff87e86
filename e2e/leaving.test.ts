/** Whoever leaves, or is sent away, hears nothing more at any hop: the server, the Worker edge, the Node edge. */
import { SignJWT } from 'jose';
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

/** An owner saves his site, as the panel does; what he took back is given back afterwards. */
async function edit(data: object): Promise<Record<string, unknown>> {
  const { urls, site } = stack().demo;
  const response = await fetch(`${urls.server}/api/sites/${site.key}?depth=0`, {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/json', Authorization: `JWT ${await logIn('admin')}` },
    body: JSON.stringify(data),
  });
  expect(response.status).toBe(200);
  return ((await response.json()) as { doc: Record<string, unknown> }).doc;
}

describe('[S7] [I9] within 5 s of an owner’s taking it back, whoever came by it is out at every hop', () => {
  const page = 'https://soon-gone.example';
  const secret = { kid: 'leaked', value: 'a secret that somebody else has read' };
  const signed = () => {
    const nowS = Math.floor(Date.now() / 1000);
    return new SignJWT({ name: 'Somebody' })
      .setProtectedHeader({ alg: 'HS256', kid: secret.kid })
      .setIssuer(stack().demo.site.key)
      .setAudience('payload-chat')
      .setSubject('somebody')
      .setIssuedAt(nowS)
      .setExpirationTime(nowS + 600)
      .sign(new TextEncoder().encode(secret.value));
  };
  const open = async (more: object, origin?: string) => {
    const { urls, site } = stack().demo;
    const response = await fetch(`${urls.edge}/api/chat/session`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...(origin ? { Origin: origin } : {}) },
      body: JSON.stringify({ site: site.key, ...more }),
    });
    expect(response.status).toBe(200);
    return ((await response.json()) as Session).token;
  };
  const causes: Array<[string, (origins: unknown[]) => Promise<{ token: string; end: object; origin?: string }>]> = [
    ['visitors', async () => ({ token: await open({}), end: { visitors: false } })],
    ['guests', async () => ({ token: await open({ room: 'lobby' }), end: { guests: false } })],
    ['a secret', async () => ({ token: await open({ identity: await signed() }), end: { secrets: [] } })],
    ['an origin', async (origins) => ({ token: await open({}, page), end: { origins }, origin: page })],
    ['the site', async () => ({ token: await open({ identity: await signed() }), end: { open: false } })],
  ];
  test.each(causes)('%s', async (_, come) => {
    const { demo } = stack();
    const before = await fetch(`${demo.urls.server}/api/sites/${demo.site.key}?depth=0`, {
      headers: { Authorization: `JWT ${await logIn('admin')}` },
    });
    const { origins } = (await before.json()) as { origins: string[] };
    await edit({ origins: [...origins, page], secrets: [secret] });
    const { token, end, origin } = await come(origins);
    const headers = { Authorization: `Bearer ${token}`, ...(origin ? { Origin: origin } : {}) };
    const agent = (
      await post<Session>(`${demo.urls.edge}/api/chat/session`, { site: demo.site.key }, `JWT ${await logIn('agent')}`)
    ).body;
    const streams = await Promise.all(hops().map((url) => openStream(url, { token, ...(origin ? { origin } : {}) })));
    const others = await everywhere(agent.token);
    await Promise.all(streams.map((stream) => stream.next('ready')));
    await edit(end);
    try {
      for (const stream of streams) {
        expect((await stream.next('bye', 5000)).data).toMatchObject({ reason: 'revoked' });
        await stream.ended();
      }
      for (const url of hops()) expect((await fetch(`${url}/api/messages/sse`, { headers })).status).toBe(401);
      // The agent came by none of it, unless it was the whole site.
      if ('open' in end) return;
      for (const stream of others) expect(stream.frames.some(({ event }) => event === 'bye')).toBe(false);
      for (const url of hops()) {
        const asked = await fetch(`${url}/api/chat/threads`, { headers: { Authorization: `Bearer ${agent.token}` } });
        expect(asked.status).toBe(200);
      }
    } finally {
      await edit({ visitors: true, guests: true, open: true, origins, secrets: [] });
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
