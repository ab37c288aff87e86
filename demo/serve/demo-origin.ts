/** DEMO_PORT: the two people and their stream, and the plain EventSource page. */
import path from 'node:path';
import type { Demo } from './demo-file.ts';
import { originOf } from './guard.ts';
import { createOrigin } from './origin.ts';

/** `here` is the demo's own folder. */
export function demoOrigin(file: string | undefined, here: string) {
  const dist = path.join(here, 'dist');
  const plain = path.join(here, 'plain');
  const app = createOrigin({
    file,
    pages: { '/': path.join(dist, 'index.html'), '/plain/': path.join(plain, 'index.html') },
    folders: [
      { under: '/plain/', folder: plain },
      { under: '/', folder: dist },
    ],
    values: ({ urls, site, people }: Demo) => {
      const [first, second] = people.filter(({ kind }) => kind === 'member').map(({ name }) => firstName(name));
      return { edge: urls.edge, host: urls.host, admin: urls.admin, site, first: first ?? '', second: second ?? '' };
    },
    // Both pages log in with a password, which only the server takes.
    reach: ({ urls }) => ({ scripts: [], connects: ["'self'", originOf(urls.edge), originOf(urls.server)] }),
  });
  // Only here: passwords are for the demo's own pages, and no other origin may read this answer.
  app.get('/demo-config.json', (c) => {
    const read = c.get('read');
    if (read.is === 'unread') return c.json({ errors: [{ message: read.why }] }, 503, { 'Retry-After': '2' });
    return c.json(read.demo, 200, { 'Cache-Control': 'no-store' });
  });
  return app;
}

const firstName = (name: string) => name.split(' ')[0] as string;
