import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createHistory, judge } from './history.ts';
import { epoch, eventOf, messageOf, posted } from './samples.ts';

const textOf = (frame: Uint8Array | undefined) => new TextDecoder().decode(frame);
const window = { epoch, oldest: 10, head: 20 };

test.each([
  ['[S1] no cursor is from now', undefined, { is: 'resume', pos: 20 }],
  ['[S1] an empty cursor is none', '', { is: 'resume', pos: 20 }],
  ['[S1] the head resumes with nothing', `${epoch}.20`, { is: 'resume', pos: 20 }],
  ['[S1] the oldest that the ring covers resumes', `${epoch}.10`, { is: 'resume', pos: 10 }],
  ['[S2] one older than the ring is reset expired', `${epoch}.9`, { is: 'reset', reason: 'expired' }],
  ['[S3] one ahead of the head is waited for', `${epoch}.21`, { is: 'ahead', pos: 21 }],
  ['[S4] one of another epoch is reset epoch', 'ba9876543210.15', { is: 'reset', reason: 'epoch' }],
  ['[S4] one that can not be parsed is reset gap', 'now', { is: 'reset', reason: 'gap' }],
])('%s', (_, cursor, verdict) => {
  expect(judge(cursor, window)).toEqual(verdict);
});

test('[I3] a hole or a repetition is refused', () => {
  const history = createHistory();
  history.start(epoch, 5);
  history.append(posted(6), []);
  for (const pos of [6, 8, 1]) expect(() => history.append(posted(pos), [])).toThrow(/was due/);
  expect(history.window).toEqual({ epoch, oldest: 5, head: 6 });
});

test('the ring keeps its newest events, as many as the bound, and all that it covers is there', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 0, max: 30 }),
      fc.nat(9),
      (maxEvents, count, start) => {
        const history = createHistory({ maxEvents, maxBytes: 1e9 });
        history.start(epoch, start);
        for (let pos = start + 1; pos <= start + count; pos += 1) history.append(posted(pos), ['a']);
        const { oldest, head } = history.window;
        expect([oldest, head]).toEqual([start + Math.max(0, count - maxEvents), start + count]);
        for (let pos = 0; pos <= head + 2; pos += 1)
          expect(history.at(pos)?.event.pos).toBe(pos > oldest && pos <= head ? pos : undefined);
      },
    ),
  );
});

test('the ring keeps to its bytes, but never drops its newest event', () => {
  const history = createHistory({ maxEvents: 100, maxBytes: 1500 });
  history.start(epoch, 0);
  for (let pos = 1; pos <= 50; pos += 1) {
    history.append(posted(pos), []);
    expect(history.bytes).toBeLessThanOrEqual(1500);
  }
  expect(history.window.oldest).toBeGreaterThan(40);
  history.append(posted(51, 'x'.repeat(5000)), []);
  expect(history.window).toMatchObject({ oldest: 50, head: 51 });
  expect(history.at(51)?.frame.byteLength).toBe(history.bytes);
});

test('[I16] a rewrite replaces the content in every earlier event of the message and no other field', () => {
  const history = createHistory();
  history.start(epoch, 0);
  const message = messageOf('m', { content: 'secret', seq: 1, changed: 1 });
  history.append(eventOf('message.posted', 1, { message }), ['a']);
  history.append(posted(2), ['a']);
  history.append(eventOf('message.edited', 3, { message: { ...message, content: 'secret 2', changed: 3 } }), ['a']);
  expect(history.rewrite('m', '')).toBe(true);
  expect(textOf(history.at(1)?.frame)).toBe(
    `id: ${epoch}.1\ndata: ${JSON.stringify(eventOf('message.posted', 1, { message: { ...message, content: '' } }))}\n\n`,
  );
  for (let pos = 1; pos <= 3; pos += 1) expect(textOf(history.at(pos)?.frame)).not.toContain('secret');
  expect(textOf(history.at(2)?.frame)).toContain('m2');
  expect(history.bytes).toBe([1, 2, 3].reduce((sum, pos) => sum + (history.at(pos)?.frame.byteLength ?? 0), 0));
  expect(history.rewrite('m', '')).toBe(false);
  expect(history.rewrite('other', '')).toBe(false);
});

test('[I16] an emptied ring holds no text, stays at its head and goes on from there', () => {
  const history = createHistory();
  history.start(epoch, 0);
  history.append(posted(1), []);
  history.empty();
  expect(history.bytes).toBe(0);
  expect(history.at(1)).toBeUndefined();
  expect(judge(`${epoch}.0`, history.window)).toEqual({ is: 'reset', reason: 'expired' });
  expect(judge(`${epoch}.1`, history.window)).toEqual({ is: 'resume', pos: 1 });
  history.append(posted(2), []);
  expect(history.at(2)?.event.pos).toBe(2);
});
