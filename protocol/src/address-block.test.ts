import { expect, it } from 'vitest';
import { blockOf } from './address-block.ts';

it('an IPv4 address is counted by itself, however it is written', () => {
  expect(blockOf('203.0.113.7')).toBe('203.0.113.7');
  expect(blockOf('::ffff:203.0.113.7')).toBe('203.0.113.7');
  expect(blockOf('::FFFF:203.0.113.7')).toBe('203.0.113.7');
});

it('an IPv6 address is counted by its /64, however it is written', () => {
  const same = [
    '2001:db8:1:2::1',
    '2001:DB8:1:2:ffff:ffff:ffff:ffff',
    '2001:0db8:0001:0002:0:0:0:9',
    '2001:db8:1:2:0:0:192.0.2.1',
  ];
  expect(new Set(same.map(blockOf))).toEqual(new Set(['2001:db8:1:2::/64']));
  expect(blockOf('2001:db8:1:3::1')).not.toBe(blockOf('2001:db8:1:2::1'));
  expect(blockOf('fe80::1%eth0')).toBe('fe80:0:0:0::/64');
  expect(blockOf('::2')).toBe('0:0:0:0::/64');
});

it('loopback and what is no address are nobody', () => {
  for (const text of [
    undefined,
    '',
    '127.0.0.1',
    '127.8.9.1',
    '::1',
    '0:0:0:0:0:0:0:1',
    '::ffff:127.0.0.1',
    'unknown',
    '1.2.3',
    '1.2.3.400',
    '1:2:3',
    '::1::2',
    '1:2:3:4:5:6:7:8:9',
    'g::1',
    '12345::',
  ])
    expect(`${text}: ${blockOf(text)}`).toBe(`${text}: undefined`);
});
