/**
 * How a member of the CMS becomes somebody in the chat: a login at Payload, whose JWT is held in memory, exchanged at
 * the edge for a chat token. No cookie is sent or kept, so two people can live on one page.
 */
import type { Person } from './config.ts';

export interface SignInOptions {
  server: string;
  edge: string;
  site: string;
  person: Person;
  fetch: typeof fetch;
}

/** The client's `getToken`. A login that ran out is made anew, once per question. */
export function signIn({ server, edge, site, person, fetch }: SignInOptions) {
  let login: Promise<string> | undefined;

  async function logIn(): Promise<string> {
    const { email, password } = person;
    const response = await post(`${server}/api/users/login`, { email, password });
    return ((await answered(response)) as { token: string }).token;
  }

  async function post(url: string, body: unknown, authorization?: string): Promise<Response> {
    const headers = { 'Content-Type': 'application/json', ...(authorization && { Authorization: authorization }) };
    return fetch(url, { method: 'POST', credentials: 'omit', headers, body: JSON.stringify(body) });
  }

  async function exchange(): Promise<Response> {
    login ??= logIn();
    login.catch(() => {
      login = undefined;
    });
    return post(`${edge}/api/chat/session`, { site }, `JWT ${await login}`);
  }

  return async (): Promise<{ token: string; expiresAt: string }> => {
    let response = await exchange();
    if (response.status === 401) {
      login = undefined;
      response = await exchange();
    }
    return (await answered(response)) as { token: string; expiresAt: string };
  };
}

async function answered(response: Response): Promise<unknown> {
  const body = (await response.json().catch(() => undefined)) as { errors?: Array<{ message: string }> } | undefined;
  if (response.ok) return body;
  throw new Error(body?.errors?.[0]?.message ?? `${new URL(response.url).pathname} answered ${response.status}`);
}
