/** Tests of the elements in a real Chromium, their sources served through Vite. */
import { playwrightLauncher } from '@web/test-runner-playwright';
import { build, createServer } from 'vite';
import { chromium } from '../scripts/browser.mjs';
import { tidyTemplates } from './build/tidy-templates.mjs';
import { mountedEdge } from './test/mounted-edge.mjs';

const edge = mountedEdge();
/** `chat.js` as a page gets it, names shortened and all. */
const { output } = await build({
  configFile: `${import.meta.dirname}/vite.config.ts`,
  mode: 'chat',
  logLevel: 'error',
  build: { write: false },
});
const { executablePath, args, env } = await chromium();
const vite = await createServer({
  root: import.meta.dirname,
  configFile: false,
  logLevel: 'error',
  appType: 'custom',
  // What a page gets: Lit without its warnings for developers.
  mode: 'production',
  resolve: { conditions: ['browser', 'module', 'default'] },
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
      if (context.path !== '/chat.js') return next();
      context.type = 'text/javascript';
      context.body = output[0].code;
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
