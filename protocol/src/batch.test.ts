import { expect, test } from 'vitest';
import { createBatch } from './batch.ts';
import { manualClock } from './testing.ts';

/** A batch whose flushes the test watches; each takes `tookMs`, and timers come `lateMs` late. */
function bench({ tookMs = 0, lateMs = 0 } = {}) {
  const manual = manualClock(0);
  const clock = { ...manual, after: (ms: number, run: () => void) => manual.after(ms + lateMs, run) };
  const flushedAtMs: number[] = [];
  let waiting = 0;
  const batch = createBatch(clock, 20, () => {
    if (waiting === 0) return false;
    waiting = 0;
    flushedAtMs.push(manual.now());
    batch.flushed(tookMs);
    return true;
  });
  return {
    clock: manual,
    batch,
    flushedAtMs,
    come() {
      waiting += 1;
      batch.gathered();
    },
  };
}

test('what comes in a quiet spell leaves at once, what follows after 20 ms', async () => {
  const { clock, come, flushedAtMs } = bench();
  come();
  await clock.advance(5);
  come();
  come();
  await clock.advance(15);
  expect(flushedAtMs).toEqual([0, 20]);
  await clock.advance(100);
  come();
  expect(flushedAtMs.at(-1)).toBe(120);
  expect(clock.pending).toBe(1);
  await clock.advance(20);
  expect(clock.pending).toBe(0);
});

test.each([
  [70, 70],
  [5000, 250],
])('after a flush of %i ms things gather for %i ms', async (tookMs, spanMs) => {
  const { clock, come, flushedAtMs } = bench({ tookMs });
  come();
  come();
  await clock.advance(spanMs - 1);
  expect(flushedAtMs).toEqual([0]);
  await clock.advance(1);
  expect(flushedAtMs).toEqual([0, spanMs]);
});

test('a timer that comes late is no quiet spell: what came meanwhile is taken in first', async () => {
  const { clock, come, flushedAtMs } = bench({ lateMs: 80 });
  come();
  await clock.advance(101);
  come();
  come();
  expect(flushedAtMs).toEqual([0]);
  await clock.advance(200);
  expect(flushedAtMs).toEqual([0, 260]);
});

test('a closed batch keeps no timer', () => {
  const { clock, batch, come } = bench();
  come();
  batch.close();
  batch.close();
  expect(clock.pending).toBe(0);
});
