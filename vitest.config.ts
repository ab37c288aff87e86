import { existsSync } from 'node:fs';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

/** The tests of one part; its own vitest.config.ts, where it has one, says more. */
function project(name: string, more: object = {}): TestProjectInlineConfiguration {
  const own = `./${name}/vitest.config.ts`;
  const found = existsSync(new URL(own, import.meta.url))
    ? {}
    : {
        include: ['**/*.test.ts'],
        // Tests of elements run in a real browser, by web-test-runner (components/web-test-runner.config.mjs).
        exclude: ['**/node_modules/**', '**/dist/**', '**/*.browser.test.ts'],
      };
  return {
    ...(existsSync(new URL(own, import.meta.url)) ? { extends: own } : {}),
    test: { name, root: `./${name}`, environment: 'node', ...found, ...more },
  };
}

export default defineConfig({
  test: {
    projects: [
      project('protocol'),
      project('components'),
      // These start Postgres, `next start`, workerd: a hook may take as long as they do on a busy machine.
      project('scripts', { testTimeout: 60_000, hookTimeout: 120_000 }),
      // Its files wait far more than they work: for readers to be missed, for slow clients to be cut.
      project('edge', { testTimeout: 30_000, hookTimeout: 120_000, maxWorkers: 3 }),
      project('server', { testTimeout: 30_000, hookTimeout: 180_000 }),
      project('demo', { testTimeout: 30_000, hookTimeout: 60_000 }),
      // One file at a time: each brings up the whole stack.
      project('chaos', { testTimeout: 120_000, hookTimeout: 300_000, fileParallelism: false }),
      project('e2e', { testTimeout: 120_000, hookTimeout: 300_000, fileParallelism: false }),
    ],
  },
});
