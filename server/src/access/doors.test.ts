/** Every door of Payload's, in a host that has written no access rule at all and left GraphQL on. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GRAPHQL_POST } from '@payloadcms/next/routes';
import { createLocalReq, getPayload, type Payload, type SanitizedConfig } from 'payload';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type App, password, room, serverUrl, site } from '../../test/app.ts';
import { startPlainHost } from '../../test/plain-host.ts';
import { answer, ask, identity, openSession, page, siteSecret, tokenOf } from '../../test/wire.ts';

/** Where the host keeps its uploads. */
const papers = mkdtempSync(join(tmpdir(), 'papers-'));
let app: App;
let payload: Payload;
let config: SanitizedConfig;
/** Chat tokens of every kind of person. */
const tokens: Record<string, string> = {};
const words = { email: 'ana@example.com', text: 'private words' };

beforeAll(async () => {
  ({ app, payload, config } = await startPlainHost('doors', {
    admins: ({ plan }) => plan === 'boss',
    accountFields: ['plan'],
    collections: [
      {
        slug: 'notes',
        versions: { drafts: true },
        fields: [
          { name: 'title', type: 'text' },
          { name: 'about', type: 'relationship', relationTo: 'chat-users' },
          { name: 'said', type: 'relationship', relationTo: 'messages' },
        ],
      },
      { slug: 'papers', upload: { staticDir: papers }, fields: [] },
    ],
    globals: [{ slug: 'settings', fields: [{ name: 'motto', type: 'text' }] }],
  }));
  (await getPayload({ config })).logger.level = 'silent';
  const user = (name: string, plan = '') =>
    payload.create({ collection: 'users', data: { email: `${name}@example.com`, password, name, plan } as never });
  const [, ben, maya] = [await user('ana'), await user('ben'), await user('maya'), await user('dora', 'boss')];
  await site(payload, 'halden', { agents: [maya.id], secrets: [siteSecret] });
  await room(payload, 'halden', 'lobby');
  await room(payload, 'halden', 'den', { public: false });
  await payload.create({ collection: 'notes', data: { title: 'host only' } as never });
  tokens.member = (await tokenOf(app, 'halden', words.email)).token;
  tokens.agent = (await tokenOf(app, 'halden', 'maya@example.com')).token;
  tokens.admin = (await tokenOf(app, 'halden', 'dora@example.com')).token;
  tokens.visitor = (await openSession(app, { site: 'halden' })).token;
  tokens.external = (await openSession(app, { site: 'halden', identity: await identity('halden') })).token;
  tokens.guest = (await openSession(app, { site: 'halden', room: 'lobby' })).token;
  for (const body of [{ receiver: `m_${ben.id}`, content: words.text }, { content: 'help me' }])
    expect((await ask(app, '/api/messages', { token: tokens.member, body })).status).toBe(201);
  expect((await ask(app, '/api/messages', { token: tokens.visitor, body: { content: 'a stranger’s' } })).status).toBe(
    201,
  );
});
afterAll(async () => {
  await app?.close();
  // The one that GraphQL's handler made for itself.
  await (await getPayload({ config })).destroy();
  rmSync(papers, { recursive: true });
});

const graphql = async (query: string, headers: Record<string, string>) => {
  const request = new Request(`${serverUrl}/api/graphql`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Origin: page, ...headers },
    body: JSON.stringify({ query }),
  });
  return (await (await GRAPHQL_POST(Promise.resolve(config))(request as never)).json()) as {
    data?: Record<string, unknown> | null;
  };
};

const as = (kind: string) => ({ Authorization: `Bearer ${tokens[kind]}` });
const kinds = ['member', 'agent', 'admin', 'visitor', 'external', 'guest'];
const get = (path: string, kind = 'member') => answer(ask(app, path, { token: tokens[kind] as string }));

