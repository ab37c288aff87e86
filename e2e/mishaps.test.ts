/** Parts die while people write. Nobody loses a word, nobody reads one twice. */
import { describe, expect, test } from 'vitest';
import { visitors } from './browser.ts';
import { demoPage } from './demo-page.ts';
import { house } from './house.ts';
import { speakAs } from './people.ts';
import { patienceMs } from './thread.ts';

const stack = house();
const browser = visitors();

/** Both write before, during and after; then both browsers and Postgres must tell the same, each message once. */
async function writeThrough(name: string, mishap: () => Promise<void>) {
  const { urls, threads } = stack().demo;
  const [ana, ben] = await Promise.all([0, 1].map(async () => demoPage((await browser.open(urls.demo)).page)));
  const first = `${name}: before`;
  await ana?.ana.write(first);
  await ben?.ben.reads([first]);

  const down = mishap();
  const written = [first];
  for (let index = 1; index <= 4; index += 1) {
    await ana?.ana.write(`${name}: Ana ${index}`);
    await ben?.ben.write(`${name}: Ben ${index}`);
    written.push(`${name}: Ana ${index}`, `${name}: Ben ${index}`);
  }
  await down;
  await ana?.ana.write(`${name}: after`);
  written.push(`${name}: after`);

  const speaker = await speakAs(stack(), 'member');
  const stored = async () =>
    (await speaker.messages(threads.direct))
      .map(({ content }) => content)
      .filter((content) => content.startsWith(name));
  await expect
    .poll(async () => (await stored()).toSorted(), {
      timeout: 2 * patienceMs,
      message: 'every message in Postgres, once',
    })
    .toEqual(written.toSorted());
  const order = await stored();
  await ana?.ana.reads(order);
  await ben?.ben.reads(order);
}

describe('the Worker edge’s chain', () => {
  test('[I1] the server is killed while both write', () =>
    writeThrough('Server killed', async () => {
      await stack().kill('server');
      await stack().ready('server');
    }));

  test('[I1] Postgres is killed while both write', () =>
    writeThrough('Postgres killed', async () => {
      await stack().kill('postgres');
      await stack().ready('postgres');
    }));

  test('[I1] Postgres is restarted while both write', () =>
    writeThrough('Postgres restarted', () => stack().restart('postgres')));

  test('[I4] the edge is killed while both write', () =>
    writeThrough('Edge killed', async () => {
      await stack().kill('edge');
      await stack().ready('edge');
    }));
});
