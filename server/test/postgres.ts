/** One real Postgres for a whole test run, in a folder of its own. */
import type { TestProject } from 'vitest/node';
import { startTestPostgres } from '../../scripts/test-stack.mjs';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of the server; each test file makes a database of its own in it. */
    postgresUrl: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await startTestPostgres({ fsync: 'off', max_connections: '200' });
  project.provide('postgresUrl', postgres.url);
  return postgres.stop;
}
