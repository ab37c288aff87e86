import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createByteStream } from './byte-stream.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const bytes = (size: number) => new Uint8Array(size);

test('[S5] says that it is full by bytes, and runs the drain when the reader has made room', async () => {
  const { body, sink } = createByteStream(() => undefined);
  expect(sink.write(bytes(60_000))).toBe(true);
  expect(sink.write(bytes(10_000))).toBe(false);
  const drained = vi.fn();
  sink.onDrain(drained);
  expect(drained).not.toHaveBeenCalled();
  const reader = body.getReader();
  expect((await reader.read()).value).toHaveLength(60_000);
  expect(drained).toHaveBeenCalledTimes(1);
  expect((await reader.read()).value).toHaveLength(10_000);
  expect(drained).toHaveBeenCalledTimes(1);
});

test('tells once that the reader has left, and takes writes without a fault then', async () => {
  const gone = vi.fn();
  const { body, sink } = createByteStream(gone);
  await body.cancel();
  expect(gone).toHaveBeenCalledTimes(1);
  expect(sink.write(bytes(10))).toBe(true);
  sink.close();
  expect(gone).toHaveBeenCalledTimes(1);
});

test('a closed stream gives its last words and ends', async () => {
  const { body, sink } = createByteStream(() => undefined);
  sink.write(bytes(10));
  sink.close();
  sink.close();
  const reader = body.getReader();
  expect((await reader.read()).value).toHaveLength(10);
  expect((await reader.read()).done).toBe(true);
  await vi.advanceTimersByTimeAsync(20_000);
});

test('[I11] a reader who stopped reading does not keep a closed stream open', async () => {
  const { body, sink } = createByteStream(() => undefined);
  sink.write(bytes(100_000));
  sink.close();
  await vi.advanceTimersByTimeAsync(10_001);
  const reader = body.getReader();
  await expect(reader.read()).rejects.toThrow('stopped reading');
});
