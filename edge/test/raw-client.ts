/** A client that is a bare socket: it says what a test writes, and goes as a test wants it to. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { until } from './hop.ts';

export interface RawClient {
  readonly socket: Socket;
  /** All that came, as text. */
  read(): string;
  say(text: string): void;
  /** Waits for a word among what came. @throws after `withinMs` */
  hears(word: string, withinMs?: number): Promise<void>;
  /** Waits until the other side has closed. @throws after `withinMs` */
  isLeft(withinMs?: number): Promise<void>;
}

/** Connects to the hop at `url`; `paused` reads nothing. */
export async function rawClient(url: string, { paused = false } = {}): Promise<RawClient> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  let text = '';
  let isOver = false;
  for (const end of ['end', 'close', 'error'])
    socket.on(end, () => {
      isOver = true;
    });
  if (!paused) socket.on('data', (chunk) => (text += chunk.toString('latin1')));
  await once(socket, 'connect');
  return {
    socket,
    read: () => text,
    say: (words) => void socket.write(words),
    hears: (word, withinMs = 20_000) =>
      until(`"${word}" is heard; there was: ${text.slice(-300)}`, () => text.includes(word), withinMs),
    isLeft: (withinMs = 5000) => until('the connection is closed', () => isOver, withinMs),
  };
}

/** A request as it stands on the line, with a body if there is one. */
export function requestText(
  url: string,
  path: string,
  {
    method = 'GET',
    headers = {},
    body = '',
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): string {
  const { host, pathname } = new URL(url);
  const all = { Host: host, ...headers, ...(body ? { 'Content-Length': String(body.length) } : {}) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${pathname.replace(/\/$/, '')}${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}
