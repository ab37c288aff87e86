/** One of the demo's two origins: a few pages filled in at serve time, and files as they stand. */
import { readFile } from 'node:fs/promises';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import { type Demo, type DemoFile, readDemoFile } from './demo-file.ts';
import { ownNamesOnly, type Reach, strictPolicy } from './guard.ts';
import { escapeHtml, fillTemplate } from './template.ts';

export interface OriginOptions {
  /** Path of demo.json; read at each request. */
  file: string | undefined;
  /** The filled pages: path of the page, and where its template lies. */
  pages: Record<string, string>;
  /** Folders of files, by the path they stand under; the first that has the file answers. */
  folders: ReadonlyArray<{ under: string; folder: string }>;
  values(demo: Demo): Record<string, string>;
  reach(demo: Demo): Reach;
}

export function createOrigin({
  file,
  pages,
  folders,
  values,
  reach,
}: OriginOptions): Hono<{ Variables: { read: DemoFile } }> {
  const app = new Hono<{ Variables: { read: DemoFile } }>();

  app.use(ownNamesOnly);
  app.use(async (c, next) => {
    const read = await readDemoFile(file);
    c.set('read', read);
    const open = read.is === 'read' ? reach(read.demo) : { scripts: [], connects: [] };
    await strictPolicy(open)(c, next);
  });
  app.use(async (c, next) => {
    await next();
    if (!c.res.headers.has('Cache-Control')) c.header('Cache-Control', 'no-cache');
  });

  app.get('/health', (c) => {
    const read = c.get('read');
    return read.is === 'read' ? c.json({ status: 'ok' }) : c.json({ status: 'unavailable', missing: read.why }, 503);
  });

  for (const [path, template] of Object.entries(pages)) {
    app.get(path, async (c) => {
      const read = c.get('read');
      if (read.is === 'unread') return c.html(notReady(read.why), 503, { 'Retry-After': '2' });
      const html = await readFile(template, 'utf8').catch(() => undefined);
      if (html === undefined) return c.html(notReady('The pages are not built yet: run "npm run build".'), 503);
      return c.html(fillTemplate(html, values(read.demo)));
    });
    // The template itself, unfilled, is no page.
    app.get(`${path}index.html`, (c) => c.redirect(path));
    if (path !== '/') app.get(path.slice(0, -1), (c) => c.redirect(path));
  }

  for (const { under, folder } of folders)
    app.get(`${under}*`, serveStatic({ root: folder, rewriteRequestPath: (path) => path.slice(under.length - 1) }));

  app.notFound((c) => c.text('There is no such page.\n', 404));
  app.onError((error, c) => {
    console.error(error);
    return c.text('The demo’s own server stumbled; its terminal says why.\n', 500);
  });
  return app;
}

/** Reloads by itself: the start may be about to write what is missing. */
const notReady = (why: string) =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="2"><title>Not ready yet</title><h1>Not ready yet</h1><p>${escapeHtml(why)}</p></html>`;
