/**
 * The access matrix: every operation on every collection and every path of the wire, and what each column of
 * `callers.ts` is answered, in its order:
 *
 *   nobody bad guest visitor ada stranger foreign member agent south-agent admin | logins: member agent south admin | edge
 *
 * `401*3` stands for three of a kind. After a colon stand the letters of what is seen (`world.ts`), in their order there;
 * `200:-` sees nothing. In paths and bodies `{d}` is a thread, `{m.d}` its message, `{seat.p}` a seat in it, `{user.mia}` a
 * chat user, `{account.mia}` an account; `{new...}` is made afresh for whoever is expected to pass.
 */
export interface Row {
  method: string;
  path: string;
  body?: Record<string, unknown>;
  expected: string;
  /** Where an edge answers otherwise than its server, for a path that it serves at all. */
  edge?: string;
  /** The session ends with it: whoever passes comes with a new one. */
  ends?: true;
  /** Not all at once: a line at the door would refuse some. */
  inTurn?: true;
  /** Not asked with an Origin: the ticket in it was made without one. */
  programs?: true;
}

type More = Partial<Pick<Row, 'body' | 'edge' | 'ends' | 'inTurn' | 'programs'>>;
const row = (asked: string, expected: string, more: More = {}): Row => {
  const [method = '', path = ''] = asked.split(' ');
  return { method, path, expected, ...more };
};

const message = { content: 'in the matrix', localId: '{unique}' };

