/**
 * A host's Payload with the chat, and beside it what the host would have without: a bare `notes` collection of the same
 * fields, with Payload's own defaults. One process serves both over HTTP, so that their ratio is fair.
 */
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { chat, defaultLimits } from '@payload-chat/server';
import { postgresAdapter } from '@payloadcms/db-postgres';
import { buildConfig, getPayload, handleEndpoints, type Payload } from 'payload';

export interface Host {
  url: string;
  payload: Payload;
  /** A Payload login of the one account, and his chat token. */
  login: string;
  token: string;
  thread: string;
  stop(): Promise<void>;
}

export const siteKey = 'bench';
export const roomKey = 'lobby';
const unlimited = { count: 1_000_000_000, perS: 1 };
const origin = 'https://page.example';

export async function startHost(databaseUrl: string, port: number): Promise<Host> {
  const url = `http://127.0.0.1:${port}`;
  const config = await buildConfig({
    secret: randomBytes(16).toString('hex'),
    serverURL: url,
    csrf: [url],
    graphQL: { disable: true },
    telemetry: false,
    collections: [
      { slug: 'users', auth: true, fields: [{ name: 'name', type: 'text', required: true }] },
      {
        slug: 'notes',
        fields: [
          { name: 'thread', type: 'text', required: true, index: true },
          { name: 'sender', type: 'relationship', relationTo: 'users', required: true },
          { name: 'content', type: 'textarea', required: true },
          { name: 'localId', type: 'text', index: true },
          { name: 'timestamp', type: 'date', required: true },
        ],
      },
    ],
    db: postgresAdapter({ pool: { connectionString: databaseUrl, max: 20 }, push: true }),
    plugins: [
      chat({
        log: { keepDays: 36_500 },
        limits: Object.fromEntries(Object.keys(defaultLimits).map((name) => [name, unlimited])),
        streams: { ofUser: 1_000_000, ofAddress: 1_000_000 },
      }),
    ],
    typescript: { autoGenerate: false },
  });
  // Two hosts may live in this process: the second would be taken for the first, and its tables for there already.
  process.env.PAYLOAD_FORCE_DRIZZLE_PUSH = 'true';
  const payload = await getPayload({ config, key: databaseUrl });
  payload.logger.level = 'error';
  const listening = await new Promise<ReturnType<typeof serve>>((resolve) => {
    const server = serve(
      {
        port,
        hostname: '127.0.0.1',
        fetch: (request) =>
          handleEndpoints({ config, payloadInstanceCacheKey: databaseUrl, request: new Request(request) }),
      },
      () => resolve(server),
    );
  });
  const data = { email: 'ana@example.com', password: randomBytes(12).toString('hex'), name: 'Ana' };
  const account = await payload.create({ collection: 'users', data });
  await payload.create({
    collection: 'sites',
    data: { key: siteKey, name: 'Bench', origins: [origin], visitors: true },
  } as never);
  const room = await payload.create({
    collection: 'threads',
    data: { site: siteKey, kind: 'room', key: roomKey, title: 'Lobby', public: true },
  } as never);
  const { token: login } = await payload.login({ collection: 'users', data });
  const session = await post(`${url}/api/chat/session`, { site: siteKey }, `JWT ${login}`);
  if (!session.token) throw new Error(`No session: ${JSON.stringify(session)}`);
  return {
    url: `http://127.0.0.1:${(listening.address() as AddressInfo).port}`,
    payload,
    login: login as string,
    token: session.token as string,
    thread: String((room as { id: unknown }).id ?? account.id),
    async stop() {
      listening.close();
      await payload.destroy();
    },
  };
}

export async function post(url: string, body: unknown, authorization: string): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: authorization },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as Record<string, unknown>;
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${JSON.stringify(answer)}`);
  return answer;
}
