import { expect, test } from 'vitest';
import { formatCursor } from './cursor.ts';
import { encodeFrame } from './frame.ts';
import { subscribe } from './subscription.ts';
import { manualClock } from './testing.ts';

const epoch = '0123456789ab';
const at = (pos: number) => formatCursor(epoch, pos);

/** A reader at 10 whose streams are written by hand. */
async function reader() {
  const clock = manualClock();
  const streams: Array<{ from: string | undefined; write(event: string, pos: number): void }> = [];
  const heard: number[] = [];
  const flow = async () => {
    for (let turn = 0; turn < 5; turn += 1) {
      await clock.advance(1);
      await new Promise((resolve) => setTimeout(resolve));
    }
  };
  const subscription = subscribe({
    cursor: at(10),
    clock,
    random: () => 0,
    onEvent: ({ pos }) => void heard.push(pos),
    onReset: () => undefined,
    async open(from) {
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
      const writer = writable.getWriter();
      streams.push({
        from,
        write(event, pos) {
          const envelope = { type: 'message.posted', pos, thread: 't', seq: pos, at: 'now', actor: null };
          const data =
            event === 'hello'
              ? { epoch, cursor: at(pos), pingMs: 20_000, maxAgeMs: 600_000 }
              : event === 'message'
                ? envelope
                : { cursor: at(pos) };
          void writer.write(encodeFrame({ event, id: at(pos), data })).catch(() => {});
        },
      });
      return new Response(readable, { headers: { 'Content-Type': 'text/event-stream' } }) as never;
    },
  });
  await flow();
  streams[0]?.write('hello', 10);
  streams[0]?.write('ready', 10);
  await flow();
  return { subscription, streams, heard, flow };
}

test('[I4] an event of a newly named topic comes although a later one came first on the last stream', async () => {
  const { subscription, streams, heard, flow } = await reader();
  subscription.move(subscription.cursor);
  await flow();
  expect(streams.map(({ from }) => from)).toEqual([at(10), at(10)]);
  streams[0]?.write('message', 12);
  await flow();
  streams[1]?.write('hello', 12);
  streams[1]?.write('message', 11);
  streams[1]?.write('message', 12);
  await flow();
  expect(heard).toEqual([12, 11, 12]);
  subscription.close();
});

test('[I4] while it goes back to an earlier cursor nothing later is told', async () => {
  const { subscription, streams, heard, flow } = await reader();
  subscription.move(at(7));
  streams[0]?.write('message', 11);
  await flow();
  expect(heard).toEqual([]);
  expect(subscription.cursor).toBe(at(7));
  streams[1]?.write('hello', 11);
  for (const pos of [8, 9, 10, 11]) streams[1]?.write('message', pos);
  await flow();
  expect(heard).toEqual([8, 9, 10, 11]);
  subscription.close();
});

test('a renewal repeats nothing', async () => {
  const { subscription, streams, heard, flow } = await reader();
  subscription.move();
  await flow();
  streams[0]?.write('message', 11);
  await flow();
  streams[1]?.write('hello', 11);
  streams[1]?.write('message', 11);
  streams[1]?.write('message', 12);
  await flow();
  expect(heard).toEqual([11, 12]);
  subscription.close();
});
