import { expect, it } from 'vitest';
import { clientAddress } from './client-address.ts';

it('is the socket’s where no proxy is trusted, whatever the client says', () => {
  expect(clientAddress('203.0.113.7', '6.6.6.6', 0)).toBe('203.0.113.7');
  expect(clientAddress('::ffff:203.0.113.7', null, 0)).toBe('203.0.113.7');
  expect(clientAddress(undefined, '6.6.6.6', 0)).toBeUndefined();
});

it('is what the outermost trusted proxy saw; what the client wrote stands further left', () => {
  expect(clientAddress('10.0.0.1', '6.6.6.6, 203.0.113.7', 1)).toBe('203.0.113.7');
  expect(clientAddress('10.0.0.1', '6.6.6.6, 203.0.113.7, 10.0.0.2', 2)).toBe('203.0.113.7');
  expect(clientAddress('10.0.0.1', '203.0.113.7:4711', 1)).toBe('203.0.113.7');
  expect(clientAddress('10.0.0.1', '[2001:db8::7]:4711', 1)).toBe('2001:db8::7');
  expect(clientAddress('10.0.0.1', '::ffff:203.0.113.7', 1)).toBe('203.0.113.7');
});

it('is the socket’s where the proxies did not say, or said no address', () => {
  for (const said of [null, '', 'unknown', '_hidden', '203.0.113.7, ', 'x'.repeat(10_000)])
    expect(clientAddress('10.0.0.1', said, 1)).toBe('10.0.0.1');
  expect(clientAddress('10.0.0.1', '203.0.113.7', 2)).toBe('10.0.0.1');
});