/** Paths of the wire. `?site=` is for logins, which may belong to several. */
export const wireRows: Row[] = [
  row('POST /api/chat/session', '200 401 200*4 401 200*2 401 200*3 403 200*2', { body: { site: 'north' } }),
  row('POST /api/chat/session', '200 401*5 200 401*2 200 401 403*2 200*3', { body: { site: 'south' } }),
  row('POST /api/chat/session', '200 401 200*4 401 200*2 401 200*3 403 200*2', {
    body: { site: 'north', room: 'lobby' },
  }),
  row('POST /api/chat/session', '404 401 200*4 401 200*2 401 200*3 403 200 404', {
    body: { site: 'north', room: 'den' },
  }),
  row('POST /api/chat/session', '404*16', { body: { site: 'nowhere' } }),
  row('GET /api/chat/jwks', '200*16'),
  row('POST /api/chat/ticket?site=north', '401*2 200*9 401*2 403 401*2'),
  row('POST /api/chat/claim?site=north', '400*16', { body: {} }),
  row('POST /api/chat/claim?site=north', '200 401*2 400 200*2 401 200*2 401 200*3 403 200*2', {
    body: { site: 'north', identity: '{identity}', visitor: '{newhandle}' },
    inTurn: true,
  }),
  row('POST /api/chat/logout?site=north', '401*2 403 200*8 403*4 401', { ends: true }),
  row('GET /api/messages/sse?site=north', '401*2 200*9 401*2 403 401*2'),
  row('GET /api/messages/sse?site=north&topic=thread:{d}', '401*2 404*2 200 404*2 200 404*3 401*2 403 401*2'),
  row('GET /api/messages/sse?site=north&topic=thread:{s}', '401*2 404*2 200 404*3 200 404 200 401*2 403 401*2'),
  row('GET /api/messages/sse?site=north&topic=room:lobby', '401*2 200*9 401*2 403 401*2'),
  row('GET /api/messages/sse?site=north&topic=room:den', '401*2 404*5 200*2 404 200 401*2 403 401*2'),
  row('GET /api/messages/sse?site=north&topic=thread:{o}', '401*2 404*4 200 404*2 200 404 401*2 403 401*2'),
  row('GET /api/messages/sse?site=north&topic=*', '401*15 200', { edge: '404*16' }),
  row('GET /api/messages/sse?ticket={ticket}', '200*16', { programs: true }),
  row('GET /api/messages/sse?ticket={lapsed}', '401*16'),
  row('GET /api/messages/sse?ticket={token}', '401*16'),
  row('POST /api/messages?site=north', '401*2 403 404 201 404*2 201 404*3 201 404 403*2 401', {
    body: { ...message, thread: '{d}' },
  }),
  row('POST /api/messages?site=north', '401*2 403 404 201 404*3 201 404 201 404 201 403 201 401', {
    body: { ...message, thread: '{s}' },
  }),
  row('POST /api/messages?site=north', '401*2 403 201*10 403 201 401', { body: { ...message, room: 'lobby' } }),
  row('POST /api/messages?site=north', '401*2 403 404*4 201 403 404 403 201 403*3 401', {
    body: { ...message, room: 'den' },
  }),
  row('POST /api/messages?site=north', '401*2 403 404*3 201 404*2 201 404*3 403 404 401', {
    body: { ...message, thread: '{o}' },
  }),
  row('POST /api/messages?site=north', '401*2 403 404*3 400 404*2 201 404*3 403 404 401', {
    body: { ...message, receiver: '{user.fay}' },
  }),
  row('PATCH /api/messages/{new.d}?site=north', '401*2 404*2 200 404*2 403 404*3 403 404 403*2 401', {
    body: { content: 'edited' },
  }),
  row('PATCH /api/messages/{new.o}?site=north', '401*2 404*4 200 404*2 403 404*3 403 404 401', {
    body: { content: 'edited' },
  }),
  row('DELETE /api/messages/{new.d}?site=north', '401*2 404*2 200 404*2 403 404*3 403 404 403 200 401'),
  row('DELETE /api/messages/{new.r}?site=north', '401*2 403*2 200 403 404 403 200 404 200 403 200 403 200 401'),
  row('DELETE /api/messages/{new.o}?site=north', '401*2 404*4 200 404*2 200 404*3 403 404 401'),
  row('DELETE /api/participants/{newseat.p}?site=north', '401*2 404*5 403 200 404 200 403 200 403 200 401'),
  row('DELETE /api/participants/{newseat.o}?site=north', '401*2 404*4 403 404*2 200 404*3 403 404 401'),
  row(
    'DELETE /api/chat/threads/{p}/participants/{newsitter.p}?site=north',
    '401*2 404*5 403 200 404 200 403 200 403 200 401',
  ),
  row(
    'DELETE /api/chat/threads/{o}/participants/{newsitter.o}?site=north',
    '401*2 404*4 403 404*2 200 404*3 403 404 401',
  ),
  row(
    'GET /api/chat/threads?site=north&limit=100',
    '401*2 200:- 200:vr 200:dsr 200:r 200:fo 200:drp 200:svr 200:fo 200:svr 200:drp 200:svr 403 200:svr 401',
  ),
  row('GET /api/chat/threads/{d}/snapshot?site=north', '401*2 404*2 200:d 404*2 200:d 404*3 200:d 404 403 200:d 401'),
  row(
    'GET /api/chat/threads/{s}/snapshot?site=north',
    '401*2 404*2 200:s 404*3 200:s 404 200:s 404 200:s 403 200:s 401',
  ),
  row('GET /api/chat/threads/{v}/snapshot?site=north', '401*2 404 200:v 404*4 200:v 404 200:v 404 200:v 403 200:v 401'),
  row('GET /api/chat/threads/support/snapshot?site=north', '401*2 404 200:v 200:s 404 200:f 404*6 403 404 401'),
  row(
    'GET /api/chat/threads/room:lobby/snapshot?site=north',
    '401*2 200:r*4 200:o 200:r*2 200:o 200:r*3 403 200:r 401',
  ),
  row('GET /api/chat/threads/{p}/snapshot?site=north', '401*2 404*5 200:p*2 404 200:p*3 403 200:p 401'),
  row('GET /api/chat/threads/{f}/snapshot?site=north', '401*2 404*4 200:f 404*2 200:f 404*3 403 404 401'),
  row('GET /api/chat/threads/{o}/snapshot?site=north', '401*2 404*4 200:o 404*2 200:o 404*3 403 404 401'),
  row('POST /api/chat/threads/{d}/read?site=north', '401*2 404*2 200 404*2 200 404*3 200 404 403 200 401', {
    body: { seq: 1 },
  }),
  row('POST /api/chat/threads/{s}/read?site=north', '401*2 404*2 200 404*3 200 404 200 404 200 403 200 401', {
    body: { seq: 1 },
  }),
  row('POST /api/chat/threads/{o}/read?site=north', '401*2 404*4 200 404*2 200 404*3 403 404 401', {
    body: { seq: 1 },
  }),
  row('POST /api/chat/threads/{d}/typing?site=north', '401*2 404*2 200 404*2 200 404*3 200 404 403*2 401', {
    body: {},
  }),
  row('POST /api/chat/threads/{r}/typing?site=north', '401*2 403 200*3 404 200*2 404 200*3 403 200 401', { body: {} }),
  row('POST /api/chat/threads/{o}/typing?site=north', '401*2 404*4 200 404*2 200 404*3 403 404 401', { body: {} }),
  row('POST /api/chat/grant', '401*16', { body: { topic: 'thread:{d}' }, edge: '404*16' }),
  row('GET /api/chat/health', '200*16'),
  row('GET /api/chat/metrics', '401*15 200'),
  row('GET /chat.js', '200*16'),
  row('GET /chat-more.js', '200*16'),
];

