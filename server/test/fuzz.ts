/** What nobody would send: requests to every public path, made by chance and repeatable by their seed. */
import { type Route, routes } from '@payload-chat/protocol';
import fc from 'fast-check';

export interface OddRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | Uint8Array | undefined;
}

/** What stands in every odd request somewhere, and must not come back in an answer to it. */
export interface Aims {
  /** Ids that are there: of threads, messages, seats, people. */
  ids: string[];
  /** Tokens that are good. */
  tokens: string[];
  sites: string[];
}

const nasty = fc.constantFrom(
  '',
  ' ',
  '\0',
  '\u0000a',
  '\ud800',
  '\udfff\ud800',
  '💥'.repeat(50),
  '\u202e',
  '../..',
  '..%2f..',
  '%',
  '%00',
  '%ff',
  '%c0%ae',
  "' or 1=1 --",
  '"; drop table messages; --',
  '{{7*7}}',
  '$\u007b7*7}',
  '<script>alert(1)</script>',
  '__proto__',
  'constructor',
  'null',
  'undefined',
  'NaN',
  '-1',
  '0',
  '1e309',
  '9007199254740993',
  '-0',
  '0x10',
  'true',
  '[]',
  '{}',
  'support',
  'room:',
  'room:lobby',
  'thread:',
  'me',
  '*',
  'x'.repeat(129),
  'x'.repeat(5000),
  '٣',
  'ſ',
  'İ',
  '\r\nX-Injected: 1',
  '\u2028',
  '\ufeff',
  'a\tb',
); // prettier-ignore

const nastyValue = fc.oneof(
  nasty,
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.double(),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map((big) => Number(big)),
  fc.boolean(),
  fc.constant(null),
  fc.array(nasty, { maxLength: 3 }),
  fc.dictionary(nasty, nasty, { maxKeys: 3 }),
);

const fields = [
  'site',
  'identity',
  'visitor',
  'room',
  'thread',
  'receiver',
  'content',
  'localId',
  'replyTo',
  'seq',
  'topic',
  'ticket',
  'sender',
  'id',
  'email',
  'password',
  'name',
  'kind',
  'key',
  'origins',
  'secrets',
  'members',
  'title',
  'status',
  'public',
  'user',
  '__proto__',
  'constructor',
  'depth',
  'where',
]; // prettier-ignore

const queryNames = [
  'topic',
  'cursor',
  'rewind',
  'ticket',
  'site',
  'limit',
  'before',
  'tail',
  'depth',
  'where[id][equals]',
  'where[content][like]',
  'where[or][0][x][y]',
  'where[timestamp][greater_than]',
  'where[seq][equals]',
  'sort',
  'page',
  'locale',
  'select[content]',
  'populate[x]',
  'joins[messages][limit]',
  'joins[messages][sort]',
  'fallback-locale',
  'draft',
  'trash',
  '__proto__[x]',
  'where',
  'where[',
]; // prettier-ignore

/** Payload's own paths of the chat's collections and of the accounts. */
const restPaths = ['messages', 'threads', 'participants', 'sites', 'chat-users', 'chat-access-log', 'users'].flatMap(
  (slug) => [
    `GET /api/${slug}`,
    `GET /api/${slug}/count`,
    `GET /api/${slug}/:id`,
    `POST /api/${slug}`,
    `PATCH /api/${slug}`,
    `PATCH /api/${slug}/:id`,
    `DELETE /api/${slug}`,
    `DELETE /api/${slug}/:id`,
    `POST /api/${slug}/access/:id`,
    `GET /api/${slug}/versions/:id`,
  ],
);
const otherPaths = [
  'POST /api/users/login',
  'POST /api/users/logout',
  'POST /api/users/refresh-token',
  'POST /api/users/forgot-password',
  'POST /api/users/reset-password',
  'POST /api/users/unlock',
  'POST /api/users/first-register',
  'GET /api/users/me',
  'GET /api/access',
  'GET /api/payload-preferences/:id',
  'POST /api/payload-preferences/:id',
  'DELETE /api/payload-preferences/:id',
  'GET /api/chat/people/:id/export',
  'POST /api/chat/people/:id/erase',
  'GET /api/chat/nothing/:id',
];
export const wirePaths = Object.values<Route>(routes)
  .filter(({ path }) => path.startsWith('/api'))
  .map(({ method, path }) => `${method} ${path}`);
