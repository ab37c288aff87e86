import { expect, test } from 'vitest';
import { corsHeaders, corsOf, methodOf, pathOf, type RouteName, routes } from './routes.ts';

test('segments are encoded, so that no id leaves its place in the path', () => {
  expect(pathOf('snapshot', { id: 'room:lobby' })).toBe('/api/chat/threads/room%3Alobby/snapshot');
  expect(pathOf('edit', { id: '../users?x#y' })).toBe('/api/messages/..%2Fusers%3Fx%23y');
  expect(pathOf('unseat', { id: 'a', user: 'me' })).toBe('/api/chat/threads/a/participants/me');
});

test('the two views of a route say the same', () => {
  for (const name of Object.keys(routes) as RouteName[])
    expect(routes[name]).toMatchObject({ method: methodOf(name), path: expect.stringMatching(/^\//) });
});

test('the edge never proxies the grant, answers streams, health, metrics and the script itself, and proxies the rest', () => {
  const names = Object.keys(routes) as RouteName[];
  const answeredBy = (hop: string) => names.filter((name) => routes[name].hop === hop);
  expect(answeredBy('never')).toEqual(['grant']);
  expect(answeredBy('own')).toEqual(['stream', 'health', 'metrics', 'script', 'more']);
  expect(answeredBy('proxy')).toHaveLength(14);
});

test('a page of any origin may read an answer, without credentials, and learns when to come back', () => {
  expect(corsOf('https://a.example')).toEqual({
    'Access-Control-Allow-Origin': 'https://a.example',
    'Access-Control-Expose-Headers': 'Retry-After',
    Vary: 'Origin',
  });
  expect(corsOf(null)).toEqual({});
  expect(Object.keys({ ...corsHeaders, ...corsOf('https://a.example') })).not.toContain(
    'Access-Control-Allow-Credentials',
  );
});
