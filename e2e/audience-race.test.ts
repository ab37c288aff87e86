/**
 * [I9] The race of joins, leaves and posts again, through the edges: eight who come, write and go, each with a stream at the
 * server, the Worker edge and the Node edge, held against the log. `ROUNDS` asks for more, `SEED` repeats a run.
 */
import { type Frame, pathOf, type WireEvent } from '@payload-chat/protocol';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type NodeEdge, startNodeEdge } from '../edge/test/node-edge.ts';
import { closeStreams, openStream, type StreamReader } from '../edge/test/stream-reader.ts';
import { randomFrom } from '../server/test/random.ts';
import { makeWorld, must, north, type Session, type World } from './access/world.ts';
import { house } from './house.ts';

const rounds = Number(process.env.ROUNDS ?? 8);
const writers = 8;

const stack = house({ only: ['postgres', 'server', 'edge'] });
let node: NodeEdge;
let world: World;
let owner: string;
let crowd: Session[];
let database: pg.Client;

beforeAll(async () => {
  const { urls, edgeKey } = stack().demo;
  node = await startNodeEdge({ CHAT_SERVER_URL: urls.server, CHAT_EDGE_KEY: edgeKey });
  world = await makeWorld(stack());
  owner = `JWT ${await world.logIn(world.accounts.boss)}`;
  crowd = await Promise.all(
    Array.from({ length: writers }, async (_, nth) =>
      world.session({ site: north, identity: await world.identity(`writer ${nth}`) }),
    ),
  );
  // Rows of the people, by writing elsewhere.
  for (const { token } of crowd) await world.post(`Bearer ${token}`, { room: 'lobby', content: 'hello' });
  database = new pg.Client({ connectionString: stack().databaseUrl });
  await database.connect();
});
afterEach(closeStreams);
afterAll(async () => {
  await database?.end();
  await node?.stop('SIGKILL');
});

const hops = () => [stack().demo.urls.server, stack().demo.urls.edge, node.url];

