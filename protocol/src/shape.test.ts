import fc from 'fast-check';
import { expect, test } from 'vitest';
import { flag, list, nullable, object, optional, type Parser, parse, read, text, whole, word } from './shape.ts';
import { message, sendRequest, snapshot } from './thread.ts';

const row = object({ id: text(1, 3), count: whole(1), note: optional(text()), about: nullable(text()), on: flag });

test('[S9] every fault is collected with its path, not only the first', () => {
  const result = parse(object({ rows: list(row), name: text(2) }), {
    rows: [{ id: '', count: 0.5, about: 7, on: 1 }, 'no row'],
    name: 'x',
  });
  expect(result.ok).toBe(false);
  expect(result.ok ? [] : result.faults.map(({ field }) => field)).toEqual([
    'rows.0.id',
    'rows.0.count',
    'rows.0.about',
    'rows.0.on',
    'rows.1',
    'name',
  ]);
});

test('fields that a shape does not name are left out without a fault', () => {
  expect(read(row, { id: 'a', count: 1, about: null, on: true, later: { years: 1 } })).toEqual({
    id: 'a',
    count: 1,
    about: null,
    on: true,
  });
});

test.each([
  ['null', null],
  ['nothing', undefined],
  ['a list', []],
  ['text', 'x'],
  ['a number', 7],
])('%s where an object is wanted is one fault about the whole', (_, value) => {
  expect(parse(row, value)).toEqual({ ok: false, faults: [{ field: '', message: 'Must be an object.' }] });
});

test('a fault is a sentence, bounds and all; one of a parser of another part stays as it is', () => {
  const own: Parser<string> = (_, faults, field) => {
    faults.push({ field, message: 'A message needs text.' });
    return '';
  };
  const result = parse(object({ id: text(1, 3), count: whole(1), on: flag, rows: list(text()), own }), {});
  expect(result.ok ? [] : result.faults).toEqual([
    { field: 'id', message: 'Must be text of 1 to 3 characters.' },
    { field: 'count', message: 'Must be a whole number from 1 on.' },
    { field: 'on', message: 'Must be true or false.' },
    { field: 'rows', message: 'Must be a list.' },
    { field: 'own', message: 'A message needs text.' },
  ]);
});

test('null is absence for an optional field, stays null for a nullable one, and a fault for any other', () => {
  const shape = object({ may: optional(text()), none: nullable(text()) });
  expect(read(shape, { may: null, none: null })).toEqual({ none: null });
  expect(read(shape, {})).toEqual({ none: null });
  expect(read(object({ must: text() }), { must: null })).toBeUndefined();
});

test('lengths count UTF-16 units, both bounds included', () => {
  expect(read(text(1, 2), '🙂')).toBe('🙂');
  expect(read(text(1, 2), '🙂!')).toBeUndefined();
  expect(read(text(1), '')).toBeUndefined();
});

test('text with NUL is refused: the database can not store it', () => {
  expect(read(text(), 'a\0b')).toBeUndefined();
  expect(read(sendRequest, { content: '\0' })).toBeUndefined();
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, 1.5, 2 ** 53, -1, '1', null])('%s is no whole number', (value) => {
  expect(read(whole(), value)).toBeUndefined();
});

test('a word may be one of later years, but not empty', () => {
  expect(read(word<'a'>(), 'of-2031')).toBe('of-2031');
  expect(read(word(), '')).toBeUndefined();
});

test('nothing that JSON can say makes a parser throw', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      for (const parser of [message, snapshot, sendRequest] as Parser<unknown>[]) parse(parser, value);
    }),
  );
});

test('a shape answers own plain values only, whatever the names in the input', () => {
  const hostile = JSON.parse('{"__proto__":{"id":"x"},"constructor":1,"id":"a","count":1,"on":false}');
  expect(read(row, hostile)).toEqual({ id: 'a', count: 1, about: null, on: false });
});
