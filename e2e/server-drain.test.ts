/** A server that is told to stop, as `next start` runs it: its readers leave one by one, and then it is gone. */
import { expect, test } from 'vitest';
import { seatAt } from '../edge/test/hop.ts';
import { realHop } from '../edge/test/real-hop.ts';
import { house } from './house.ts';

const stack = house({ only: ['postgres', 'server'] });

test('[S9] SIGTERM spreads the byes of its readers over the drain, and their coming back beside it', async () => {
  const ada = await seatAt(realHop(stack(), stack().demo.urls.server, 'drain'), 'ada');
  const streams = await Promise.all(Array.from({ length: 40 }, () => ada.stream()));
  for (const stream of streams) await stream.next('ready', 10_000);
  const beganMs = performance.now();
  const halted = stack().halt('server');
  const byes = await Promise.all(
    streams.map(async (stream) => ({
      said: (await stream.next('bye', 10_000)).data as { reason: string; retryMs: number },
      atMs: performance.now() - beganMs,
    })),
  );
  expect(new Set(byes.map(({ said }) => said.reason))).toEqual(new Set(['shutdown']));
  expect(new Set(byes.map(({ said }) => said.retryMs)).size).toBeGreaterThan(20);
  // Half a second apart at the least, as heartbeats are: some moments, and none of them everybody's.
  expect(new Set(byes.map(({ atMs }) => Math.round(atMs / 500))).size).toBeGreaterThan(4);
  await halted;
  await expect(fetch(`${stack().demo.urls.server}/api/chat/health`)).rejects.toThrow();
});
