/** Every caller at every door of every hop, against the table in `rows.ts`. */
import { routes } from '@payload-chat/protocol';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type NodeEdge, startNodeEdge } from '../../edge/test/node-edge.ts';
import { house } from '../house.ts';
import { createAsker, type Hop, isPass, wordsOf } from './ask.ts';
import { type Caller, columns, everybody } from './callers.ts';
import { collectionRows, otherRows, type Row, wireRows } from './rows.ts';
import { makeWorld, type World } from './world.ts';

const stack = house();
let node: NodeEdge;
let world: World;
let callers: Caller[];
let ask: Awaited<ReturnType<typeof createAsker>>;
let hops: Hop[];
let database: pg.Client;
let cells = 0;

beforeAll(async () => {
  const { urls, edgeKey } = stack().demo;
  world = await makeWorld(stack());
  const made = await everybody(world, edgeKey);
  callers = made.callers;
  let login: Promise<string> | undefined;
  ask = await createAsker(world, made.tickets, () => (login ??= world.logIn(world.accounts.boss)));
  node = await startNodeEdge({ CHAT_SERVER_URL: urls.server, CHAT_EDGE_KEY: edgeKey });
  hops = [
    { name: 'server', url: urls.server },
    { name: 'Worker edge', url: urls.edge },
    { name: 'Node edge', url: node.url },
  ];
  database = new pg.Client({ connectionString: stack().databaseUrl });
  await database.connect();
});
afterAll(async () => {
  console.log(`access matrix: ${cells} cells`);
  await database?.end();
  await node?.stop();
});

/** Of everything that a refused request might have written. */
async function fingerprint(): Promise<Record<string, string>> {
  const tables = ['sites', 'chat_users', 'threads', 'participants', 'messages', 'chat.events', 'payload_preferences'];
  const parts = tables.map(
    (table) => `'${table}', (select md5(coalesce(string_agg(t::text, ',' order by id), '')) from ${table} t)`,
  );
  const accounts = `'users', (select md5(string_agg(concat(id, email, name, role, hash), ',' order by id)) from users)`;
  const { rows } = await database.query(`select jsonb_build_object(${[...parts, accounts].join(', ')}) as print`);
  return rows[0].print;
}

/** Cells of one row asked at once; refusals first, so that nothing but what passes may write. */
async function hold(hop: Hop, row: Row, expected: string): Promise<string[]> {
  const words = wordsOf(expected);
  const wanted = (caller: Caller) => words[columns.indexOf(caller.column)] ?? '';
  const met: Array<{ caller: Caller; answer: string; text: string }> = [];
  const put = async (caller: Caller, passes: boolean) => {
    cells += 1;
    met.push({ caller, ...(await ask(hop, row, caller, passes)) });
  };
  const place = wireRows.includes(row) ? 'wire' : 'rest';
  const asked = callers.filter(
    ({ only, headers }) => (only === undefined || only === place) && !(row.programs && 'Origin' in headers),
  );
  if (process.env.MATRIX_PRINT && !expected) {
    for (const caller of asked) await put(caller, true);
    printRow(hop, row, met);
    return [];
  }
  const refused = asked.filter((caller) => !isPass(wanted(caller)));
  const before = await fingerprint();
  await Promise.all(refused.map((caller) => put(caller, false)));
  const after = await fingerprint();
  const passing = asked.filter((each) => isPass(wanted(each)));
  if (row.ends || row.inTurn) for (const caller of passing) await put(caller, true);
  else await Promise.all(passing.map((caller) => put(caller, true)));
  if (process.env.MATRIX_PRINT) printRow(hop, row, met);
  const faults = met
    .filter(({ caller, answer }) => answer !== wanted(caller))
    .map(
      ({ caller, answer, text }) =>
        `${caller.column} (${caller.name}): ${answer}, not ${wanted(caller)} ${text.slice(0, 200)}`,
    );
  const written = Object.keys(before).filter((table) => before[table] !== after[table]);
  if (written.length) faults.push(`a refused request wrote to ${written}`);
  return faults;
}

