import { expect, test } from 'vitest';
import { readSettings } from './settings.mjs';

test('an empty environment gives the documented defaults', () => {
  const { ports, databaseUrl, dataDir, edge } = readSettings({ SERVER_PORT: '' });
  expect(ports).toEqual({ server: 3000, edge: 8787, demo: 8080, host: 8081, postgres: 54329 });
  expect(databaseUrl).toBeNull();
  expect(dataDir).toMatch(/\.data$/);
  expect(edge).toBe('worker');
});

test.each(['abc', '0', '70000', '30.5', '-1', ' 3000'])('SERVER_PORT="%s" is refused by name', (text) => {
  expect(() => readSettings({ SERVER_PORT: text })).toThrow(/SERVER_PORT is ".*": a port is a number/);
});

test('two services on one port are refused with both names', () => {
  expect(() => readSettings({ EDGE_PORT: '3000' })).toThrow(/SERVER_PORT and EDGE_PORT are both 3000/);
});

test('with an own database the port of Postgres means nothing', () => {
  const { databaseUrl } = readSettings({ DATABASE_URL: 'postgres://x/y', POSTGRES_PORT: '3000' });
  expect(databaseUrl).toBe('postgres://x/y');
});

test('an edge that does not exist is refused', () => {
  expect(() => readSettings({ EDGE_RUNTIME: 'deno' })).toThrow(/EDGE_RUNTIME is "deno"/);
});