/** Operations of Payload's REST; no edge serves any of them. */
export const collectionRows: Record<string, Row[]> = {
  messages: [
    row(
      'GET /api/messages?limit=1000',
      '403 401 403 200:vr 200:dsr 200:r 200:fo 200:drp 200:sr 200:o 200:sr 200:drp 200:svrp 200:fo 200:dsvrpfo 403',
    ),
    row(
      'GET /api/messages?limit=1000&where[content][like]=said&sort=content',
      '403 401 403 200:vr 200:dsr 200:r 200:fo 200:drp 200:sr 200:o 200:sr 200:drp 200:svrp 200:fo 200:dsvrpfo 403',
    ),
    row('GET /api/messages?where[contentHash][exists]=true', '403 401 403 400*12 403'),
    row('GET /api/messages?where[thread.slot][exists]=true', '400 401 400*14'),
    row('GET /api/messages?where[sender.account.email][equals]=nobody', '400 401 400*12 200:- 400'),
    row('GET /api/messages/count', '403 401 403 200*12 403'),
    row('GET /api/messages/{m.d}', '403 401 403 404 200:d 404*2 200:d 404*3 200:d 404*2 200:d 403'),
    row(
      'GET /api/messages/{m.d}?depth=5&showHiddenFields=true',
      '403 401 403 404 200:d 404*2 200:d 404*3 200:d 404*2 200:d 403',
    ),
    row('GET /api/messages/{m.v}', '403 401 403 200:v 404*8 200:v 404 200:v 403'),
    row('GET /api/messages/{m.o}', '403 401 403 404*3 200:o 404*2 200:o 404*3 200:o*2 403'),
    row('PATCH /api/messages?where[id][exists]=true', '403*16', { body: { content: 'x' } }),
    row('DELETE /api/messages?where[id][exists]=true', '403 401 403*14'),
    row('GET /api/messages/versions', '404*16'),
    row('GET /api/messages/versions/1', '404*16'),
    row('POST /api/messages/versions/1', '404*16'),
    row('POST /api/messages/access/{m.d}', '200 401 200*14'),
    row('POST /api/messages/{m.d}/duplicate', '404*16'),
  ],
  threads: [
    row(
      'GET /api/threads?limit=1000',
      '403 401 403 200:vr 200:dsr 200:r 200:fo 200:drp 200:sr 200:o 200:sr 200:drp 200:svrp 200:fo 200:dsvrpfo 403',
    ),
    row(
      'GET /api/threads?limit=1000&depth=5&joins[messages][limit]=100',
      '403 401 403 200:vr 200:dsr 200:r 200:fo 200:drp 200:sr 200:o 200:sr 200:drp 200:svrp 200:fo 200:dsvrpfo 403',
    ),
    row('GET /api/threads?where[slot][exists]=true', '403 401 403 400*12 403'),
    row('GET /api/threads?limit=1000&where[participants.user][exists]=true', '400 401 400*12 200:dsvrpfo 400'),
    row('GET /api/threads/count', '403 401 403 200*12 403'),
    row('GET /api/threads/{d}', '403 401 403 404 200:d 404*2 200:d 404*3 200:d 404*2 200:d 403'),
    row('GET /api/threads/{v}', '403 401 403 200:v 404*8 200:v 404 200:v 403'),
    row('GET /api/threads/{o}', '403 401 403 404*3 200:o 404*2 200:o 404*3 200:o*2 403'),
    row('POST /api/threads', '403 401 403*12 201 403', {
      body: { site: 'north', kind: 'room', key: '{unique}', title: 'new' },
    }),
    row('PATCH /api/threads/{d}', '403 401 403*12 200 403', { body: { status: 'open' } }),
    row('PATCH /api/threads/{v}', '403 401 403*10 200 403 200 403', { body: { status: 'open' } }),
    row('PATCH /api/threads/{o}', '403 401 403*11 200*2 403', { body: { status: 'open' } }),
    row('PATCH /api/threads?where[id][exists]=true', '403*16', { body: { status: 'closed' } }),
    row('DELETE /api/threads/{v}', '403 401 403*14'),
    row('DELETE /api/threads?where[id][exists]=true', '403 401 403*14'),
    row('GET /api/threads/versions', '404*16'),
    row('GET /api/threads/versions/1', '404*16'),
    row('POST /api/threads/versions/1', '404*16'),
    row('POST /api/threads/access/{d}', '200 401 200*14'),
  ],
  participants: [
    row(
      'GET /api/participants?limit=1000',
      '403 401 403 200:vr 200:dsr 200:r 200:fo 200:drp 200:sr 200:o 200:sr 200:drp 200:svrp 200:fo 200:dsvrpfo 403',
    ),
    row('GET /api/participants?where[user.account.email][equals]=nobody', '400 401 400*12 200:- 400'),
    row('GET /api/participants/count', '403 401 403 200*12 403'),
    row('GET /api/participants/{seat.d}?depth=5', '403 401 403 404 200:d 404*2 200:d 404*3 200:d 404*2 200:d 403'),
    row('GET /api/participants/{seat.f}', '403 401 403 404*3 200:f 404*6 200:f*2 403'),
    row('POST /api/participants', '403 401 403*12 201 403', { body: { thread: '{p}', user: '{newperson}' } }),
    row('PATCH /api/participants/{seat.d}', '403 401 403*14', { body: { readSeq: 99 } }),
    row('PATCH /api/participants?where[id][exists]=true', '403*16', { body: { readSeq: 99 } }),
    row('DELETE /api/participants?where[id][exists]=true', '403 401 403*14'),
    row('GET /api/participants/versions', '404*16'),
    row('GET /api/participants/versions/1', '404*16'),
    row('POST /api/participants/versions/1', '404*16'),
    row('POST /api/participants/access/{seat.d}', '200 401 200*14'),
  ],
  'chat-users': [
    row('GET /api/chat-users?limit=1000', '403 401 403*9 200:-*4 403'),
    row('GET /api/chat-users/count', '403 401 403*9 200*4 403'),
    row('GET /api/chat-users/{user.ada}', '403 401 403*9 404 200:- 404 200:- 403'),
    // Who never took part at an agent's site is unknown to him, an account's person too.
    row('GET /api/chat-users/{user.mia}?depth=3', '403 401 403*9 200:-*2 404 200:- 403'),
    row('GET /api/chat-users/{user.bea}', '403 401 403*9 404*2 200:-*2 403'),
    row('GET /api/chat-users?where[name][equals]=bea&limit=1000', '403 401 403*9 200:-*4 403'),
    row('GET /api/chat-users/{user.fay}', '403 401 403*9 404*2 200:-*2 403'),
    row('POST /api/chat-users', '403*16', { body: { id: '{unique}', name: 'x', kind: 'agent' } }),
    row('PATCH /api/chat-users/{user.ada}', '403*16', { body: { kind: 'agent' } }),
    row('PATCH /api/chat-users?where[id][exists]=true', '403*16', { body: { kind: 'agent' } }),
    row('DELETE /api/chat-users/{user.ada}', '403*16'),
    row('DELETE /api/chat-users?where[id][exists]=true', '403*16'),
    row('GET /api/chat-users/versions', '404*16'),
    row('GET /api/chat-users/versions/1', '404*16'),
    row('POST /api/chat-users/versions/1', '404*16'),
    row('POST /api/chat-users/access/{user.ada}', '200 401 200*14'),
  ],
  sites: [
    row('GET /api/sites?limit=1000', '403 401 403*10 200:-*3 403'),
    row('GET /api/sites?where[secrets.value][exists]=true', '400 401 400*14'),
    row('GET /api/sites/count', '403 401 403*10 200*3 403'),
    row('GET /api/sites/north?depth=2&showHiddenFields=true', '403 401 403*10 200:- 404 200:- 403'),
    row('GET /api/sites/south', '403 401 403*10 404 200:-*2 403'),
    row('POST /api/sites', '403 401 403*12 201 403', { body: { key: '{unique}', name: 'new' } }),
    row('PATCH /api/sites/north', '403 401 403*12 200 403', { body: { name: 'north' } }),
    row('PATCH /api/sites?where[id][exists]=true', '403 401 403*12 200 403', { body: { nothing: 'x' } }),
    row('DELETE /api/sites/south', '403*16'),
    row('DELETE /api/sites?where[id][exists]=true', '403*16'),
    row('GET /api/sites/versions', '404*16'),
    row('GET /api/sites/versions/1', '404*16'),
    row('POST /api/sites/versions/1', '404*16'),
    row('POST /api/sites/access/north', '200 401 200*14'),
  ],
  users: [
    row('GET /api/users?limit=1000', '403*11 200:-*4 403'),
    row('GET /api/users?where[role][equals]=admin', '403*11 200:-*4 403'),
    row('GET /api/users?where[hash][exists]=true', '403*11 400*4 403'),
    row('GET /api/users/count', '403*11 200*4 403'),
    row('GET /api/users/{account.mia}', '403*11 200:- 404*2 200:- 403'),
    row('GET /api/users/{account.boss}?showHiddenFields=true', '403*11 404*3 200:- 403'),
    row('GET /api/users/me', '200*11 200:-*4 200'),
    row('GET /api/users/init', '200*16'),
    row('POST /api/users', '403*14 201 403', {
      body: { email: '{unique}@matrix.test', password: 'a long password', name: 'x', role: 'admin' },
    }),
    row('POST /api/users/first-register', '403*16', {
      body: { email: '{unique}@matrix.test', password: 'a long password', name: 'x' },
    }),
    row('PATCH /api/users/{account.mia}', '403*11 200 403*2 200 403', { body: { name: 'mia' } }),
    row('PATCH /api/users/{account.boss}', '403*14 200 403', { body: { name: 'Boss' } }),
    row('PATCH /api/users?where[id][exists]=true', '403*11 200*4 403', { body: { nothing: 'x' } }),
    row('DELETE /api/users/{newaccount}', '403*14 200 403'),
    row('DELETE /api/users?where[email][equals]=nobody@matrix.test', '403*14 200 403'),
    row('POST /api/users/login', '401*16', { body: { email: 'nobody@matrix.test', password: 'guessed' } }),
    row('POST /api/users/logout', '400*11 200*4 400', { ends: true }),
    row('POST /api/users/refresh-token', '403*11 200*4 403'),
    row('POST /api/users/forgot-password', '200*16', { body: { email: 'nobody@matrix.test' }, inTurn: true }),
    row('POST /api/users/reset-password', '403*16', { body: { token: 'guessed', password: 'a long password' } }),
    row('POST /api/users/unlock', '403*16', { body: { email: 'nobody@matrix.test' } }),
    row('POST /api/users/verify/guessed', '404*16'),
    row('GET /api/users/versions', '404*16'),
    row('GET /api/users/versions/1', '404*16'),
    row('POST /api/users/versions/1', '404*16'),
    row('POST /api/users/access/{account.mia}', '200*16'),
  ],
  'chat-access-log': [
    row('GET /api/chat-access-log?limit=1&select[at]=true', '403 401 403*12 200:- 403'),
    row('GET /api/chat-access-log/count', '403 401 403*12 200 403'),
    row('GET /api/chat-access-log/999999', '403 401 403*12 404 403'),
    row('POST /api/chat-access-log', '403*16', {
      body: { at: '2026-01-01T00:00:00.000Z', user: 'x', what: 'read', site: 'north' },
    }),
    row('PATCH /api/chat-access-log/999999', '403*16', { body: { user: 'x' } }),
    row('PATCH /api/chat-access-log?where[id][exists]=true', '403*16', { body: { user: 'x' } }),
    row('DELETE /api/chat-access-log/999999', '403*16'),
    row('DELETE /api/chat-access-log?where[id][exists]=true', '403*16'),
    row('GET /api/chat-access-log/versions', '404*16'),
    row('GET /api/chat-access-log/versions/1', '404*16'),
    row('POST /api/chat-access-log/versions/1', '404*16'),
    row('POST /api/chat-access-log/access/1', '200 401 200*14'),
  ],
  'payload-kv': [
    row('GET /api/payload-kv', '403*16'),
    row('GET /api/payload-kv/count', '403*16'),
    row('GET /api/payload-kv/1', '403*16'),
    row('POST /api/payload-kv', '403*16', { body: { key: '{unique}', data: {} } }),
    row('PATCH /api/payload-kv/1', '403*16', { body: { data: {} } }),
    row('PATCH /api/payload-kv?where[id][exists]=true', '403*16', { body: { data: {} } }),
    row('DELETE /api/payload-kv/1', '403*16'),
    row('DELETE /api/payload-kv?where[id][exists]=true', '403*16'),
    row('GET /api/payload-kv/versions', '404*16'),
    row('GET /api/payload-kv/versions/1', '404*16'),
    row('POST /api/payload-kv/versions/1', '404*16'),
    row('POST /api/payload-kv/access/1', '404*16'),
    row('POST /api/payload-kv/1/duplicate', '403*16'),
  ],
  'payload-preferences': [
    row('GET /api/payload-preferences/matrix', '200*16'),
    row('POST /api/payload-preferences/matrix', '401*11 200*4 401', { body: { value: 1 } }),
    row('DELETE /api/payload-preferences/other', '401*11 404*4 401'),
    row('GET /api/payload-preferences', '403*11 200:-*4 403'),
    row('GET /api/payload-preferences/count', '200*16'),
    row('POST /api/payload-preferences', '403*11 201*4 403', {
      body: { key: '{unique}', value: 1, user: { relationTo: 'users', value: 1 } },
    }),
    row('PATCH /api/payload-preferences/999999', '403*16', { body: { value: 2 } }),
    row('PATCH /api/payload-preferences?where[id][exists]=true', '403*11 200*4 403', { body: { value: 2 } }),
    row('DELETE /api/payload-preferences?where[id][exists]=true', '403*11 200*4 403'),
    row('GET /api/payload-preferences/versions', '404*16'),
    row('GET /api/payload-preferences/versions/1', '404*16'),
    row('POST /api/payload-preferences/versions/1', '404*16'),
    row('POST /api/payload-preferences/access/1', '404*16'),
    row('POST /api/payload-preferences/1/duplicate', '403*16'),
  ],
  // It has no endpoints at all.
  'payload-migrations': [
    row('GET /api/payload-migrations', '501*16'),
    row('GET /api/payload-migrations/1', '501*16'),
    row('POST /api/payload-migrations', '501*16', { body: { name: 'x' } }),
    row('DELETE /api/payload-migrations/1', '501*16'),
  ],
};

/** What else Payload serves beside collections. */
export const otherRows: Row[] = [
  row('GET /api/chat/people/{user.ada}/export', '401*2 403*12 200:dsr 401'),
  row('GET /api/chat/people/nobody/export', '401*2 403*12 404 401'),
  row('POST /api/chat/people/{newperson}/erase', '401*2 403*12 200 401'),
  row('POST /api/chat/people/nobody/erase', '401*2 403*12 404 401'),
  row('GET /api/access', '200 401 200*14'),
  row('GET /api/og', '404*16'),
  row('POST /api/graphql', '404*16', { body: { query: '{ Users { docs { email } } }' } }),
  row('GET /api/graphql-playground', '404*16'),
  row('POST /api/payload-jobs/run', '404*16'),
  row('GET /api/globals/any', '404*16'),
];
