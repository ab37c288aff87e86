import { expect, test } from 'vitest';
import { ChatError } from './errors.ts';
import { maxTopics, parseStreamRequest } from './stream-request.ts';
import { parseAskedTopic, topicsOfMe } from './topic.ts';

/** Every runtime has it; what `protocol` itself needs of it is a parameter. */
declare const URLSearchParams: new (
  query: string,
) => { get(name: string): string | null; getAll(name: string): string[] };

const parse = (query: string, lastEventId: string | null = null) =>
  parseStreamRequest(new URLSearchParams(query), lastEventId);
const faultsOf = (query: string) => {
  try {
    parse(query);
  } catch (error) {
    if (error instanceof ChatError && error.code === 'invalid') return error.faults.map(({ field }) => field);
  }
  return undefined;
};

test('without topics it is everything of the caller’s own', () => {
  expect(parse('')).toEqual({
    is: 'reader',
    topics: [{ is: 'me' }],
    cursor: undefined,
    rewind: undefined,
    ticket: undefined,
  });
});

test('topics repeat, and the same twice is once', () => {
  expect(parse('topic=me&topic=thread:7&topic=room:lobby&topic=thread:7')).toMatchObject({
    topics: [{ is: 'me' }, { is: 'thread', id: '7' }, { is: 'room', key: 'lobby' }],
  });
});

test('the Last-Event-ID header goes before the query; an empty one is none', () => {
  expect(parse('cursor=b', 'a')).toMatchObject({ cursor: 'a' });
  expect(parse('cursor=b', '')).toMatchObject({ cursor: 'b' });
  expect(parse('cursor=', '')).toMatchObject({ cursor: undefined });
});

test('rewind goes with one thread and without a cursor, and is bounded by a page', () => {
  expect(parse('topic=thread:7&rewind=50')).toMatchObject({ rewind: 50 });
  expect(parse('topic=me&topic=room:a&rewind=50')).toMatchObject({ rewind: 50 });
  expect(parse('topic=thread:7&rewind=5000')).toMatchObject({ rewind: 100 });
  expect(parse('topic=thread:7&rewind=50', 'x')).toMatchObject({ rewind: undefined });
});

test('a service stream names its site and may ask for a tail of a ring at most', () => {
  expect(parse('topic=*&site=halden&tail=9999')).toEqual({
    is: 'service',
    site: 'halden',
    tail: 2000,
    cursor: undefined,
  });
  expect(parse('topic=*&site=halden', 'c')).toEqual({ is: 'service', site: 'halden', tail: 0, cursor: 'c' });
});

test.each([
  ['topic=', ['topic']],
  ['topic=thread:', ['topic']],
  ['topic=thread:a b', ['topic']],
  ['topic=thread:%00', ['topic']],
  ['topic=thread:%0Aid', ['topic']],
  [`topic=room:${'x'.repeat(129)}`, ['topic']],
  ['topic=user:ana', ['topic']],
  ['topic=agents', ['topic']],
  ['topic=session:1&topic=all', ['topic', 'topic']],
  ['rewind=5', ['rewind']],
  ['topic=thread:7&topic=thread:8&rewind=5', ['rewind']],
  ['topic=thread:7&rewind=0', ['rewind']],
  ['topic=thread:7&rewind=-1', ['rewind']],
  ['topic=nonsense&rewind=x', ['topic', 'rewind']],
  ['topic=*', ['site']],
  ['topic=*&topic=me&site=a', ['topic']],
  ['topic=*&tail=x', ['site', 'tail']],
])('[S9] %s is refused with every fault', (query, fields) => {
  expect(faultsOf(query)).toEqual(fields);
});

test('[S9] more topics than the bound are refused, as many are taken', () => {
  const query = (count: number) => Array.from({ length: count }, (_, index) => `topic=thread:${index}`).join('&');
  expect(faultsOf(query(maxTopics))).toBeUndefined();
  expect(faultsOf(query(maxTopics + 1))).toEqual(['topic']);
});

test('no reader can ask for another’s topics by name', () => {
  for (const word of ['*', 'all', 'agents', 'user:x', 'session:x', 'thread:*:x', 'me ', ''])
    expect(parseAskedTopic(word)).toBeUndefined();
});

test('the topics of me come from the token alone', () => {
  expect(topicsOfMe({ sub: 'm_1', kind: 'member' })).toEqual(['user:m_1']);
  expect(topicsOfMe({ sub: 'm_2', kind: 'agent' })).toEqual(['user:m_2', 'agents']);
});
