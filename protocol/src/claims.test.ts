import { expect, test } from 'vitest';
import { claims, originAllowed } from './claims.ts';
import { read } from './shape.ts';

const token = { sub: 'm_1', site: 'halden', kind: 'member', sid: 's', iat: 1, exp: 2 };

test('a token without one of its claims is none', () => {
  expect(read(claims, token)).toEqual(token);
  for (const name of Object.keys(token)) expect(read(claims, { ...token, [name]: undefined }), name).toBeUndefined();
});

test.each([
  ['the page it was made for may', 'https://a.example', 'https://a.example', true],
  ['another page may not', 'https://a.example', 'https://b.example', false],
  ['a page whose origin only begins alike may not', 'https://a.example', 'https://a.example.evil', false],
  ['a sandboxed page may not', 'https://a.example', 'null', false],
  ['a program, which has no origin, may', 'https://a.example', null, true],
  ['a page may not use a token made without origin', undefined, 'https://a.example', false],
  ['a program may use a token made without origin', undefined, undefined, true],
])('%s use a token', (_, org, origin, allowed) => {
  expect(originAllowed({ ...(org === undefined ? {} : { org }) }, origin)).toBe(allowed);
});
