/** What tests say over the wire: sessions, tokens, streams. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { type Frame, frameDecoder, type Session } from '@payload-chat/protocol';
import { SignJWT } from 'jose';
import { type App, password, serverUrl } from './app.ts';

/** A page that the tests' sites list. */
export const page = 'https://page.test';

interface Ask {
  method?: string;
  token?: string;
  origin?: string | null;
  body?: unknown;
  headers?: Record<string, string>;
}

/** Asks the app; from `page` unless told otherwise. `body` is sent as JSON. */
export function ask(
  app: App,
  path: string,
  { method, token, origin = page, body, headers = {} }: Ask = {},
): Promise<Response> {
  return app.fetch(path, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(origin === null ? {} : { Origin: origin }),
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
}

/** Status and body of an answer. */
export async function answer(asked: Promise<Response>): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await asked;
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

export async function logIn(app: App, email: string): Promise<{ jwt: string; cookie: string }> {
  const response = await ask(app, '/api/users/login', { body: { email, password }, origin: serverUrl });
  const { token } = (await response.json()) as { token: string };
  return { jwt: token, cookie: `payload-token=${token}` };
}

export async function openSession(app: App, body: Record<string, unknown>, asked: Ask = {}): Promise<Session> {
  const response = await ask(app, '/api/chat/session', { ...asked, body });
  const session = (await response.json()) as Session;
  if (response.status !== 200) throw new Error(`No session: ${response.status} ${JSON.stringify(session)}`);
  return session;
}

/** The chat token of an account. */
export async function tokenOf(app: App, site: string, email: string, origin: string | null = page): Promise<Session> {
  const { jwt } = await logIn(app, email);
  return openSession(app, { site }, { origin, headers: { Authorization: `JWT ${jwt}` } });
}

export const siteSecret = { kid: 'k1', value: 'a secret of the embedding site, long enough' };

/** A host-signed identity; `claims` and `header` override what a good one says. */
export function identity(
  site: string,
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
  secret: string | Uint8Array = siteSecret.value,
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const key = typeof secret === 'string' ? new TextEncoder().encode(secret) : secret;
  return new SignJWT({ iss: site, aud: 'payload-chat', sub: 'user-1', iat: now, exp: now + 600, ...claims })
    .setProtectedHeader({ alg: 'HS256', kid: siteSecret.kid, ...header })
    .sign(key);
}

export interface Listening {
  url: string;
  /** Sockets that are open now. */
  readonly sockets: number;
  close(): Promise<void>;
}

/** The app behind a real HTTP server: what a browser's disconnect does to a stream is only seen there. */
export async function listen(app: App): Promise<Listening> {
  const server: Server = createServer((incoming, outgoing) => {
    void serve(app, incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const sockets = new Set<unknown>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get sockets() {
      return sockets.size;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(app: App, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const abort = new AbortController();
  outgoing.on('close', () => abort.abort());
  const { method = 'GET', url = '/' } = incoming;
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers))
    if (value !== undefined) headers.set(name, String(value));
  const hasBody = method !== 'GET' && method !== 'HEAD';
  const response = await app.fetch(url, {
    method,
    headers,
    signal: abort.signal,
    ...(hasBody ? { body: Readable.toWeb(incoming) as ReadableStream<Uint8Array>, duplex: 'half' as const } : {}),
  } as RequestInit);
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.flushHeaders();
  if (!response.body) return void outgoing.end();
  const reader = response.body.getReader();
  abort.signal.addEventListener('abort', () => void reader.cancel().catch(() => undefined));
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (!outgoing.write(value)) await new Promise((resolve) => outgoing.once('drain', resolve));
    }
    outgoing.end();
  } catch {
    outgoing.destroy();
  }
}

export interface Stream {
  response: Response;
  /** Everything met so far. */
  frames: Frame[];
  /** Waits for a frame; says what it waited for where it doesn't come. */
  until(what: string, found: (frame: Frame) => boolean, ms?: number): Promise<Frame>;
  /** Waits for the stream's end. */
  ended(ms?: number): Promise<void>;
  close(): void;
}

/** Reads a stream frame by frame. */
export async function readStream(asked: Promise<Response>, abort?: AbortController): Promise<Stream> {
  const response = await asked;
  const frames: Frame[] = [];
  const waiting = new Set<() => void>();
  let over = false;
  const tell = () => {
    for (const run of [...waiting]) run();
  };
  const feed = frameDecoder((frame) => {
    frames.push(frame);
    tell();
  });
  const reader = response.body?.getReader();
  void (async () => {
    try {
      for (;;) {
        const part = await reader?.read();
        if (!part || part.done) break;
        feed(part.value);
      }
    } catch {
      // Aborted by the test, or torn down by the server: the end either way.
    }
    over = true;
    tell();
  })();

  const wait = <T>(what: string, look: () => T | undefined, ms = 8000) =>
    new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(run);
        const met = frames.map(({ event }) => event).join(', ');
        const last = JSON.stringify(frames.at(-1) ?? null).slice(0, 1000);
        reject(
          new Error(`No ${what} within ${ms} ms; met ${met || 'nothing'}; at last ${last}${over ? ', its end' : ''}`),
        );
      }, ms);
      const run = () => {
        const found = look();
        if (found === undefined) return;
        clearTimeout(timer);
        waiting.delete(run);
        resolve(found);
      };
      waiting.add(run);
      run();
    });

  return {
    response,
    frames,
    until: (what, found, ms) => wait(what, () => frames.find(found), ms),
    ended: async (ms) => void (await wait('end', () => (over ? true : undefined), ms)),
    close() {
      abort?.abort();
      void reader?.cancel().catch(() => undefined);
    },
  };
}
