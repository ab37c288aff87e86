import { describe, expect, test } from 'vitest';
import { at, bench, kinds, last, room } from './hub-bench.ts';
import { epoch, eventOf, messageOf, posted, seatOf, userOf } from './samples.ts';

describe('[I16] what was deleted', () => {
  const message = messageOf('m1', { content: 'secret', seq: 1, changed: 1 });
  const post = eventOf('message.posted', 1, { message });
  const remove = (type: string, pos: number) =>
    eventOf(type, pos, { message: { ...message, content: '', changed: pos, deletedAt: 'now' } });

  test.each(['message.deleted', 'message.erased'])(
    '%s: its text is in no replay, the rest of the payload is',
    async (type) => {
      const { clock, hub, open } = bench();
      hub.append(post, [room]);
      await clock.advance(20);
      open({ cursor: at(0) });
      hub.append(remove(type, 2), [room]);
      await clock.advance(20);
      const sink = open({ cursor: at(0) });
      expect(sink.of('message')[0]?.data).toEqual({ ...post, message: { ...message, content: '' } });
      expect(sink.of('message')[1]?.data).toMatchObject({ type });
    },
  );

  test('an edit rewrites earlier payloads to the text of now', async () => {
    const { clock, hub, open } = bench();
    hub.append(post, [room]);
    hub.append(eventOf('message.edited', 2, { message: { ...message, content: 'better', changed: 2 } }), [room]);
    await clock.advance(20);
    const frames = open({ cursor: at(0) }).of('message');
    expect(frames.map(({ data }) => (data as typeof post & { message: typeof message }).message)).toMatchObject([
      { content: 'better', changed: 1 },
      { content: 'better', changed: 2 },
    ]);
  });

  test('nor is it in a chunk of a replay that was shared before, and that the deletion is not part of', async () => {
    const { clock, hub, post: postMore, open } = bench({ chunkBytes: 1000 });
    hub.append(post, [room]);
    for (let pos = 2; pos <= 20; pos += 1) postMore(pos);
    await clock.advance(20);
    expect(open({ cursor: at(0) }).of('message')[0]?.data).toEqual(post);
    hub.append(remove('message.deleted', 21), [room]);
    await clock.advance(20);
    const sink = open({ cursor: at(0) });
    expect(sink.positions).toHaveLength(21);
    expect(JSON.stringify(sink.frames)).not.toContain('secret');
  });

  test('user.erased empties the ring: who is behind takes a snapshot', async () => {
    const { clock, hub, open } = bench();
    const sink = open();
    hub.append(post, [room]);
    const lagging = open({ cursor: at(1) });
    lagging.fill();
    hub.append(posted(2), [room]);
    hub.append(eventOf('user.erased', 3, { thread: null, seq: null, user: { id: 'ana' } }), ['all']);
    expect(sink.positions).toEqual([1, 2, 3]);
    expect(hub.bytes).toBe(0);
    expect(last(open({ cursor: at(2) }))?.data).toMatchObject({ reason: 'expired' });
    expect(kinds(open({ cursor: at(3) }))).toEqual(['hello', 'ready']);
    hub.append(posted(4), [room]);
    await clock.advance(20);
    expect(sink.positions).toEqual([1, 2, 3, 4]);
  });
});

