/** (a): `POST /api/messages` with the log and the commit proof, beside the same create on a bare collection. */
import { row, title } from '../table.ts';
import { type Host, post } from './host.ts';

export const content = 'Two seats, quiet coach, 31.80 each. The train leaves at 9:12.';

/** Creates per second of `count` creates, `width` at once. */
export async function rate(width: number, count: number, create: (index: number) => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (next < count) {
        next += 1;
        await create(next);
      }
    }),
  );
  return count / ((performance.now() - startMs) / 1000);
}

export const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

export async function create(host: Host): Promise<void> {
  title('Create: POST /api/messages with log and proof, against POST on a bare Payload collection');
  const sender = (await host.payload.find({ collection: 'users', limit: 1 })).docs[0]?.id;
  let serial = 0;
  const localId = () => {
    serial += 1;
    return `bench-${serial}`;
  };
  const bare = () =>
    post(
      `${host.url}/api/notes?depth=1`,
      { thread: host.thread, sender, content, localId: localId(), timestamp: new Date().toISOString() },
      `JWT ${host.login}`,
    );
  const chat = () =>
    post(`${host.url}/api/messages`, { thread: host.thread, content, localId: localId() }, `Bearer ${host.token}`);

  for (const width of [1, 16]) {
    await rate(width, 100, bare);
    await rate(width, 100, chat);
    const rates = { bare: [] as number[], chat: [] as number[] };
    // In turns, so that a noisy neighbour meets both.
    for (let round = 0; round < 7; round += 1) {
      rates.bare.push(await rate(width, 200, bare));
      rates.chat.push(await rate(width, 200, chat));
    }
    const [with_, without] = [median(rates.chat), median(rates.bare)];
    row(`${width} at once`, with_ / without, 'wanted >= 0.8', [
      `chat ${with_.toFixed(0)}/s`,
      `bare ${without.toFixed(0)}/s`,
    ]);
  }
}
