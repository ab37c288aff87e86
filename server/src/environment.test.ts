import { expect, test } from 'vitest';
import { readEnvironment } from './environment.ts';

const good = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://chat@localhost/chat',
  PAYLOAD_SECRET: 'vJ8dYpQk2mTzWc7LrX4nHsB9gFa6UeRi',
  CHAT_EDGE_KEYS: 'qG5xNw3ZbK8vTfYc7LmRj2HsPd9Ua4Ee,Wt6BzXk9QnVd3FhJm8LcYr5PsGa2Ue7T',
};

test('production starts with secrets of its own', () => {
  expect(readEnvironment(good)).toMatchObject({
    secret: good.PAYLOAD_SECRET,
    edgeKeys: good.CHAT_EDGE_KEYS.split(','),
  });
});

test.each([
  ['PAYLOAD_SECRET', undefined],
  ['PAYLOAD_SECRET', ''],
  ['PAYLOAD_SECRET', 'few letters'],
  ['PAYLOAD_SECRET', 'x'.repeat(64)],
  ['PAYLOAD_SECRET', 'YOUR_SECRET_HERE_YOUR_SECRET_HERE'],
  ['PAYLOAD_SECRET', 'change-me-change-me-change-me-123'],
  ['PAYLOAD_SECRET', 'payload-secret-of-an-example-0123'],
  ['DATABASE_URL', undefined],
  ['CHAT_EDGE_KEYS', 'dev'],
  ['CHAT_EDGE_KEYS', `${good.CHAT_EDGE_KEYS},short-one`],
  ['CHAT_EDGE_KEYS', good.PAYLOAD_SECRET],
  ['CHAT_ADMIN_PASSWORD', 'admin'],
  ['CHAT_ADMIN_PASSWORD', 'password'],
])('production does not start with %s = %s, says which variable, and not its value', (name, value) => {
  const given = { ...good, CHAT_ADMIN_EMAIL: 'boss@shop.test', [name]: value };
  expect(() => readEnvironment(given)).toThrow(name);
  const told = (() => {
    try {
      readEnvironment(given);
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  })();
  if (value) expect(told).not.toContain(value);
});

test('elsewhere a weak secret will do, and a missing one will not', () => {
  expect(readEnvironment({ ...good, NODE_ENV: 'development', PAYLOAD_SECRET: 'dev' }).secret).toBe('dev');
  expect(() => readEnvironment({ ...good, NODE_ENV: 'test', PAYLOAD_SECRET: '' })).toThrow('PAYLOAD_SECRET');
});
