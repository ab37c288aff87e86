import type { WireEvent, WireSignal } from '@payload-chat/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, account, localReq, logOf, memberCaller, room, site, startApp } from '../../test/app.ts';
import { until } from '../../test/until.ts';
import type { Caller } from '../identity/caller.ts';
import { post } from '../messages/post.ts';
import { runtime } from '../runtime.ts';
import { queryOf } from './database.ts';

let writer: App;
let reader: App;
let caller: Caller;

beforeAll(async () => {
  writer = await startApp();
  reader = await startApp({ databaseUrl: writer.databaseUrl });
  const at = await site(writer.payload, 'halden');
  await room(writer.payload, 'halden', 'lobby');
  caller = await memberCaller(writer.payload, at, await account(writer.payload, 'Ana'));
});
afterAll(async () => {
  await reader?.close();
  await writer?.close();
});

const send = async (content: string) => post(await localReq(writer.payload), caller, { room: 'lobby', content });

/** Positions that a hub has taken, noted as they come. */
async function notes(app: App): Promise<WireEvent[]> {
  const hub = await runtime(app.payload).hub('halden');
  const events: WireEvent[] = [];
  hub.onEvent((event) => events.push(event));
  return events;
}

const headOf = (app: App) => runtime(app.payload).hubs.peek('halden')?.window?.head;

test('[I3] a hub begins with the newest events and goes on without a seam, in both processes', async () => {
  await send('before');
  const here = await notes(writer);
  const there = await notes(reader);
  const start = (await logOf(writer.payload, 'halden')).length;
  await Promise.all(Array.from({ length: 50 }, (_, index) => send(`message ${index}`)));
  for (const events of [here, there]) {
    await until('50 events', () => events.length >= 50);
    expect(events.map(({ pos }) => pos)).toEqual(events.map((_, index) => start + 1 + index));
  }
  // As the wire has it: the version is this event's seq.
  expect(there[0]).toMatchObject({ type: 'message.posted', message: { seq: there[0]?.seq, changed: there[0]?.seq } });
});

test('[I8] LISTEN and all backends killed: no hole, and no send fails for long', async () => {
  const there = await notes(reader);
  const start = headOf(reader) ?? 0;
  let stop = false;
  const sent: string[] = [];
  const sending = (async () => {
    for (let turn = 0; !stop; turn += 1) {
      const localId = `survivor ${turn}`;
      await until(localId, () =>
        localReq(writer.payload)
          .then((req) => post(req, caller, { room: 'lobby', content: localId, localId }))
          .catch((error) => {
            if (error.code !== 'not-stored' && error.code !== 'unavailable') throw error;
            return undefined;
          }),
      );
      sent.push(localId);
    }
  })();
  await until('some sends', () => sent.length > 5);
  for (let round = 0; round < 3; round += 1) {
    // From a connection of its own: the killer must not be among the killed.
    await queryOf(reader.payload)(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    );
    const before = sent.length;
    await until('sends after the kill', () => sent.length > before + 3);
  }
  stop = true;
  await sending;

  const log = await logOf(writer.payload, 'halden');
  await until('the reader is at the head', () => headOf(reader) === log.length && headOf(writer) === log.length);
  expect(there.map(({ pos }) => pos)).toEqual(there.map((_, index) => start + 1 + index));
  const contents = log
    .map(({ payload }) => payload.message?.content)
    .filter((content) => sent.includes(String(content)));
  expect(contents).toEqual(sent);
  await until('both listen again', () => runtime(reader.payload).listening && runtime(writer.payload).listening);
});

test('without anybody writing, nothing is read for a reader', async () => {
  const { tail } = runtime(reader.payload);
  await runtime(reader.payload).hub('halden');
  const before = tail.reads;
  for (let reader_ = 0; reader_ < 100; reader_ += 1) await runtime(reader.payload).hub('halden');
  expect(tail.reads - before).toBeLessThanOrEqual(1);
});

test('a signal reaches the hub of the other process, and not twice its own', async () => {
  const heard: Array<{ where: string; signal: WireSignal }> = [];
  const ready = new Set<string>();
  for (const [where, app] of [
    ['here', writer],
    ['there', reader],
  ] as const) {
    const hub = await runtime(app.payload).hub('halden');
    hub.subscribe({
      topics: ['thread:t'],
      sink: {
        write(chunk) {
          const text = new TextDecoder().decode(chunk);
          if (text.includes('event: ready')) ready.add(where);
          if (text.includes('typing')) heard.push({ where, signal: JSON.parse(text.split('data: ')[1] ?? '') });
          return true;
        },
        onDrain: () => undefined,
        close: () => undefined,
      },
    });
  }
  // A signal passes by who has not caught up yet.
  await until('both readers to be ready', () => ready.size === 2);
  // One that is sent while a session is being lost may be lost with it.
  let sends = 0;
  await until('both', async () => {
    sends += 1;
    runtime(writer.payload).signal('halden', { type: 'typing', thread: 't', user: { id: 'm_1' } }, ['thread:t']);
    await new Promise((resolve) => setTimeout(resolve, 100));
    return heard.some(({ where }) => where === 'there');
  });
  await send('time passes');
  expect(heard.filter(({ where }) => where === 'here')).toHaveLength(sends);
});

test('[S4] another epoch resets the readers of every hub', async () => {
  const hub = await runtime(reader.payload).hub('halden');
  const before = hub.window?.epoch;
  const frames: string[] = [];
  hub.subscribe({
    topics: ['all'],
    sink: {
      write: (chunk) => frames.push(new TextDecoder().decode(chunk)) > 0,
      onDrain: () => undefined,
      close: () => undefined,
    },
  });
  // What a restore into another install looks like.
  await queryOf(reader.payload)(`update chat.facts set value = gen_random_uuid()::text where name = 'installed'`);
  await queryOf(reader.payload)(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'payload-chat listen'`,
  );
  await until('a reset', () => frames.some((frame) => frame.includes('event: reset') && frame.includes('epoch')));
  expect((await runtime(reader.payload).hub('halden')).window?.epoch).not.toBe(before);
});

test('a hole in the log makes the hub begin anew instead of passing it over', async () => {
  const hub = await runtime(reader.payload).hub('halden');
  const head = hub.window?.head ?? 0;
  // Somebody tampered: a position is gone.
  await queryOf(reader.payload)('update chat.sites set pos = pos + 1 where site = $1', ['halden']);
  await send('after the hole');
  await until('the head', () => headOf(reader) === head + 2);
  expect(hub.window?.oldest).toBe(head + 1);
});