describe('[S9] a chat token of any kind is nobody to the host’s own collections', () => {
  test('over REST: rows, count, versions, drafts, globals, writes', async () => {
    const reads = [
      '/api/notes',
      '/api/notes/1',
      '/api/notes/count',
      '/api/notes/versions',
      '/api/notes/versions/1',
      '/api/notes?draft=true',
      '/api/notes?trash=true',
      '/api/globals/settings',
      '/api/users',
      '/api/users/1',
      '/api/users/count',
      '/api/payload-preferences',
      '/api/payload-locked-documents',
      '/api/payload-migrations',
    ];
    for (const kind of kinds) {
      for (const path of reads) {
        const { status, body } = await get(path, kind);
        if (status === 200) expect([kind, path, body.docs ?? []]).toEqual([kind, path, []]);
        else
          expect([kind, path, status]).toEqual([
            kind,
            path,
            expect.toSatisfy((code: number) => (code >= 401 && code < 500) || code === 501),
          ]);
        expect(JSON.stringify(body)).not.toMatch(/host only|@example/);
      }
      for (const [method, path] of [
        ['POST', '/api/notes'],
        ['PATCH', '/api/notes/1'],
        ['PATCH', '/api/notes?where[id][exists]=true'],
        ['DELETE', '/api/notes/1'],
        ['DELETE', '/api/notes?where[id][exists]=true'],
        ['POST', '/api/notes/1/duplicate'],
        ['POST', '/api/notes/versions/1'],
        ['POST', '/api/globals/settings'],
        ['POST', '/api/users'],
        ['PATCH', '/api/users/1'],
        ['DELETE', '/api/users/1'],
      ] as const) {
        const body = { title: 'x', motto: 'x', email: 'x@example.com', password: 'x', name: 'x' };
        const { status } = await ask(app, path, { method, token: tokens[kind] as string, body });
        expect([kind, method, path, status]).toEqual([
          kind,
          method,
          path,
          expect.toSatisfy((code: number) => code >= 400 && code < 500),
        ]);
      }
    }
    expect((await payload.count({ collection: 'notes' })).totalDocs).toBe(1);
    expect((await payload.count({ collection: 'users' })).totalDocs).toBe(4);
  });

  test('over uploads: their rows, their files, and new ones', async () => {
    const data = Buffer.from('host only, in a file');
    const file = { data, name: 'plan.txt', mimetype: 'text/plain', size: data.length };
    await payload.create({ collection: 'papers', data: {} as never, file });
    for (const kind of kinds) {
      for (const path of ['/api/papers', '/api/papers/1', '/api/papers/count', '/api/papers/file/plan.txt']) {
        const response = await ask(app, path, { token: tokens[kind] as string });
        expect([kind, path, response.status]).toEqual([kind, path, 403]);
        expect(await response.text()).not.toContain('host only');
      }
      const form = new FormData();
      form.set('file', new File(['planted'], 'planted.txt', { type: 'text/plain' }));
      const body = await new Response(form).blob();
      const headers = { ...as(kind), Origin: page, 'Content-Type': body.type };
      const sent = await app.fetch('/api/papers', { method: 'POST', headers, body: await body.arrayBuffer() });
      expect([kind, sent.status]).toEqual([kind, 403]);
    }
    expect((await payload.count({ collection: 'papers' })).totalDocs).toBe(1);
    expect(readdirSync(papers)).toEqual(['plan.txt']);
  });

  test('over the method override, which turns a POST into a GET', async () => {
    const headers = { 'X-Payload-HTTP-Method-Override': 'GET', 'Content-Type': 'application/x-www-form-urlencoded' };
    for (const path of ['/api/notes', '/api/users', '/api/chat-users']) {
      const response = await app.fetch(path, {
        method: 'POST',
        headers: { ...headers, ...as('member') },
        body: 'limit=9',
      });
      expect([path, response.status]).toEqual([path, 403]);
    }
  });

  test('over GraphQL, where the host has it on', async () => {
    for (const kind of kinds) {
      const read = await graphql(
        '{ Notes { docs { title } } Users { docs { email } } ChatUsers { docs { name } } Sites { docs { key } } }',
        as(kind),
      );
      for (const value of Object.values(read.data ?? {})) expect([kind, value]).toEqual([kind, null]);
      const wrote = await graphql('mutation { createNote(data: { title: "x" }) { title } }', as(kind));
      expect(wrote.data?.createNote ?? null).toBeNull();
      const sent = await graphql('mutation { deleteMessage(id: "x") { id } }', as(kind));
      expect(sent.data?.deleteMessage ?? null).toBeNull();
    }
    expect((await payload.count({ collection: 'notes' })).totalDocs).toBe(1);
  });

  test('in the local API without overrideAccess', async () => {
    for (const kind of kinds) {
      const req = await createLocalReq({ req: { headers: new Headers(as(kind)) } as never }, payload);
      for (const collection of ['notes', 'users', 'chat-users', 'sites', 'chat-access-log'] as const)
        await expect(payload.find({ collection, overrideAccess: false, req })).rejects.toMatchObject({ status: 403 });
      await expect(payload.count({ collection: 'notes', overrideAccess: false, req })).rejects.toMatchObject({
        status: 403,
      });
      await expect(payload.findVersions({ collection: 'notes', overrideAccess: false, req })).rejects.toMatchObject({
        status: 403,
      });
      await expect(payload.create({ collection: 'notes', data: {}, overrideAccess: false, req })).rejects.toMatchObject(
        { status: 403 },
      );
    }
  });
});

