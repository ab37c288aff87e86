import { expect, test } from 'vitest';
import { listsOrigin, originFault } from './origins.ts';

test('an origin is scheme, host and port; anything else is told in words', () => {
  for (const good of [
    'https://shop.example',
    'http://localhost:8081',
    'https://shop.example:8443',
    'http://[::1]:3000',
    'https://*.shop.example',
    'https://*.a.shop.example:8443',
    'http://*.dev.local:3000',
  ])
    expect([good, originFault(good)]).toEqual([good, undefined]);
  for (const bad of [
    'shop.example',
    'https://shop.example/path',
    'https://shop.example/',
    'https://Shop.example',
    'https://user@shop.example',
    'null',
    'ftp://shop.example',
    '*',
    'https://*',
    'https://*.com',
    'https://*.com:443',
    'https://*.localhost',
    'https://*.com.',
    'https://shop.*',
    'https://*.*.example',
    'https://a*.shop.example',
    'https://*shop.example',
    'https://*.shop.example/',
    'https://*.Shop.example',
    'https://*.shop.example:443',
    'https://*.0.0.1',
    'https://*.127.0.0.1',
    'wss://*.shop.example',
    '',
    null,
    5,
  ])
    expect([bad, typeof originFault(bad)]).toEqual([bad, 'string']);
});

test('a star before a name under which anybody can have one is refused, and says why', () => {
  for (const suffix of ['co.uk', 'com.au', 'github.io', 'pages.dev', 'vercel.app', 'city.ck', 's3.amazonaws.com'])
    expect(originFault(`https://*.${suffix}`)).toBe(
      `https://*.${suffix}: anybody can have a name under ${suffix}. Name your own, like https://*.shop.${suffix}`,
    );
  for (const good of ['https://*.shop.co.uk', 'https://*.halden.github.io:8443', 'https://halden.github.io'])
    expect([good, originFault(good)]).toEqual([good, undefined]);
});

test('a star is one sub-domain or more of that scheme and port, and never the name itself', () => {
  const cases: Array<[string, string, boolean]> = [
    ['https://*.shop.example', 'https://www.shop.example', true],
    ['https://*.shop.example', 'https://a.b.shop.example', true],
    ['https://*.shop.example', 'https://shop.example', false],
    ['https://*.shop.example', 'https://.shop.example', false],
    ['https://*.shop.example', 'https://evilshop.example', false],
    ['https://*.shop.example', 'https://www.shop.example.evil.test', false],
    ['https://*.shop.example', 'http://www.shop.example', false],
    ['https://*.shop.example', 'https://www.shop.example:8443', false],
    ['https://*.shop.example:8443', 'https://www.shop.example:8443', true],
    ['https://*.shop.example:8443', 'https://www.shop.example', false],
    ['https://*.shop.example', 'https://www.shop.example/', false],
    ['https://*.shop.example', 'https://user@www.shop.example', false],
    ['https://*.shop.example', 'null', false],
    ['https://*.shop.example', '', false],
    ['https://shop.example', 'https://shop.example', true],
    ['https://shop.example', 'https://www.shop.example', false],
  ];
  for (const [entry, origin, listed] of cases)
    expect([entry, origin, listsOrigin([entry], origin)]).toEqual([entry, origin, listed]);
  expect(listsOrigin([], 'https://shop.example')).toBe(false);
});
