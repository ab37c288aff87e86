/** More than a page of messages, and more events than any hop keeps. */
import { expect, test } from 'vitest';
import { seatAt } from '../edge/test/hop.ts';
import { realHop } from '../edge/test/real-hop.ts';
import { closeStreams } from '../edge/test/stream-reader.ts';
import { visitors } from './browser.ts';
import { demoPage } from './demo-page.ts';
import { house } from './house.ts';
import { speakAs } from './people.ts';
import { patienceMs } from './thread.ts';

const stack = house();
const browser = visitors();

/** What a hop keeps of the past, in events (S2). */
const ringEvents = 2000;

test('whoever scrolls up reads everything from the first message on, each once', async () => {
  const ana = await speakAs(stack(), 'member');
  const said = Array.from({ length: 130 }, (_, index) => `Message ${index + 1} of 130`);
  for (const content of said) await ana.send({ thread: stack().demo.threads.direct, content });
  const { page, faults } = await browser.open(stack().demo.urls.demo);
  const { ben } = demoPage(page);
  await ben.element.getByText('Message 130 of 130').waitFor({ timeout: patienceMs });
  const log = ben.element.getByRole('log');
  await expect
    .poll(
      async () => {
        await log.evaluate((element) => element.scrollTo({ top: 0 }));
        return ben.since('Message 1 of 130');
      },
      { timeout: patienceMs, message: 'all older messages' },
    )
    .toEqual(said);
  expect(faults).toEqual([]);
});

test('[S2] [I13] cut off for longer than any hop remembers, a reader takes a fresh snapshot and misses nothing', async () => {
  const { page, faults } = await browser.open(stack().demo.urls.demo);
  const { ana, ben, flip, stream } = demoPage(page);
  await ana.write('Before a very long absence');
  await ben.reads(['Before a very long absence']);
  await flip();
  await ana.write('In the middle of it');
  await ana.delivered();
  await flood(ringEvents + 100);
  await ana.write('At its end');
  await ana.delivered();
  await flip();
  await ben.reads(['Before a very long absence', 'In the middle of it', 'At its end']);
  await expect
    .poll(stream, { timeout: patienceMs, message: 'the reset in the third column' })
    .toEqual(
      expect.arrayContaining([
        expect.stringContaining('reset expired'),
        expect.stringMatching(/^Back in \d+ ms, by a fresh snapshot$/),
      ]),
    );
  await ana.write('And on it goes');
  await ben.reads(['Before a very long absence', 'In the middle of it', 'At its end', 'And on it goes']);
  expect(faults).toEqual([]);
}, 300_000);

/** More than a ring of messages, all of which the edge has heard. */
async function flood(count: number): Promise<void> {
  const { server, edge } = stack().demo.urls;
  const [atServer, atEdge] = await Promise.all(
    [server, edge].map((url) => seatAt(realHop(stack(), url, 'far-behind'), 'ada')),
  );
  await realHop(stack(), server, 'far-behind').flood(count, 'Meanwhile');
  const lastEventId = (await atServer?.snapshot('room:lobby'))?.cursor ?? '';
  await expect
    .poll(
      async () => {
        const stream = await atEdge?.stream({ query: 'topic=room:lobby', lastEventId });
        return stream?.next('ready').catch(() => undefined);
      },
      { timeout: patienceMs, message: 'the edge to have heard it all' },
    )
    .toBeDefined();
  closeStreams();
}
