import { expect, test } from 'vitest';
import { decodablePath } from './decodable-path.ts';

test('[S9] a path that can’t be decoded becomes one that nobody has; any other stays as it is', () => {
  for (const url of ['/api/chat/threads', '/api/chat/threads/room%3Alobby/snapshot?x=%E0%A4%A', '/a?%', '/%00'])
    expect(decodablePath(url)).toBe(url);
  expect(decodablePath('/api/%E0%A4%A/x?limit=%')).toBe('/api/%25E0%25A4%25A/x?limit=%');
  expect(decodablePath('/100%')).toBe('/100%25');
  expect(decodablePath('/%ff')).toBe('/%25ff');
});
