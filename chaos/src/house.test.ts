/** The machine at work, for as long as a test may take: the long runs are `npm run chaos`. */
import { methodOf, pathOf } from '@payload-chat/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HopName } from './house/house.ts';
import { openStage } from './many.ts';
import { ask } from './people/ask.ts';
import { openExternal, type Person } from './people/person.ts';
import { independentReaders } from './readers/independent.ts';
import { streamPath } from './readers/reader.ts';
import { takeSnapshot } from './readers/snapshots.ts';
import { runOnce } from './run.ts';

let stage: Awaited<ReturnType<typeof openStage>>;
beforeAll(async () => {
  stage = await openStage((line) => console.log(line));
});
afterAll(() => stage?.close());

describe('a few runs of mixed faults', () => {
  const first = 1 + Math.floor(Math.random() * 1_000_000);
  test.each([0, 1, 2])(
    '[I1] [I2] [I3] [I4] [I5] [I6] [I13] run %i loses, doubles and disorders nothing',
    async (serial) => {
      const { violations, plan, history } = await runOnce(stage, first + serial, serial, { writeMs: 3000 });
      console.log(`seed ${first + serial}: ${plan.join('; ')}`);
      expect(violations, `npm run chaos -- --runs 1 --seed ${first + serial}`).toEqual([]);
      // It was no empty run.
      expect(history.acts.filter(({ answer }) => answer && answer.status < 300).length).toBeGreaterThan(5);
      expect(history.readers.every(({ readings }) => readings.some(({ frames }) => frames.length > 0))).toBe(true);
    },
  );
});

describe('clients that others wrote', () => {
  /** What a frame, a proxy or a careless parser could break. */
  const hard = [
    'plain',
    'data: x\\nid: 7\\n\\nevent: bye',
    'a line\nand a blank one\n\nand a CR\rand both\r\n',
    '\u2028 \u2029 \u0085 \ufeff \u200b',
    '🙂👩‍👩‍👧 é é 日本語 العربية',
    ': no comment',
    '"quoted" \\ back',
    'x'.repeat(4000),
    '字'.repeat(3000),
  ];

  test.each(['server', 'node', 'worker'] as const)(
    '[I15] decode the same list at the %s, over a line that breaks in between',
    async (hop: HopName) => {
      const { house, chromium } = stage;
      const at = () => house.urlOf(hop);
      const name = `hard-${hop}-${Date.now()}`;
      const person = await openExternal(house.seed.site, name, at, { origin: house.page.origin });
      await say(person, { content: 'It begins.' });
      const support = await takeSnapshot(person, 'support');
      const cursor = support?.cursor ?? '';

      const readers = await Promise.all(
        independentReaders(chromium).map(async ({ name, open }) => {
          const url = `${at()}${streamPath(['me'], { ticket: await ticketOf(person), cursor })}`;
          const frames: Array<{ id: string | undefined; data: unknown }> = [];
          const client = open(url, ({ event, id, data }) => event === 'message' && frames.push({ id, data }));
          return { name, frames, client };
        }),
      );
      try {
        const ids: string[] = [];
        for (const content of hard) ids.push(await say(person, { content }));
        await all(readers, hard.length);
        house.lines[hop === 'server' ? 'toServer' : hop === 'node' ? 'toNode' : 'toWorker'].begin({ is: 'reset' });
        for (const [nth, id] of ids.entries()) await change(person, id, nth % 2 ? undefined : `${hard.at(-nth)} again`);
        await all(readers, 2 * hard.length);
        const rows = await house.database.query<{ pos: string; type: string; seq: string; entity: string }>(
          'select pos, type, seq, entity from chat.events where site = $1 and thread = $2 and pos > $3 order by pos',
          [house.seed.site.key, support?.thread.id, cursor.split('.')[1]],
        );
        const epoch = cursor.split('.')[0];
        const list = rows.map(({ pos, type, seq, entity }) => [`${epoch}.${pos}`, type, Number(seq), entity]);
        const [first] = readers;
        for (const { name, frames } of readers) {
          const met = frames.map(({ id, data }) => {
            const { type, seq, message } = data as { type: string; seq: number; message: { id: string } };
            return [id, type, seq, message.id];
          });
          expect(met, name).toEqual(list);
          expect(frames, name).toEqual(first?.frames);
        }
        const contents = first?.frames
          .slice(0, hard.length)
          .map(({ data }) => (data as { message: { content: string } }).message.content);
        expect(contents).toEqual(hard);
      } finally {
        for (const { client } of readers) client.close();
      }
    },
  );

  const all = (readers: Array<{ name: string; frames: unknown[] }>, count: number) =>
    expect
      .poll(() => readers.filter(({ frames }) => frames.length < count).map(({ name }) => name), {
        timeout: 30_000,
        message: `everybody to have ${count} events`,
      })
      .toEqual([]);

  const headersOf = (person: Person) => ({ headers: person.headers() });
  async function ticketOf(person: Person): Promise<string> {
    const { body } = await ask(person.at() + pathOf('ticket'), { method: 'POST', body: {}, ...headersOf(person) });
    return (body as { ticket: string }).ticket;
  }
  async function say(person: Person, body: object): Promise<string> {
    const answer = await ask(person.at() + pathOf('send'), { method: 'POST', body, ...headersOf(person) });
    expect(answer.status, answer.text).toBe(201);
    return (answer.body as { doc: { id: string } }).doc.id;
  }
  /** Edits it, or deletes it. */
  async function change(person: Person, id: string, content: string | undefined) {
    const route = content === undefined ? 'remove' : 'edit';
    const url = person.at() + pathOf(route, { id });
    const body = content === undefined ? {} : { body: { content: content.slice(0, 4000) } };
    const answer = await ask(url, { method: methodOf(route), ...body, ...headersOf(person) });
    expect(answer.status, answer.text).toBe(200);
  }
});