describe('the service stream', () => {
  test('hears everything with its topics, tail first', async () => {
    const { clock, hub, post, open } = bench();
    for (let pos = 1; pos <= 3; pos += 1) post(pos, [`thread:${pos}`, 'user:é']);
    await clock.advance(20);
    const sink = open({ topics: '*', tail: 2, hello: { revoked: [] } });
    expect(kinds(sink)).toEqual(['hello', '2', '3', 'ready']);
    expect(sink.of('message')[0]?.data).toEqual({ ...posted(2), to: ['thread:2', 'user:é'] });
    post(4, []);
    hub.signal({ type: 'typing', thread: 't', user: userOf('ana') }, [room, 'user:ben']);
    await clock.advance(20);
    expect(sink.of('message').at(-1)?.data).toMatchObject({ pos: 4, to: [] });
    expect(last(sink)?.data).toMatchObject({ type: 'typing', to: [room, 'user:ben'] });
  });

  test('the topics of an event are on no other stream', async () => {
    const { clock, post, open } = bench();
    const [live, service] = [open(), open({ topics: '*' })];
    post(1);
    post(2);
    await clock.advance(20);
    const replayed = open({ cursor: at(0) });
    for (const sink of [live, replayed])
      for (const { data } of sink.of('message')) expect(data).not.toHaveProperty('to');
    expect(service.of('message')).toHaveLength(2);
  });

  test('a tail longer than the ring is the ring', async () => {
    const { clock, post, open } = bench({ maxEvents: 3 });
    for (let pos = 1; pos <= 5; pos += 1) post(pos);
    await clock.advance(20);
    expect(open({ topics: '*', tail: 2000 }).positions).toEqual([3, 4, 5]);
  });

  test('nothing in the log takes anything from it', async () => {
    const { clock, hub, post, open } = bench();
    const sink = open({ topics: '*', user: 'ben' });
    hub.append(eventOf('participant.left', 1, { participant: seatOf('ben') }), [room]);
    post(2);
    await clock.advance(20);
    expect(sink.positions).toEqual([1, 2]);
  });
});

describe('beginning anew', () => {
  test('[S4] another epoch sends no more readers for snapshots in a second than the server can bear', () => {
    let nth = 0;
    const { hub, open } = bench({ resetsPerSecond: 100, random: () => (nth++ % 100) / 100 });
    const sinks = Array.from({ length: 2000 }, () => open());
    hub.start('ba9876543210', 0);
    const waitsMs = sinks.map((sink) => (sink.frames.at(-1) as { data: { afterMs: number } }).data.afterMs);
    // 2,000 at 100 a second: over 20 s, evenly.
    for (let second = 0; second < 20; second += 1)
      expect(waitsMs.filter((ms) => Math.floor(ms / 1000) === second).length).toBeLessThanOrEqual(110);
    expect(Math.max(...waitsMs)).toBeGreaterThan(19_000);
  });

  test('[S4] another epoch resets everybody, spread over seconds', async () => {
    const { clock, hub, post, open } = bench();
    const sinks = [open(), open({ cursor: at(7) }), open({ topics: '*' })];
    post(1);
    hub.start('ba9876543210', 1);
    for (const sink of sinks)
      expect(last(sink)).toMatchObject({ event: 'reset', data: { reason: 'epoch', afterMs: 2500 } });
    expect(hub.readers).toBe(0);
    expect(hub.window).toEqual({ epoch: 'ba9876543210', oldest: 1, head: 1 });
    await clock.advance(10_000);
    expect(clock.pending).toBe(0);
  });

  test('in the same epoch readers whom the new ring covers go on, those behind it are reset expired', async () => {
    const { clock, hub, post, open } = bench();
    const full = open();
    full.fill();
    post(1);
    const live = open();
    for (let pos = 2; pos <= 5; pos += 1) post(pos);
    await clock.advance(20);
    hub.start(epoch, 3);
    expect(last(full)).toMatchObject({ event: 'reset', data: { reason: 'expired' } });
    for (let pos = 4; pos <= 7; pos += 1) post(pos);
    await clock.advance(20);
    expect(live.positions).toEqual([2, 3, 4, 5, 6, 7]);
    expect(live.of('ready')).toHaveLength(1);
    expect(open({ cursor: at(3) }).positions).toEqual([4, 5, 6, 7]);
  });

  test('a hole in the same epoch resets everybody whom it passes over', async () => {
    const { clock, hub, post, open } = bench();
    const sink = open();
    post(1);
    hub.start(epoch, 9);
    expect(last(sink)).toMatchObject({ event: 'reset', data: { reason: 'expired' } });
    await clock.advance(20);
    const exact = open({ cursor: at(9) });
    post(10);
    await clock.advance(20);
    expect(exact.positions).toEqual([10]);
  });

  test('a beginning behind its readers that does not reach them resets them ahead', async () => {
    const { clock, hub, post, open } = bench();
    const sink = open();
    for (let pos = 1; pos <= 5; pos += 1) post(pos);
    await clock.advance(20);
    hub.start(epoch, 1);
    await clock.advance(2000);
    expect(last(sink)).toMatchObject({ event: 'reset', data: { reason: 'ahead' } });
  });
});
