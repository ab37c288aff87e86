import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cursorFrame, encodeFrame, type Frame, frameDecoder, joinFrames, maxFrameChars } from './frame.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

function decode(chunks: Uint8Array[]): Frame[] {
  const frames: Frame[] = [];
  const feed = frameDecoder((frame) => frames.push(frame));
  for (const chunk of chunks) feed(chunk);
  return frames;
}

/** Cuts at every given place, wherever in a character or a line break that is. */
function cut(bytes: Uint8Array, places: number[]): Uint8Array[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return at.slice(1).map((end, index) => bytes.slice(at[index], end));
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const parts = fc.record(
  {
    event: fc.constantFrom('hello', 'signal', 'ping', 'bye'),
    id: fc.constantFrom('0123456789ab.1', '0123456789ab.20000'),
    retry: fc.integer({ min: 1, max: 10_000 }),
    data: fc.oneof(
      fc.jsonValue(),
      fc.record({ content: fc.string({ unit: fc.constantFrom('a', '\n', '\r', '\u2028', '🙂', 'é', '"', ':', ' ') }) }),
    ),
  },
  { requiredKeys: ['data'] },
);

test('[I15] frames come back whole from bytes cut at any places', () => {
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 5 }), fc.array(fc.nat(), { maxLength: 12 }), (blocks, places) => {
      const frames = decode(cut(joinFrames(blocks.map(encodeFrame)), places));
      expect(frames).toEqual(
        blocks.map(({ event = 'message', id, data }) => ({ event, id, data: JSON.parse(JSON.stringify(data)) })),
      );
    }),
  );
});

test('[I15] every cut of one stream into two gives the same frames', () => {
  const bytes = joinFrames([
    encodeFrame({ event: 'hello', retry: 3000, data: { a: 'ü🙂\r\n' } }),
    encodeFrame({ id: '0123456789ab.7', data: { b: 'ä' } }),
  ]);
  const whole = decode([bytes]);
  expect(whole).toHaveLength(2);
  for (let at = 0; at <= bytes.length; at += 1) expect(decode([bytes.slice(0, at), bytes.slice(at)])).toEqual(whole);
});

test('[I15] any text, cut anywhere, reads as eventsource-parser reads it', () => {
  const line = fc.oneof(
    fc.constantFrom('data: {"a":1}', 'data:1', 'data', 'data: ', 'id: 5', 'id:', 'id: a\0b', 'id', 'event: ping'),
    fc.constantFrom('event:', 'event', ': comment', ':', 'retry: 5', 'other: 1', 'dataa: 1', ' data: 1', 'data:  1'),
    fc.string({ unit: fc.constantFrom('d', 'a', 't', ':', ' ', '1', 'ü', '\0', '\u2028') }),
  );
  const text = fc
    .array(fc.tuple(line, fc.constantFrom('\n', '\r', '\r\n', '\n\n', '\r\n\r\n', '\r\r')), { maxLength: 12 })
    .map((lines) => lines.flat().join(''));
  fc.assert(
    fc.property(fc.constantFrom('', '\uFEFF'), text, fc.array(fc.nat(), { maxLength: 8 }), (mark, text, places) => {
      const theirs: Frame[] = [];
      const parser = createParser({
        onEvent: ({ event = 'message', id, data }) => theirs.push({ event, id, data: json(data) }),
      });
      parser.feed(mark + text);
      expect(decode(cut(bytesOf(mark + text), places))).toEqual(theirs);
    }),
    { numRuns: 500 },
  );
});

test('data on several lines is joined by line breaks before it is read', () => {
  expect(decode([bytesOf('data: [1,\ndata: 2]\n\n')])).toEqual([{ event: 'message', id: undefined, data: [1, 2] }]);
});

test('a block that is no JSON still has its id, so that the cursor moves past it', () => {
  expect(decode([bytesOf('id: 0123456789ab.3\ndata: <html>\n\n')])).toEqual([
    { event: 'message', id: '0123456789ab.3', data: undefined },
  ]);
});

test('an unfinished block is no frame', () => {
  expect(decode([bytesOf('data: 1\n')])).toEqual([]);
});

test('a block that does not end is given up at its bound', () => {
  const chunk = bytesOf('x'.repeat(1_000_000));
  const feed = frameDecoder(() => {});
  feed(bytesOf('data: '));
  expect(() => {
    for (let fed = 0; fed <= maxFrameChars; fed += chunk.length) feed(chunk);
  }).toThrow(/too long/);
  const lines = frameDecoder(() => {});
  expect(() => {
    for (let fed = 0; fed <= maxFrameChars; fed += chunk.length)
      lines(joinFrames([bytesOf('data: '), chunk, bytesOf('\n')]));
  }).toThrow(/too long/);
});

test('the cursor of a ping stands in its data too, for clients that show no id', () => {
  expect(textOf(cursorFrame('ping', '0123456789ab.7'))).toBe(
    'event: ping\nid: 0123456789ab.7\ndata: {"cursor":"0123456789ab.7"}\n\n',
  );
});

test('one frame is passed on as it is, several become one chunk', () => {
  const [one, two] = [bytesOf('a'), bytesOf('b')] as const;
  expect(joinFrames([one])).toBe(one);
  expect(textOf(joinFrames([one, two, one]))).toBe('aba');
  expect(joinFrames([])).toHaveLength(0);
});
