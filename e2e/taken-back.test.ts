/**
 * [I16] Five seconds after a text was edited away, deleted or erased no hop says it any more, in no way in which it can be
 * asked: a replay, a stream's first snapshot, a snapshot, a list, a guest's view. Nor does an open page.
 */
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Seat, seatAt } from '../edge/test/hop.ts';
import { type NodeEdge, startNodeEdge } from '../edge/test/node-edge.ts';
import { realHop } from '../edge/test/real-hop.ts';
import { closeStreams, openStream, type StreamReader } from '../edge/test/stream-reader.ts';
import { visitors } from './browser.ts';
import { demoPage } from './demo-page.ts';
import { house } from './house.ts';
import { personOf, speakAs } from './people.ts';
import { patienceMs } from './thread.ts';

const stack = house();
const browser = visitors();
let node: NodeEdge;
/** Asks until nothing is left; whoever is asked later than the promised five seconds may say nothing. */
async function expectGone(ask: () => Promise<string[]>): Promise<void> {
  const untilMs = Date.now() + 5000;
  for (;;) {
    const isLast = Date.now() >= untilMs;
    const left = await ask();
    if (left.length === 0) return;
    if (isLast) return expect(left).toEqual([]);
  }
}

beforeAll(async () => {
  const { urls, edgeKey } = stack().demo;
  node = await startNodeEdge({ CHAT_SERVER_URL: urls.server, CHAT_EDGE_KEY: edgeKey });
});
afterEach(closeStreams);
afterAll(async () => void (await node?.stop('SIGKILL')));

const hops = () => ({ server: stack().demo.urls.server, worker: stack().demo.urls.edge, node: node.url });

async function asAdmin(method: string, path: string): Promise<void> {
  const { email, password } = personOf(stack(), 'admin');
  const { server } = stack().demo.urls;
  const headers = { 'Content-Type': 'application/json' };
  const login = await fetch(`${server}/api/users/login`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ email, password }),
  });
  const { token } = (await login.json()) as { token: string };
  const response = await fetch(server + path, { method, headers: { Authorization: `JWT ${token}` } });
  expect(response.status).toBe(200);
}

async function toReady(stream: StreamReader): Promise<string> {
  // A cursor from before all was emptied is answered by a reset: that says nothing either.
  await stream.next('ready', patienceMs).catch(() => undefined);
  stream.close();
  return JSON.stringify([stream.body, stream.frames]);
}

/** What one hop says to one who may read the thread, by how it was asked. */
async function saidAt(url: string, seat: Seat, thread: string, cursor: string): Promise<Record<string, string>> {
  const text = async (path: string, token = seat.token) =>
    (await fetch(url + path, { headers: { Authorization: `Bearer ${token}` } })).text();
  const open = (more: object, token = seat.token) => openStream(url, { token, ...more }).then(toReady);
  const { key } = stack().demo.site;
  const visit = await fetch(`${url}/api/chat/session`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ site: key, room: 'lobby' }),
  });
  const guest = ((await visit.json()) as { token: string }).token;
  return {
    'a replay': await open({ query: `topic=thread:${thread}`, lastEventId: cursor }),
    'a stream’s first snapshot': await open({ query: `topic=thread:${thread}&rewind=100` }),
    'the snapshot': await text(`/api/chat/threads/${thread}/snapshot?limit=100`),
    'the list': await text('/api/chat/threads'),
    'a guest’s snapshot': await text('/api/chat/threads/room:lobby/snapshot?limit=100', guest),
    'a guest’s first snapshot': await open({ query: 'topic=room:lobby&rewind=100' }, guest),
  };
}

