/** Tests of the elements in a real Chromium, their sources served through Vite. */
import { playwrightLauncher } from '@web/test-runner-playwright';
import { createServer } from 'vite';
import { chromium } from '../scripts/browser.mjs';
import { buildChat } from './build/chat.mjs';
import { tidyTemplates } from './build/tidy-templates.mjs';
import { mountedEdge } from './test/mounted-edge.mjs';

const edge = mountedEdge();
/** The scripts as a page gets them, names shortened and all. */
const scripts = await buildChat();
const failed = new Set();

/** `/chat.js`, and copies of it whose second file is not that of its build, is not there, or is not there at first. */
function scriptAt(address) {
  const [, beside, name] = /^\/(?:(other|alone|flaky-\w+)\/)?(chat|chat-more)\.js$/.exec(address) ?? [];
  if (name !== 'chat-more') return name && scripts.chat;
  if (beside === 'other') return scripts.more.replace('Copy text', 'Copy that');
  if (beside === 'alone' || (beside && !failed.has(beside) && failed.add(beside))) return null;
  return scripts.more;
}

const { executablePath, args, env } = await chromium();
const vite = await createServer({
  root: import.meta.dirname,
  configFile: false,
  logLevel: 'error',
  appType: 'custom',
  // What a page gets: Lit without its warnings for developers.
  mode: 'production',
  // As `chat.js` has it; npm's entries meet Lit itself in the demo's tests.
  resolve: {
    conditions: ['browser', 'module', 'default'],
    alias: { 'lit/html.js': `${import.meta.dirname}/src/look/templates.ts` },
  },
  plugins: [
    tidyTemplates(),
    { name: 'runner', resolveId: (id) => (id.startsWith('/__web-') ? { id, external: true } : null) },
  ],
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
  optimizeDeps: { noDiscovery: true, include: ['axe-core'] },
});

export default {
  rootDir: import.meta.dirname,
  files: ['src/**/*.browser.test.ts'],
  ...(process.env.ELEMENTS_PORT ? { port: Number(process.env.ELEMENTS_PORT) } : {}),
  concurrency: 2,
  testsFinishTimeout: 120_000,
  testFramework: { config: { timeout: 10_000 } },
  browsers: [
    playwrightLauncher({
      product: 'chromium',
      launchOptions: { executablePath, args, env: { ...process.env, ...env } },
      createBrowserContext: ({ browser }) =>
        browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/Paris', viewport: { width: 800, height: 800 } }),
    }),
  ],
  middleware: [
    edge.serve,
    (context, next) => {
      const script = scriptAt(context.path);
      if (script === undefined) return next();
      context.type = 'text/javascript';
      if (script === null) context.status = 404;
      else context.body = script;
    },
    // Vite answers what it knows; the rest is the runner's own.
    ({ req, res }, next) =>
      new Promise((resolve, reject) => {
        res.once('finish', resolve);
        vite.middlewares(req, res, (error) => (error ? reject(error) : resolve(next())));
      }),
  ],
  plugins: [{ name: 'vite', serverStop: () => Promise.all([vite.close(), edge.close()]) }],
};