function printRow(hop: Hop, row: Row, met: Array<{ caller: Caller; answer: string }>): void {
  const words = columns.map((column) => {
    const answers = new Set(met.filter(({ caller }) => caller.column === column).map(({ answer }) => answer));
    return [...answers].join('/');
  });
  const short: string[] = [];
  for (let at = 0; at < words.length; ) {
    let count = 1;
    while (words[at + count] === words[at]) count += 1;
    short.push(count > 1 ? `${words[at]}*${count}` : `${words[at]}`);
    at += count;
  }
  console.log(
    `ROW\t${hop.name}\t${row.method} ${row.path} ${row.body ? JSON.stringify(row.body) : ''}\t${short.join(' ')}`,
  );
}

test('every collection, every endpoint and every path of the wire has its rows', async () => {
  const { appConfig } = (await import(/* @vite-ignore */ appConfigFile)) as {
    appConfig(environment: object): Promise<Registered>;
  };
  const config = await appConfig(nowhere);
  const pathOf = ({ path }: Row) => path.split('?')[0] ?? '';
  const all = [...wireRows, ...Object.values(collectionRows).flat(), ...otherRows];
  const asked = (method: string, path: string) =>
    all.some((row) => row.method === method && match(path)(pathOf(row).replace(/[{}]/g, '~')));
  const missing = Object.values(routes).flatMap(({ method, path }) =>
    asked(method, path) ? [] : [`${method} ${path}`],
  );
  for (const { slug, endpoints } of config.collections) {
    if (!collectionRows[slug]?.length) missing.push(`the collection ${slug}`);
    for (const { method, path } of endpoints || [])
      if (method !== 'options' && !asked(method.toUpperCase(), `/api/${slug}${path === '/' ? '' : path}`))
        missing.push(`${method.toUpperCase()} /api/${slug}${path}`);
  }
  for (const { method, path } of config.endpoints)
    if (method !== 'options' && !asked(method.toUpperCase(), `/api${path}`)) missing.push(`${method} /api${path}`);
  expect(missing).toEqual([]);
  for (const row of all) expect([title(row), wordsOf(row.expected).length]).toEqual([title(row), columns.length]);
});

// By its name: its types bring Next's into this part's.
const appConfigFile = new URL('../../server/src/app-config.ts', import.meta.url).pathname;

interface Registered {
  collections: Array<{ slug: string; endpoints: Door[] | false }>;
  endpoints: Door[];
}
interface Door {
  method: string;
  path: string;
}

/** Streams and snapshots are an edge's own: it knows tokens, and no logins of the server. */
function atAnEdge({ edge, expected, path }: Row): string {
  if (edge) return edge;
  const isStream = path.startsWith('/api/messages/sse') && !path.includes('ticket');
  if (!isStream && !path.includes('/snapshot')) return expected;
  const words = wordsOf(expected);
  return words.map((word, at) => (columns[at]?.endsWith('login') ? '401' : word)).join(' ');
}

/** A path of an endpoint as a pattern: `:id` is one segment, `:id?` may be none. */
function match(path: string): (asked: string) => boolean {
  const pattern = path.replace(/\/:\w+\?/g, '(/[^/]+)?').replace(/:\w+/g, '[^/]+');
  const form = new RegExp(`^${pattern}$`);
  return (asked) => form.test(asked);
}

/** The app's own configuration, read and not started. */
const nowhere = {
  databaseUrl: 'postgres://nowhere',
  secret: 'of no use',
  serverUrl: 'http://nowhere.test',
  edgeKeys: [],
  corsOrigins: [],
  seedFile: undefined,
  seedOrigins: [],
  admin: undefined,
  trustedHops: 0,
  log: {},
  logLevel: 'silent',
};

const title = ({ method, path, body }: Row) => `${method} ${path}${body ? ` ${JSON.stringify(body)}` : ''}`;

describe.each(['server', 'Worker edge', 'Node edge'])('at the %s', (name) => {
  const hop = () => hops.find((each) => each.name === name) as Hop;
  const atEdge = name !== 'server';
  test.each(wireRows.map((row) => [title(row), row] as const))('%s', async (_, row) => {
    expect(await hold(hop(), row, atEdge ? atAnEdge(row) : row.expected)).toEqual([]);
  });
  const rest = [...Object.values(collectionRows).flat(), ...otherRows];
  // The wire's own paths of messages and participants have their rows above.
  test.each(rest.map((row) => [title(row), row] as const))('%s', async (_, row) => {
    expect(await hold(hop(), row, atEdge ? `404*${columns.length}` : row.expected)).toEqual([]);
  });
});
