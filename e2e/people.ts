/** The demo's people, speaking to the chain by HTTP alone. */
import { expect } from 'vitest';
import type { House } from './house.ts';

export interface Spoken {
  id: string;
  thread: string;
  content: string;
  seq: number;
}

export interface Speaker {
  id: string;
  /** A chat token for programs: it is made without an Origin. */
  token: string;
  send(body: Record<string, unknown>): Promise<Spoken>;
  get(path: string): Promise<unknown>;
  /** The newest messages of a thread, by a fresh snapshot. */
  messages(thread: string): Promise<Array<Spoken & { deletedAt?: string }>>;
}

export function personOf({ demo }: House, kind: string, index = 0) {
  const person = demo.people.filter((one) => one.kind === kind)[index];
  if (!person) throw new Error(`demo.json has no ${kind} ${index}`);
  return person;
}

export async function speakAs(house: House, kind: string, index = 0): Promise<Speaker> {
  const { urls, site } = house.demo;
  const { email, password } = personOf(house, kind, index);
  const login = (await ask(`${urls.server}/api/users/login`, { email, password })) as { token: string };
  const session = (await ask(`${urls.edge}/api/chat/session`, { site: site.key }, `JWT ${login.token}`)) as {
    token: string;
    user: { id: string };
  };
  const { token, user } = session;
  const get = (path: string) => ask(`${urls.edge}${path}`, undefined, `Bearer ${token}`);
  return {
    id: user.id,
    token,
    get,
    send: async (body) => ((await ask(`${urls.edge}/api/messages`, body, `Bearer ${token}`)) as { doc: Spoken }).doc,
    messages: async (thread) =>
      ((await get(`/api/chat/threads/${encodeURIComponent(thread)}/snapshot?limit=100`)) as { messages: Spoken[] })
        .messages,
  };
}

/** POST with a body, else GET. Fails the test with what was answered. */
async function ask(url: string, body: unknown, authorization?: string): Promise<unknown> {
  const headers = { 'Content-Type': 'application/json', ...(authorization && { Authorization: authorization }) };
  const response = await fetch(
    url,
    body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) },
  );
  const text = await response.text();
  expect(response.ok, `${url} answered ${response.status}: ${text}`).toBe(true);
  return JSON.parse(text);
}
