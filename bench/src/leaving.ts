/**
 * (d): from the request that ends a session to the last byte of its streams at the server, at the Node edge and in
 * workerd; and what a session costs beside the Payload login that it may stand on.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../scripts/ports.mjs';
import { startTestStack } from '../../scripts/test-stack.mjs';
import { row, title } from './table.ts';

const rounds = 40;
/** What the wire promises. */
const promisedMs = 5000;

type Stack = Awaited<ReturnType<typeof startTestStack>> & {
  demo: { site: { key: string }; edgeKey: string; people: Person[] };
};
interface Person {
  email: string;
  password: string;
  kind: string;
}
interface Session {
  token: string;
  visitor?: string;
}

export async function leaving(): Promise<void> {
  title(`Leaving: from the request to the last byte of the session's streams, ${rounds} rounds each`);
  const stack = (await startTestStack({})) as Stack;
  const node = await nodeEdge(stack);
  const hops = { server: stack.urls.server, 'Node edge': node.url, workerd: stack.urls.edge };
  try {
    await measured('logout', hops, async () => {
      const session = await post<Session>(`${stack.urls.edge}/api/chat/session`, { site: stack.demo.site.key });
      return {
        token: session.token,
        end: () => post(`${stack.urls.edge}/api/chat/logout`, {}, `Bearer ${session.token}`),
      };
    });
    const login = await logIn(stack, 'member');
    await measured('claim', hops, async () => {
      const { token, visitor } = await post<Session>(`${stack.urls.edge}/api/chat/session`, {
        site: stack.demo.site.key,
      });
      const body = { site: stack.demo.site.key, visitor };
      return { token, end: () => post(`${stack.urls.edge}/api/chat/claim`, body, `JWT ${login}`) };
    });
    await costs(stack);
  } finally {
    await node.stop();
    await stack.stop();
  }
}

/** `begin` opens a session; its `end` ends it. */
async function measured(
  name: string,
  hops: Record<string, string>,
  begin: () => Promise<{ token: string; end(): Promise<unknown> }>,
): Promise<void> {
  const spans = new Map(Object.keys(hops).map((hop) => [hop, [] as number[]]));
  for (let round = 0; round < rounds; round += 1) {
    const { token, end } = await begin();
    const streams = await Promise.all(
      Object.entries(hops).map(async ([hop, url]) => ({ hop, ...(await opened(url, token)) })),
    );
    const beganMs = performance.now();
    const asked = end();
    await Promise.all(
      streams.map(async ({ hop, ended }) => {
        await ended;
        spans.get(hop)?.push(performance.now() - beganMs);
      }),
    );
    await asked;
  }
  for (const [hop, ms] of spans) {
    ms.sort((a, b) => a - b);
    const at = (part: number) => `${(ms[Math.min(ms.length - 1, Math.floor(ms.length * part))] ?? 0).toFixed(0)} ms`;
    row(`${name}, ${hop}`, undefined, '', [`median ${at(0.5)}`, `worst ${at(1)}`, `of ${promisedMs} ms`]);
  }
}

/** Opens a stream and comes back when it is live; `ended` resolves with its last byte. */
async function opened(url: string, token: string): Promise<{ ended: Promise<void> }> {
  const response = await patiently(() =>
    fetch(`${url}/api/messages/sse`, { headers: { Authorization: `Bearer ${token}` } }),
  );
  const reader = response.body?.getReader();
  if (response.status !== 200 || !reader)
    throw new Error(`No stream at ${url}: ${response.status} ${await response.text()}`);
  const decoder = new TextDecoder();
  for (let text = ''; !text.includes('event: ready'); ) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`The stream at ${url} ended before it was ready.`);
    text += decoder.decode(value, { stream: true });
  }
  const toTheEnd = async () => {
    while (!(await reader.read()).done);
  };
  return { ended: toTheEnd() };
}

/** A hop that is still starting says 503, and when to come back. */
async function patiently(ask: () => Promise<Response>): Promise<Response> {
  for (let attempt = 0; ; attempt += 1) {
    const response = await ask();
    if (response.status !== 503 || attempt === 10) return response;
    console.log(`  503: ${await response.text()}`);
    await new Promise((resolve) => setTimeout(resolve, 1000 * Number(response.headers.get('Retry-After') ?? 1)));
  }
}

/** One after the other, at the server itself. */
async function costs(stack: Stack): Promise<void> {
  const { server } = stack.urls;
  const site = stack.demo.site.key;
  const each = async (work: () => Promise<unknown>) => {
    const beganMs = performance.now();
    for (let round = 0; round < rounds; round += 1) await work();
    return (performance.now() - beganMs) / rounds;
  };
  const login = await each(() => logIn(stack, 'member'));
  const jwt = await logIn(stack, 'member');
  const { token } = await post<Session>(`${server}/api/chat/session`, { site });
  const of = async (name: string, work: () => Promise<unknown>) => {
    const ms = await each(work);
    row(name, ms / login, 'of a Payload login', [`${ms.toFixed(1)} ms`, `login ${login.toFixed(1)} ms`]);
  };
  await of('session of a visitor', () => post(`${server}/api/chat/session`, { site }));
  await of('renewal', () => post(`${server}/api/chat/session`, { site }, `Bearer ${token}`));
  await of('session of a login', () => post(`${server}/api/chat/session`, { site }, `JWT ${jwt}`));
}

async function logIn({ urls, demo }: Stack, kind: string): Promise<string> {
  const { email, password } = demo.people.find((one) => one.kind === kind) as Person;
  return (await post<{ token: string }>(`${urls.server}/api/users/login`, { email, password })).token;
}

async function post<T>(url: string, body: object, authorization?: string): Promise<T> {
  const headers = { 'Content-Type': 'application/json', ...(authorization ? { Authorization: authorization } : {}) };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}

/** A Node edge beside the stack's own, which is workerd's. */
async function nodeEdge({ urls, demo }: Stack): Promise<{ url: string; stop(): Promise<void> }> {
  const [port = 0] = await freePorts(1);
  const entry = fileURLToPath(new URL('../../edge/src/node.ts', import.meta.url));
  const own = { PORT: String(port), HOST: '127.0.0.1', CHAT_SERVER_URL: urls.server, CHAT_EDGE_KEY: demo.edgeKey };
  const child = spawn(process.execPath, [entry], {
    env: { ...process.env, ...own },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
