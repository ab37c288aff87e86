/** What the start wrote about this copy: `<DATA_DIR>/demo.json`, of which a page may see only a part. */
import { readFile } from 'node:fs/promises';

export interface Person {
  name: string;
  email: string;
  password: string;
  kind: string;
  id: string;
}

/** What the demo's own pages are told. The site's secret and the edge's key stay in the file. */
export interface Demo {
  urls: { server: string; edge: string; demo: string; host: string; admin: string };
  /** The site's key. */
  site: string;
  people: Person[];
  threads: { direct: string; support: string; room: string };
}

/** Either the demo, or one sentence on why there is none, fit for a page and a terminal. */
export type DemoFile = { is: 'read'; demo: Demo } | { is: 'unread'; why: string };

/** Reads the file anew at each call: a later start writes it again, with other ports. */
export async function readDemoFile(file: string | undefined): Promise<DemoFile> {
  if (!file) return { is: 'unread', why: 'DEMO_FILE is not set: it names the demo.json that "npm start" writes.' };
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (fault) {
    const missing = (fault as NodeJS.ErrnoException).code === 'ENOENT';
    return {
      is: 'unread',
      why: missing ? 'demo.json is not there yet: "npm start" writes it.' : 'demo.json can’t be read.',
    };
  }
  const demo = parseDemo(text);
  return demo ? { is: 'read', demo } : { is: 'unread', why: 'demo.json is not as "npm start" writes it: start again.' };
}

/** Names what it copies, field by field: whatever else the file holds is not passed on. */
function parseDemo(json: string): Demo | undefined {
  let data: unknown;
  try {
    data = JSON.parse(json);
  } catch {
    return undefined; // Half written, or somebody's edit: the sentence above says what to do.
  }
  const urls = texts(field(data, 'urls'), ['server', 'edge', 'demo', 'host', 'admin']);
  const site = texts(field(data, 'site'), ['key']);
  const threads = texts(field(data, 'threads'), ['direct', 'support', 'room']);
  const rows = field(data, 'people');
  const people = Array.isArray(rows) ? rows.map((row) => texts(row, ['name', 'email', 'password', 'kind', 'id'])) : [];
  if (!urls || !site || !threads || people.length === 0) return undefined;
  if (!Object.values(urls).every((url) => /^https?:$/.test(URL.parse(url)?.protocol ?? ''))) return undefined;
  const known = people.filter((person) => person !== undefined);
  return known.length === people.length ? { urls, site: site.key, people: known, threads } : undefined;
}

function field(data: unknown, name: string): unknown {
  return typeof data === 'object' && data !== null ? (data as Record<string, unknown>)[name] : undefined;
}

function texts<K extends string>(data: unknown, names: readonly K[]): Record<K, string> | undefined {
  const pairs = names.map((name) => [name, field(data, name)] as const);
  if (!pairs.every(([, value]) => typeof value === 'string' && value)) return undefined;
  return Object.fromEntries(pairs) as Record<K, string>;
}
