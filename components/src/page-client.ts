/** One client per (edge, site) of a page, for elements without a provider. It lives as long as the page. */
import { createClient } from './client.ts';
import type { Client } from './view.ts';

const clients = new Map<string, Client>();

/** Where elements go that name no edge: `chat.js` sets it to where it came from. */
export const pageEdge: { url: string | undefined } = { url: undefined };

export function pageClient(edge: string, site: string): Client {
  const key = `${edge} ${site}`;
  let client = clients.get(key);
  if (!client) {
    client = createClient({ edge, site });
    clients.set(key, client);
  }
  return client;
}
