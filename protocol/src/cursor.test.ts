import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatCursor, isBefore, parseCursor } from './cursor.ts';

const epoch = fc.stringMatching(/^[0-9a-f]{12}$/);
const pos = fc.maxSafeNat();

test('what was formatted is parsed back', () => {
  fc.assert(
    fc.property(epoch, pos, (epoch, pos) => {
      fc.pre(pos < 1e16);
      expect(parseCursor(formatCursor(epoch, pos))).toEqual({ epoch, pos });
    }),
  );
});

test.each([
  '',
  '.',
  '5',
  'abc.5',
  '0123456789ab',
  '0123456789ab.',
  '0123456789ab.05',
  '0123456789ab.-1',
  '0123456789ab.1.2',
  '0123456789ab.1e3',
  '0123456789ab.9007199254740993',
  '0123456789AB.5',
  ' 0123456789ab.5',
  '0123456789ab.5\n',
  '0123456789ab.٣',
])('[S4] %j is no cursor', (text) => {
  expect(parseCursor(text)).toBeUndefined();
});

test('[S4] no text makes the parser throw or answer another cursor than it says', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const parsed = parseCursor(text);
      if (parsed) expect(formatCursor(parsed.epoch, parsed.pos)).toBe(text);
    }),
  );
});

test('a cursor lies before a later one of its epoch, before none at all, and before nothing else', () => {
  const at = (pos: number, epoch = '0123456789ab') => formatCursor(epoch, pos);
  expect(isBefore(at(1), at(2))).toBe(true);
  expect(isBefore(at(9), at(10))).toBe(true);
  expect(isBefore(at(2), at(2))).toBe(false);
  expect(isBefore(at(1), at(2, 'ba9876543210'))).toBe(false);
  expect(isBefore(at(1), undefined)).toBe(true);
  expect(isBefore(undefined, at(1))).toBe(false);
  expect(isBefore(undefined, undefined)).toBe(false);
  expect(isBefore('nonsense', at(1))).toBe(false);
  expect(isBefore(at(1), 'nonsense')).toBe(false);
});