test.each<[string, (seat: Seat, id: string) => Promise<unknown>]>([
  ['edited by its author', (seat, id) => seat.call('PATCH', `/api/messages/${id}`, { content: 'better' })],
  ['deleted by its author', (seat, id) => seat.call('DELETE', `/api/messages/${id}`)],
  ['deleted in the panel', (_, id) => asAdmin('DELETE', `/api/messages/${id}`)],
  ['erased with its author', ({ user }) => asAdmin('POST', `/api/chat/people/${user}/erase`)],
])(
  '[I16] what was %s is said by no hop any more',
  async (how, take) => {
    const at = (url: string, run = how) => seatAt(realHop(stack(), url, `taken back ${run}`), 'ada');
    const writer = await at(hops().server);
    // Somebody else of the same site, whose session outlives the writer's.
    const readers = await Promise.all(Object.values(hops()).map((url) => at(url, `${how}, read`)));
    for (const where of [{ room: 'lobby' }, { receiver: readers[0]?.user ?? '' }]) {
      if (how === 'erased with its author' && 'receiver' in where) continue;
      const { thread } = await writer.post(where, 'before');
      const { cursor } = await writer.snapshot(thread);
      const word = `quixotic-${Math.random().toString(36).slice(2)}`;
      const { id } = await writer.post(where, `a ${word} secret`);
      await writer.post(where, 'after');
      const said = async () => {
        const all: Record<string, string> = {};
        for (const [nth, [name, url]] of Object.entries(hops()).entries())
          for (const [what, text] of Object.entries(await saidAt(url, readers[nth] as Seat, thread, cursor)))
            all[`${name}: ${what}`] = text;
        return all;
      };
      // Guests read the room alone, and a list has the last message of each thread.
      const isDue = (what: string) => !what.endsWith('list') && ('room' in where || !what.includes('guest'));
      await expect
        .poll(async () => Object.entries(await said()).filter(([what, text]) => isDue(what) && !text.includes(word)), {
          timeout: patienceMs,
          message: 'every hop to say it first',
        })
        .toEqual([]);
      await take(writer, id);
      await expectGone(async () =>
        Object.entries(await said()).flatMap(([what, text]) => (text.includes(word) ? [what] : [])),
      );
    }
  },
  240_000,
);

/** All that a page shows or keeps: its text through every shadow, what stands in its fields, and its stores. */
function heldBy(page: Page, within = 'body'): Promise<string> {
  return page.evaluate(async (within) => {
    const found: string[] = [];
    const walk = (root: Element | ShadowRoot) => {
      for (const element of root.querySelectorAll('*')) {
        found.push(...element.getAttributeNames().map((name) => element.getAttribute(name) ?? ''));
        if ('value' in element) found.push(String(element.value));
        for (const child of element.childNodes) if (child.nodeType === 3) found.push(child.textContent ?? '');
        if (element.shadowRoot) walk(element.shadowRoot);
      }
    };
    walk(document.querySelector(within) as Element);
    found.push(JSON.stringify(localStorage), JSON.stringify(sessionStorage));
    for (const { name } of await indexedDB.databases()) found.push(`a database: ${name}`);
    for (const name of await caches.keys()) found.push(`a cache: ${name}`);
    return found.join('\n');
  }, within);
}

test('[I16] nor by an open page: not in what it shows, in its fields, in its stores, nor in what it tells of the line', async () => {
  const [{ page, faults }, plain] = [
    await browser.open(stack().demo.urls.demo),
    await browser.open(`${stack().demo.urls.demo}/plain/`),
  ];
  const { ana, ben } = demoPage(page);
  await plain.page.locator('#status', { hasText: 'Listening as' }).waitFor({ timeout: patienceMs });
  await ana.write('the first of them');
  await ana.write('a blue secret');
  await ana.write('a green secret');
  await ben.reads(['the first of them', 'a blue secret', 'a green secret']);
  await ana.delivered();
  // Somebody is about to answer it.
  const row = ben.element.getByRole('article').filter({ hasText: 'a blue secret' }).last();
  await row.hover();
  await row.getByRole('button', { name: 'Reply' }).click();
  const pages = [page, plain.page];
  for (const each of pages)
    await expect.poll(() => heldBy(each), { timeout: patienceMs }).toMatch(/blue secret[\s\S]*green secret/);
  expect((await heldBy(page)).match(/blue secret/g)?.length).toBeGreaterThan(3);

  await ana.remove('a blue secret');
  await ana.edit('a green secret', 'nothing of note');
  await ben.reads(['the first of them', 'Message deleted', 'nothing of note']);
  for (const each of pages) {
    const held = async () => (await heldBy(each)).split('\n');
    await expectGone(async () => (await held()).filter((text) => /(blue|green) secret/.test(text)));
    // And it is a page that shows the thread still.
    expect(await held()).toContain('nothing of note');
    expect((await held()).filter((text) => /^a (database|cache): /.test(text))).toEqual([]);
  }

  // What a person has written goes with the person, from the pages of those he wrote to.
  const someone = await speakAs(stack(), 'member', 1);
  await someone.send({ receiver: personOf(stack(), 'member', 0).id, content: 'a violet secret' });
  const others = { element: () => heldBy(page, '#first'), plain: () => heldBy(plain.page) };
  for (const held of Object.values(others)) await expect.poll(held, { timeout: patienceMs }).toContain('violet secret');
  await asAdmin('POST', `/api/chat/people/${someone.id}/erase`);
  await expectGone(async () => {
    const left: string[] = [];
    for (const [name, held] of Object.entries(others))
      for (const text of (await held()).split('\n')) if (text.includes('violet secret')) left.push(`${name}: ${text}`);
    return left;
  });
  expect([...faults, ...plain.faults]).toEqual([]);
}, 240_000);
