import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: ['test/postgres.ts'],
    include: ['src/**/*.test.ts'],
    env: { DISABLE_PAYLOAD_HMR: 'true', NODE_ENV: 'test' },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Each file holds a Payload and a pool.
    maxWorkers: 2,
  },
});
