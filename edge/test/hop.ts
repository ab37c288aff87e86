/** What a contract needs of a hop: an address, people, and a way to post more than one person may. */
import { type Message, pathOf, type Snapshot, headers as wire } from '@payload-chat/protocol';
import { openStream, type StreamOptions, type StreamReader } from './stream-reader.ts';

/** Ada and Bo talk to each other; Cyd is of the same site and of no thread of theirs. */
export type Person = 'ada' | 'bo' | 'cyd';

export interface Session {
  token: string;
  /** The chat user's id. */
  user: string;
}

export interface Hop {
  /** Where the wire's paths begin, without a slash at the end. */
  url: string;
  /** The origin that `session` makes tokens for when asked `fromPage`; the site lists it. */
  origin: string;
  edgeKey: string;
  site: string;
  /** Key of a public room where the three may write. */
  room: string;
  /** A session of its own. Without `fromPage` its token is good from no page (a program's). */
  session(who: Person, options?: { lifeS?: number; fromPage?: boolean }): Promise<Session>;
  /** So many messages of this content stand in the room at once. */
  flood(count: number, content: string): Promise<void>;
  close(): Promise<void>;
}

/** One person at a hop. */
export interface Seat extends Session {
  stream(options?: Omit<StreamOptions, 'token'>): Promise<StreamReader>;
  call(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>;
  post(target: { thread?: string; receiver?: string; room?: string }, content: string): Promise<Posted>;
  snapshot(thread: string): Promise<Snapshot>;
}

export type Posted = Message & { pos: number };

export async function seatAt(hop: Hop, who: Person, options?: Parameters<Hop['session']>[1]): Promise<Seat> {
  const session = await hop.session(who, options);

  async function call(method: string, path: string, body?: unknown) {
    const response = await fetch(hop.url + path, {
      method,
      headers: {
        Authorization: `Bearer ${session.token}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as unknown };
  }

  async function must(status: number, method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await call(method, path, body);
    if (answer.status === status) return answer.body;
    throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  }

  return {
    ...session,
    stream: (asked = {}) => openStream(hop.url, { ...asked, token: session.token }),
    call,
    async post(target, content) {
      const localId = crypto.randomUUID();
      const body = await must(201, 'POST', pathOf('send'), { ...target, content, localId });
      return (body as { doc: Posted }).doc;
    },
    snapshot: async (thread) => (await must(200, 'GET', pathOf('snapshot', { id: thread }))) as Snapshot,
  };
}

/** Open streams of the hop's site, by its metrics. */
export async function readersOf(hop: Hop): Promise<number> {
  const response = await fetch(hop.url + pathOf('metrics'), { headers: { [wire.edge]: hop.edgeKey } });
  const line = (await response.text())
    .split('\n')
    .find((text) => text.startsWith(`chat_hub_readers{site="${hop.site}"}`));
  return Number(line?.split(' ').at(-1) ?? 0);
}

/** Asks until the answer is yes. @throws after `withinMs`, naming what was waited for */
export async function until(what: string, isSo: () => Promise<boolean> | boolean, withinMs = 5000): Promise<void> {
  const untilMs = Date.now() + withinMs;
  while (!(await isSo())) {
    if (Date.now() > untilMs) throw new Error(`Not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
