/** What was there is there again: passwords, threads, messages, whether the house was shut down or fell. */
import { afterAll, expect, test } from 'vitest';
import { freePorts } from '../scripts/ports.mjs';
import { removeDataFolder } from '../scripts/postgres-home.mjs';
import { startStack } from '../scripts/stack.mjs';
import { testDataFolder } from '../scripts/test-stack.mjs';
import type { House } from './house.ts';
import { speakAs } from './people.ts';

const dataDir = testDataFolder();
afterAll(() => removeDataFolder(dataDir));

test('a second start on the same folder, with other ports, keeps people, passwords and messages', async () => {
  const texts: string[][] = [];
  const people: string[] = [];
  for (const round of [1, 2]) {
    const [server, edge, demo, host, postgres] = (await freePorts(5)) as [number, number, number, number, number];
    const stack = (await startStack({ dataDir, ports: { server, edge, demo, host, postgres } })) as unknown as House;
    try {
      const ana = await speakAs(stack, 'member');
      if (round === 1) await ana.send({ thread: stack.demo.threads.direct, content: 'Said in the first run' });
      texts.push((await ana.messages(stack.demo.threads.direct)).map(({ content }) => content));
      people.push(JSON.stringify([stack.demo.people, stack.demo.threads, stack.demo.site, stack.demo.edgeKey]));
      expect(stack.demo.urls.edge).toContain(String(edge));
      for (const url of [stack.demo.urls.server, stack.demo.urls.edge]) {
        const health = await fetch(`${url}/api/chat/health`);
        expect([health.status, ((await health.json()) as { status: string }).status], url).toEqual([200, 'ok']);
      }
      expect((await fetch(`${stack.demo.urls.demo}/health`)).status).toBe(200);
    } finally {
      await stack.stop();
    }
  }
  expect(texts[0]).toContain('Said in the first run');
  expect(texts[1]).toEqual(texts[0]);
  expect(people[1]).toBe(people[0]);
});
