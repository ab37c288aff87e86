import { expect, it } from 'vitest';
import { readWhole } from './bytes.ts';
import { answerBytes, answerOf } from './server-answer.ts';

/** A body of pieces of a MiB, which counts what was taken of it. */
function endless(piece = new Uint8Array(1024 * 1024).fill(32)) {
  let taken = 0;
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        taken += 1;
        controller.enqueue(piece);
      },
      cancel() {
        isCancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { body, taken: () => taken, isCancelled: () => isCancelled };
}

it('a body is read whole up to its bound, and one byte more is refused', async () => {
  const of = (text: string) => new Response(text).body;
  expect(new TextDecoder().decode(await readWhole(of('12345'), 5))).toBe('12345');
  await expect(readWhole(of('123456'), 5)).rejects.toThrow(RangeError);
  expect(await readWhole(null, 5)).toHaveLength(0);
});

it('an answer of the server that does not end is given up at its bound, not read on, and told as unreachable', async () => {
  const { body, taken, isCancelled } = endless();
  const response = new Response(body, { headers: { 'Content-Type': 'application/json' } });
  await expect(answerOf(response)).rejects.toMatchObject({ code: 'unreachable' });
  expect(taken()).toBe(answerBytes / 1024 / 1024 + 1);
  expect(isCancelled()).toBe(true);
});
