/** What the demo's server says about this copy (`/demo-config.json`). */

export interface Person {
  name: string;
  email: string;
  password: string;
  kind: string;
  id: string;
}

export interface DemoConfig {
  urls: { server: string; edge: string; host: string; admin: string };
  /** The site's key. */
  site: string;
  people: Person[];
  threads: { direct: string; support: string; room: string };
}

/** @throws Error with the server's sentence when there is no demo to show. */
export async function loadConfig(): Promise<DemoConfig> {
  const response = await fetch('/demo-config.json', { credentials: 'omit' });
  const body = (await response.json()) as DemoConfig & { errors?: Array<{ message: string }> };
  if (response.ok) return body;
  throw new Error(body.errors?.[0]?.message ?? `The demo’s server answered ${response.status}.`);
}