/** The status of a request that may come too early or too late: whoever has just been sent out, or is in already. */
async function tried(hop: string, method: string, path: string, by: string, body?: object): Promise<boolean> {
  const response = await fetch(hop + path, {
    method,
    headers: { Authorization: by, ...(body ? { 'Content-Type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  if (!response.ok) expect([400, 403, 404, 409, 503], `${method} ${path}: ${text}`).toContain(response.status);
  return response.ok;
}

const join = (thread: string, { user }: Session) =>
  tried(stack().demo.urls.server, 'POST', '/api/participants', owner, { thread, user: user.id });
const say = (hop: string, thread: string, { token }: Session, content: string) =>
  tried(hop, 'POST', pathOf('send'), `Bearer ${token}`, { thread, content, localId: crypto.randomUUID() });
const go = (hop: string, thread: string, { token }: Session) =>
  tried(hop, 'DELETE', pathOf('unseat', { id: thread, user: 'me' }), `Bearer ${token}`);

interface Logged {
  pos: number;
  type: string;
  /** Of a seat's coming and going: whose. */
  whose: string | undefined;
}

async function logOf(thread: string): Promise<Logged[]> {
  const { rows } = await database.query<Omit<Logged, 'pos'> & { pos: string }>(
    `select pos, type, payload #>> '{participant,user,id}' as whose from chat.events where thread = $1 order by pos`,
    [thread],
  );
  return rows.map((row) => ({ ...row, pos: Number(row.pos) }));
}

const heardOf = (frames: readonly Frame[], thread: string) =>
  frames.flatMap(({ event, data }) =>
    event === 'message' && (data as WireEvent).thread === thread ? [(data as WireEvent).pos] : [],
  );

/** What one who began outside must hear: from each coming of his to the going after it. */
function dueTo(user: string, log: readonly Logged[]): number[] {
  let sits = false;
  return log.flatMap(({ pos, type, whose }) => {
    if (whose === user && type === 'participant.joined') sits = true;
    const hears = sits;
    if (whose === user && type === 'participant.left') sits = false;
    return hears ? [pos] : [];
  });
}

async function upTo(stream: StreamReader, pos: number, withinMs = 30_000): Promise<void> {
  while (((await stream.next('message', withinMs)).data as WireEvent).pos < pos);
}

test('[I9] each hears at every hop what is said while he sits there, to the event', async () => {
  const random = randomFrom('audience race at the edges');
  const host = await world.session({ site: north, identity: await world.identity('host') });
  const { thread } = await world.post(`Bearer ${host.token}`, { content: 'Help' });
  const streams = await Promise.all(
    crowd.map(({ token }) => Promise.all(hops().map((url) => openStream(url, { token, query: 'topic=me' })))),
  );
  for (const stream of streams.flat()) await stream.next('ready', 10_000);

  let joins = 0;
  const write = async (who: Session) => {
    for (let round = 0; round < rounds; round += 1) {
      const hop = hops()[random.below(3)] ?? '';
      if (await join(thread, who)) joins += 1;
      const posts = Array.from({ length: 1 + random.below(4) }, (_, nth) => say(hop, thread, who, `${round} ${nth}`));
      // Out while his own words are under way, or after them.
      if (random.below(2)) await Promise.all(posts);
      await go(hops()[random.below(3)] ?? '', thread, who);
      await Promise.all(posts);
    }
  };
  await Promise.all(crowd.map(write));
  // Everybody comes once more, so that each stream tells that it has told all.
  for (const who of crowd) await go(node.url, thread, who).then(() => join(thread, who));
  await world.post(`Bearer ${host.token}`, { thread, content: 'The end' });
  const log = await logOf(thread);
  const end = log.at(-1)?.pos ?? 0;
  expect(joins).toBeGreaterThan(writers * rounds * 0.9);
  let heard = 0;
  for (const [nth, each] of streams.entries()) {
    const due = dueTo(crowd[nth]?.user.id ?? '', log);
    for (const [at, stream] of each.entries()) {
      await upTo(stream, end).catch((cause) => {
        throw new Error(`Writer ${nth} at hop ${at} did not hear the end.`, { cause });
      });
      expect(heardOf(stream.frames, thread), `writer ${nth} at hop ${at}`).toEqual(due);
      heard += due.length;
    }
  }
  console.info(`audience race at the edges: ${log.length} events, ${joins} joins, ${heard} heard by 24 streams`);
}, 600_000);

test('[I9] [S7] nobody hears a private room after his own leaving, at whatever hop and from whatever cursor', async () => {
  const random = randomFrom('rights race at the edges');
  const key = `den-${random.below(2 ** 31)}`;
  const made = { site: north, kind: 'room', key, title: key, public: false };
  const { doc } = (await must(`${stack().demo.urls.server}/api/threads`, owner, made)) as { doc: { id: string } };
  const thread = doc.id;
  const host = await world.session({ site: north, identity: await world.identity('host') });
  await must(`${stack().demo.urls.server}/api/participants`, owner, { thread, user: host.user.id });
  let over = false;
  const talking = (async () => {
    for (let turn = 0; !over; turn += 1) await world.post(`Bearer ${host.token}`, { thread, content: `talk ${turn}` });
  })();

  /** Comes and goes; opens streams at any moment and hop, with and without the cursor of an earlier one. */
  const visit = async (who: Session) => {
    let cursor: string | undefined;
    const opened: StreamReader[] = [];
    for (let round = 0; round < Math.ceil(rounds / 2); round += 1) {
      await join(thread, who);
      const asking = hops().map(async (url) => {
        const from = random.below(2) ? cursor : undefined;
        const stream = await openStream(url, {
          token: who.token,
          query: `topic=thread:${thread}`,
          ...(from ? { lastEventId: from } : {}),
        });
        if (stream.status === 200) opened.push(stream);
        else expect([404, 503], stream.body).toContain(stream.status);
      });
      if (random.below(2)) await Promise.all(asking);
      if (random.below(2)) await say(hops()[random.below(3)] ?? '', thread, who, `in ${round}`);
      await go(hops()[random.below(3)] ?? '', thread, who);
      await Promise.all(asking);
      cursor = opened.at(-1)?.frames.findLast(({ id }) => id)?.id ?? cursor;
    }
    return opened;
  };
  const all = await Promise.all(crowd.map(visit));
  over = true;
  await talking;

  const log = await logOf(thread);
  let heard = 0;
  for (const [nth, opened] of all.entries()) {
    const user = crowd[nth]?.user.id ?? '';
    for (const stream of opened) {
      await stream.ended(30_000);
      expect(['bye', 'reset']).toContain(stream.frames.at(-1)?.event);
      const got = heardOf(stream.frames, thread);
      heard += got.length;
      // As a snapshot would, a replay may show who sits there now what came before; between, nothing is missing but what
      // lies between his leaving and his coming again.
      let sits = true;
      const due = log
        .filter(({ pos }) => pos >= (got[0] ?? 0) && pos <= (got.at(-1) ?? 0))
        .flatMap(({ pos, type, whose }) => {
          if (whose === user && type === 'participant.joined') sits = true;
          const hears = sits;
          if (whose === user && type === 'participant.left') sits = false;
          return hears ? [pos] : [];
        });
      expect(got, `writer ${nth}`).toEqual(due);
      if (got.length && stream.frames.at(-1)?.event === 'bye') expect(sits).toBe(false);
    }
  }
  expect(heard).toBeGreaterThan(writers);
  console.info(`rights race at the edges: ${log.length} events, ${all.flat().length} streams, ${heard} heard`);
}, 600_000);

const endReasons = (streams: readonly StreamReader[]) =>
  streams.map(({ frames }) => (frames.at(-1)?.data as { reason?: string } | undefined)?.reason);

test('[I9] [S7] sessions that end while all write: at whatever hop all is heard up to one’s own end, and nothing after it', async () => {
  const random = randomFrom('revocation race at the edges');
  const host = await world.session({ site: north, identity: await world.identity('host') });
  const { thread } = await world.post(`Bearer ${host.token}`, { room: 'lobby', content: 'before' });
  let over = false;
  const talking = (async () => {
    for (let turn = 0; !over; turn += 1)
      await world.post(`Bearer ${host.token}`, { room: 'lobby', content: `news ${turn}` });
  })();
  const visit = async (nth: number) => {
    const { token, user } = await world.session({ site: north, identity: await world.identity(`leaver ${nth}`) });
    const at = (url: string) => openStream(url, { token, query: 'topic=room:lobby&topic=me' });
    const live = await Promise.all(hops().map(at));
    for (const stream of live) {
      await stream.next('ready', 10_000);
      await stream.next('message', 10_000);
    }
    const hop = hops()[random.below(3)] ?? '';
    const [isOver, ...late] = await Promise.all([
      tried(hop, 'POST', pathOf('logout'), `Bearer ${token}`, {}),
      // Opened at that very moment.
      ...hops().map(at),
    ]);
    expect(isOver).toBe(true);
    return { user: user.id, live, late };
  };
  const all: Array<Awaited<ReturnType<typeof visit>>> = [];
  for (let round = 0; round < Math.ceil(rounds / 4); round += 1)
    all.push(...(await Promise.all(crowd.map((_, nth) => visit(round * writers + nth)))));
  for (const { live, late } of all)
    for (const stream of [...live, ...late]) if (stream.status === 200) await stream.ended(30_000);
  over = true;
  await talking;

  const log = await logOf(thread);
  const { rows: ends } = await database.query<{ pos: string; actor: string }>(
    `select pos, actor from chat.events where site = $1 and type = 'session.ended'`,
    [north],
  );
  let heard = 0;
  for (const { user, live, late } of all) {
    const end = Number(ends.find(({ actor }) => actor === user)?.pos);
    expect(end).toBeGreaterThan(0);
    for (const stream of late) {
      if (stream.status !== 200) expect([401, 503], stream.body).toContain(stream.status);
      for (const pos of heardOf(stream.frames, thread)) expect(pos).toBeLessThan(end);
    }
    expect(endReasons(live)).toEqual(['revoked', 'revoked', 'revoked']);
    for (const [at, stream] of live.entries()) {
      const got = heardOf(stream.frames, thread);
      const due = log.map(({ pos }) => pos).filter((pos) => pos >= (got[0] ?? 0) && pos < end);
      expect(got, `${user} at hop ${at}`).toEqual(due);
      heard += got.length;
    }
  }
  expect(heard).toBeGreaterThan(all.length * 3);
  console.info(`revocation race at the edges: ${log.length} events, ${all.length} sessions, ${heard} heard`);
}, 600_000);

test('[I9] [S7] a room that is closed to all but a few and opened again while all write: nobody else hears what is said inside', async () => {
  const random = randomFrom('grants race at the edges');
  const key = `hall-${random.below(2 ** 31)}`;
  const made = { site: north, kind: 'room', key, title: key, public: true };
  const { doc } = (await must(`${stack().demo.urls.server}/api/threads`, owner, made)) as { doc: { id: string } };
  const thread = doc.id;
  const host = await world.session({ site: north, identity: await world.identity('host') });
  await must(`${stack().demo.urls.server}/api/participants`, owner, { thread, user: host.user.id });
  const publish = async (isPublic: boolean) =>
    expect(await tried(stack().demo.urls.server, 'PATCH', `/api/threads/${thread}`, owner, { public: isPublic })).toBe(
      true,
    );
  const query = `topic=thread:${thread}`;
  const inside = await Promise.all(hops().map((url) => openStream(url, { token: host.token, query })));
  for (const stream of inside) await stream.next('ready', 10_000);

  let heard = 0;
  const cursors = new Map<number, string>();
  for (let round = 0; round < rounds; round += 1) {
    const outside: StreamReader[] = [];
    const come = async ({ token }: Session, nth: number) => {
      for (const url of hops()) {
        const from = random.below(2) ? cursors.get(nth) : undefined;
        const stream = await openStream(url, { token, query, ...(from ? { lastEventId: from } : {}) });
        if (stream.status === 200) outside.push(stream);
        else expect([404, 503], stream.body).toContain(stream.status);
      }
    };
    const coming = crowd.map(come);
    const open = Array.from({ length: 5 }, (_, nth) =>
      world.post(`Bearer ${host.token}`, { thread, content: `open ${round} ${nth}` }),
    );
    // Closed while they come, or when all are there.
    if (random.below(2)) await Promise.all(coming);
    if (random.below(2)) await Promise.all(open);
    await publish(false);
    const word = `inside ${round}`;
    for (let nth = 0; nth < 3; nth += 1)
      await world.post(`Bearer ${host.token}`, { thread, content: `${word} ${nth}` });
    for (const stream of inside)
      while (!JSON.stringify(stream.frames.slice(-8)).includes(`${word} 2`)) await stream.next('message', 30_000);
    await Promise.all([...coming, ...open]);
    for (const stream of outside) await stream.ended(30_000);
    for (const stream of outside) {
      expect(JSON.stringify(stream.frames)).not.toContain(word);
      heard += heardOf(stream.frames, thread).length;
    }
    for (const reason of endReasons(outside)) expect(['revoked', 'shutdown', 'expired']).toContain(reason);
    for (const nth of crowd.keys()) {
      const id = outside[nth]?.frames.findLast((frame) => frame.id)?.id;
      if (id) cursors.set(nth, id);
    }
    await publish(true);
  }
  // Those who may hear all heard all, and no stream has a hole.
  const log = (await logOf(thread)).map(({ pos }) => pos);
  for (const stream of inside) {
    await expect.poll(() => heardOf(stream.frames, thread).at(-1), { timeout: 30_000 }).toBe(log.at(-1));
    const got = heardOf(stream.frames, thread);
    expect(got).toEqual(log.filter((pos) => pos >= (got[0] ?? 0)));
  }
  expect(heard).toBeGreaterThan(writers);
  console.info(`grants race at the edges: ${log.length} events, ${rounds} times closed, ${heard} heard outside`);
}, 600_000);
