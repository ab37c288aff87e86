/** Chance at every public path. `FUZZ_RUNS=10000` makes it long, `SEED` repeats a run. */

import { errorStatus } from '@payload-chat/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, account, edgeKey, localReq, memberCaller, password, room, site, startApp } from '../../test/app.ts';
import { type Aims, type OddRequest, oddRequest, payloadPaths, wirePaths } from '../../test/fuzz.ts';
import { identity, openSession, siteSecret, tokenOf } from '../../test/wire.ts';
import { queryOf } from '../log/database.ts';
import { post } from '../messages/post.ts';
import { decodablePath } from './decodable-path.ts';

const runs = Number(process.env.FUZZ_RUNS ?? 800);
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
let app: App;
let aims: Aims;
/** Said by people in threads that no caller of the fuzz sits in; and secrets of the server. */
const secrets = [
  password,
  siteSecret.value,
  edgeKey,
  'a secret of the tests',
  'private words',
  'sealed:',
  'boss@example.com',
];

beforeAll(async () => {
  // What is tried here is what is said to a request, not how many there may be.
  const endless = { count: 1_000_000_000, perS: 1 };
  const names = [
    'sends',
    'sendsOfAddress',
    'sendsOfSite',
    'changes',
    'reads',
    'readsOfAddress',
    'sessions',
    'sessionsOfSite',
    'streams',
    'logins',
  ];
  app = await startApp(
    {},
    { limits: Object.fromEntries(names.map((name) => [name, endless])), streams: { ofUser: 1e6, ofAddress: 1e6 } },
  );
  const { payload } = app;
  const [ana, ben] = [await account(payload, 'Ana'), await account(payload, 'Ben')];
  await account(payload, 'Boss', 'admin');
  const halden = await site(payload, 'halden', { secrets: [siteSecret], members: [ana.id, ben.id] });
  await site(payload, 'other', { visitors: false });
  const lobby = await room(payload, 'halden', 'lobby');
  const den = await room(payload, 'halden', 'den', { public: false });
  const say = async (body: Parameters<typeof post>[2]) =>
    (await post(await localReq(payload), await memberCaller(payload, halden, ana), body)).message;
  const direct = await say({ receiver: `m_${ben.id}`, content: 'private words' });
  const own = await openSession(app, { site: 'halden', identity: await identity('halden') }, { origin: null });
  const visitor = await openSession(app, { site: 'halden' }, { origin: null });
  const guest = await openSession(app, { site: 'halden', room: 'lobby' }, { origin: null });
  const member = await tokenOf(app, 'halden', 'ben@example.com', null);
  aims = {
    ids: [
      lobby,
      den,
      direct.thread,
      direct.id,
      `m_${ana.id}`,
      own.user.id,
      '1',
      'halden',
      'support',
      'room:lobby',
      'me',
    ],
    tokens: [own.token, visitor.token, guest.token, member.token],
    sites: ['halden', 'other', 'nowhere'],
  };
});
afterAll(() => app?.close());

const requestOf = ({ method, path, headers, body }: OddRequest): [string, RequestInit] => [
  decodablePath(path), // As the socket's announcement has it, before Next.
  { method, headers, ...(body === undefined ? {} : { body: body as string }) },
];

async function rows(): Promise<string> {
  const tables = ['sites', 'chat_users', 'threads', 'participants', 'messages', 'chat.events', 'users'];
  const [row] = await queryOf(app.payload)<{ counts: string }>(
    `select concat_ws(' ', ${tables.map((table) => `(select count(*) from ${table})`)}) as counts`,
  );
  return row?.counts ?? '';
}

const codes = new Set(Object.keys(errorStatus));

/** Holds for whatever is asked; `isOurs`: the path is the wire's, whose refusals are of the closed list. */
async function holds(odd: OddRequest, isOurs: boolean): Promise<void> {
  const before = await rows();
  const [path, init] = requestOf(odd);
  const response = await app.fetch(path, init);
  if (response.headers.get('Content-Type')?.startsWith('text/event-stream')) {
    await response.body?.cancel();
    return;
  }
  const text = await response.text();
  expect(response.status, text).toBeLessThan(500);
  expect(response.headers.get('X-Injected')).toBeNull();
  if (response.status < 400) return;
  const body = JSON.parse(text) as { errors?: Array<{ code?: string; message?: unknown }> };
  // An overridden method leads to another path, or to none.
  if (isOurs && !Object.keys(odd.headers).some((name) => /override/i.test(name))) {
    expect(body.errors?.length, text).toBeGreaterThan(0);
    for (const { code, message } of body.errors ?? []) {
      expect(codes).toContain(code);
      expect(typeof message).toBe('string');
    }
  }
  for (const secret of secrets) expect(text).not.toContain(secret);
  expect(text).not.toMatch(/\bat .*\.(js|ts):\d+|select .* from |node_modules|ECONN|stack/i);
  expect(await rows(), 'a refused request wrote a row').toBe(before);
}

test.each([
  ['the wire', wirePaths, true],
  ['Payload’s own paths', payloadPaths, false],
] as const)(
  'whatever is asked at %s is answered below 500, in JSON, writes nothing that was refused, and echoes no secret',
  async (_, paths, isOurs) => {
    console.info(`fuzz: SEED=${seed}, ${runs / 2} requests`);
    await fc.assert(
      fc.asyncProperty(oddRequest(paths, aims), (odd) => holds(odd, isOurs)),
      { numRuns: Math.ceil(runs / 2), seed, endOnFailure: process.env.FUZZ_SHRINK === undefined },
    );
  },
  Math.max(120_000, runs * 60),
);