describe('[S9] the chat’s own rows over Payload’s doors', () => {
  test('each kind sees its own and no more, by list, id, count, GraphQL and local API', async () => {
    const expected: Record<string, string[]> = {
      member: ['help me', words.text],
      agent: [],
      admin: [],
      visitor: ['a stranger’s'],
      external: [],
      guest: [],
    };
    const { docs } = await payload.find({ collection: 'messages', pagination: false, depth: 0 });
    for (const kind of kinds) {
      const own = expected[kind] as string[];
      const listed = await get('/api/messages', kind);
      const contents = ((listed.body.docs ?? []) as Array<{ content: string }>).map(({ content }) => content).sort();
      expect([kind, contents]).toEqual([kind, own]);
      if (kind !== 'guest') expect((await get('/api/messages/count', kind)).body.totalDocs).toBe(own.length);
      const { data } = await graphql('{ Messages { docs { content } } countMessages { totalDocs } }', as(kind));
      const answered = data?.Messages as { docs: Array<{ content: string }> } | null;
      expect((answered?.docs ?? []).map(({ content }) => content).sort()).toEqual(own);
      const req = await createLocalReq({ req: { headers: new Headers(as(kind)) } as never }, payload);
      const local = payload.find({ collection: 'messages', overrideAccess: false, req, depth: 0 });
      if (kind === 'guest') await expect(local).rejects.toMatchObject({ status: 403 });
      else expect((await local).docs).toHaveLength(own.length);
      for (const doc of docs as unknown as Array<{ id: string; content: string }>) {
        const { status } = await get(`/api/messages/${doc.id}`, kind);
        expect([kind, doc.content, status]).toEqual([
          kind,
          doc.content,
          own.includes(doc.content) ? 200 : expect.toSatisfy((code: number) => code === 403 || code === 404),
        ]);
      }
    }
  });

  test('at whatever depth, with whatever is selected or populated, no account, e-mail, role or hidden field is in it', async () => {
    for (const slug of ['messages', 'threads', 'participants'])
      for (const query of [
        'depth=10',
        'depth=10&populate[chat-users][account]=true&populate[users][email]=true&populate[sites][secrets]=true',
        'depth=3&select[contentHash]=true&select[slot]=true&select[sender]=true&select[user]=true',
        'depth=5&showHiddenFields=true&overrideAccess=true&user=1',
        ...(slug === 'threads'
          ? ['depth=5&joins[messages][limit]=50&joins[messages][sort]=-seq&joins[participants][limit]=50']
          : []),
      ]) {
        const { status, body } = await get(`/api/${slug}?${query}`);
        expect([slug, query, status]).toEqual([slug, query, 200]);
        expect(JSON.stringify(body)).not.toMatch(
          /@example|"account"|"plan"|"staff"|contentHash|"slot"|"secrets"|"origins"|"agents"|"salt"/,
        );
      }
  });

  test('conditions and orders that lead into other rows or hidden fields are refused alike, whether they would hold or not', async () => {
    const probes = [
      ['sender.account.email', 'like', 'ana', 'zzz'],
      ['sender.account.salt', 'exists', 'true', 'false'],
      ['sender.account.resetPasswordToken', 'exists', 'true', 'false'],
      ['sender.account', 'equals', '1', '9'],
      ['sender.name', 'like', 'ana', 'zzz'],
      ['sender.staff', 'equals', 'false', 'true'],
      ['sender__account__email', 'like', 'ana', 'zzz'],
      ['contentHash', 'exists', 'true', 'false'],
      ['thread.slot', 'like', 'direct', 'zzz'],
      ['thread.site.secrets.value', 'exists', 'true', 'false'],
      ['thread.site.agents.email', 'like', 'maya', 'zzz'],
      ['thread.messages.content', 'like', 'stranger', 'zzz'],
      ['thread.participants.user.account.email', 'like', 'ben', 'zzz'],
      ['replyTo.sender.account.email', 'like', 'ana', 'zzz'],
      ['sender][contains][name', 'like', 'ana', 'zzz'],
    ] as const;
    const answerTo = async (query: string, slug = 'messages') => {
      const { status, body } = await get(`/api/${slug}?${query}`);
      return JSON.stringify([status, body]);
    };
    for (const [path, operator, yes, no] of probes) {
      for (const form of [`where[${path}][${operator}]`, `where[or][0][and][0][${path}][${operator}]`]) {
        const [one, other] = [await answerTo(`${form}=${yes}`), await answerTo(`${form}=${no}`)];
        expect([form, one]).toEqual([form, other]);
        expect([form, one.slice(0, 4)]).toEqual([form, '[400']);
      }
      const [up, down] = [await get(`/api/messages?sort=${path}`), await get(`/api/messages?sort=-${path}`)];
      const ids = ({ body }: typeof up) => ((body.docs ?? []) as Array<{ id: string }>).map(({ id }) => id);
      expect([path, ids(up)]).toEqual([path, ids(down)]);
    }
    for (const query of [
      'joins[messages][where][sender.account.email][like]=ana',
      'joins[messages][where][contentHash][exists]=true',
      'joins[messages][where][nonsense][exists]=true',
      'joins[messages][sort]=sender.account.email',
      'joins[messages][sort]=nonsense',
      'joins[participants][sort]=user.account.email',
      'joins[nonsense][where][x][equals]=1',
    ])
      expect([query, (await answerTo(query, 'threads')).slice(0, 4)]).toEqual([query, '[400']);
    const deep = `where${'[and][0]'.repeat(40)}[id][exists]=true`;
    expect((await get(`/api/messages?${deep}`)).status).toBe(400);
    // What the rows themselves have can be asked.
    for (const query of [
      'where[content][like]=private',
      'where[thread.id][exists]=true&sort=-timestamp',
      'where[seq][greater_than]=0&sort=seq,id',
    ])
      expect([query, (await get(`/api/messages?${query}`)).status]).toEqual([query, 200]);
  });

  test('a host’s rows that refer to the chat’s show nothing of what a login may not see', async () => {
    const { docs } = await payload.find({
      collection: 'messages',
      where: { content: { equals: words.text } },
      depth: 0,
    });
    await payload.create({ collection: 'notes', data: { title: 'refers', about: 'm_1', said: docs[0]?.id } as never });
    const login = await ask(app, '/api/users/login', { body: { email: 'maya@example.com', password }, origin: null });
    const { token } = (await login.json()) as { token: string };
    const notes = await ask(app, '/api/notes?depth=5&where[title][equals]=refers', {
      origin: null,
      headers: { Authorization: `JWT ${token}` },
    });
    expect(await notes.text()).not.toContain(words.text);
  });
});
