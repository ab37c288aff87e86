import { defineConfig } from 'vitest/config';

/** Tests of elements run in a real browser by web-test-runner (components/web-test-runner.config.mjs), not here. */
const exclude = ['**/node_modules/**', '**/dist/**', '**/.next/**', '**/*.browser.test.ts'];

const project = (name: string, more: object = {}) => ({
  test: { name, root: `./${name}`, include: ['**/*.test.ts', '**/*.test.mjs'], exclude, environment: 'node', ...more },
});

export default defineConfig({
  test: {
    projects: [
      project('protocol'),
      project('components'),
      // These start Postgres, `next start`, workerd: a hook may take as long as they do on a busy machine.
      project('server', { testTimeout: 30_000, hookTimeout: 180_000 }),
      project('edge', { testTimeout: 30_000, hookTimeout: 120_000 }),
      project('demo', { testTimeout: 30_000, hookTimeout: 60_000 }),
      project('scripts', { testTimeout: 60_000, hookTimeout: 120_000 }),
      // One file at a time: each brings up the whole stack.
      project('e2e', { testTimeout: 120_000, hookTimeout: 300_000, fileParallelism: false }),
    ],
  },
});