export const payloadPaths = [...restPaths, ...otherPaths];

/** Text that HTTP lets into a header. */
const headerText = (text: string) =>
  text
    .replace(/[^\x20-\x7e]/g, '')
    .trim()
    .slice(0, 2000);

/** One odd request; `well` of ten are nearly as they should be, so that more than the first check is met. */
export function oddRequest(paths: readonly string[], { ids, tokens, sites }: Aims): fc.Arbitrary<OddRequest> {
  const id = fc.oneof(fc.constantFrom(...ids), nasty);
  const value = fc.oneof(nastyValue, fc.constantFrom(...ids), fc.constantFrom(...sites), fc.constant('said by chance'));
  const json = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.dictionary(fc.constantFrom(...fields), value, { maxKeys: 6 }).map((body) => JSON.stringify(body)),
    },
    {
      weight: 2,
      arbitrary: fc.record({ content: value, localId: value, thread: id }).map((body) => JSON.stringify(body)),
    },
    { weight: 1, arbitrary: fc.json({ maxDepth: 3 }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('', '{', '[', 'null', '{"a":1}{"b":2}', `${'['.repeat(5000)}`, '{"content":"\ud800"}'),
    },
    { weight: 1, arbitrary: nasty },
  );
  const bytes = fc.uint8Array({ maxLength: 200 });
  const query = fc.array(fc.tuple(fc.constantFrom(...queryNames), fc.oneof(nasty, id)), { maxLength: 4 });
  const authorization = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...tokens).map((token) => `Bearer ${token}`) },
    { weight: 1, arbitrary: nasty.map((word) => `Bearer ${word}`) },
    { weight: 1, arbitrary: nasty.map((word) => `JWT ${word}`) },
    { weight: 1, arbitrary: nasty },
    { weight: 1, arbitrary: fc.constant('') },
  );
  const type = fc.oneof(
    { weight: 8, arbitrary: fc.constant('application/json') },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        'multipart/form-data; boundary=x',
        'multipart/form-data',
        'text/plain',
        'application/x-www-form-urlencoded',
        '',
      ),
    },
    { weight: 1, arbitrary: nasty },
  );
  const extra = fc.dictionary(
    fc.constantFrom(
      'Origin',
      'Last-Event-ID',
      'Cookie',
      'X-Forwarded-For',
      'X-Chat-Edge',
      'X-Chat-Client',
      'X-HTTP-Method-Override',
      'X-Payload-HTTP-Method-Override',
      'Accept-Language',
      'Content-Encoding',
    ),
    fc.oneof(nasty, fc.constantFrom('GET', 'DELETE', 'https://page.test', 'payload-token=x')),
    { maxKeys: 2 },
  );
  return fc
    .record({
      asked: fc.constantFrom(...paths),
      id,
      second: id,
      query,
      authorization,
      type,
      extra,
      body: fc.oneof(json, json, json, bytes),
    })
    .map(({ asked, id, second, query, authorization, type, extra, body }) => {
      const [method = 'GET', pattern = '/'] = asked.split(' ');
      const segments = [id, second];
      const path = pattern.replace(/:\w+/g, () => encoded(segments.shift() || 'x'));
      const search = query.map(([name, word]) => `${encoded(name)}=${encoded(String(word))}`).join('&');
      const headers = Object.fromEntries(
        Object.entries({ ...extra, Authorization: authorization, 'Content-Type': type })
          .map(([name, word]) => [name, headerText(word)])
          .filter(([, word]) => word !== ''),
      );
      return { method, path: search ? `${path}?${search}` : path, headers, body: method === 'GET' ? undefined : body };
    });
}

/** As `encodeURIComponent`, for text that is no whole Unicode too, and with what is `%` already left alone. */
const encoded = (text: string) => (text.startsWith('%') ? text : encodeURIComponent(text.toWellFormed()));
