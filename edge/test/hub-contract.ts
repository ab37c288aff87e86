/**
 * What every hop that serves streams promises, as one suite: run against a server alone, the Node edge and the Worker
 * edge. Rule ids are those of the protocol's SPEC.
 */
import { type Frame, formatCursor, frameDecoder, parseCursor, pathOf } from '@payload-chat/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Hop, readersOf, type Seat, seatAt, until } from './hop.ts';
import { closeStreams, openStream } from './stream-reader.ts';

const dataOf = (frame: Frame) => frame.data as Record<string, unknown>;
const contentOf = (frame: Frame) => (dataOf(frame).message as { content: string }).content;
const posOf = (frame: Frame | undefined) => parseCursor(frame?.id ?? '')?.pos ?? Number.NaN;

/** How much is said while somebody is slow. */
const slowRounds = 14;
const roundEvents = 300;

/** Starts the hop once for the suite; `start` may take a minute. */
export function hubContract(name: string, start: () => Promise<Hop>): void {
  describe(name, { timeout: 20_000 }, () => {
    let hop: Hop;
    let ada: Seat;
    let bo: Seat;
    let cyd: Seat;
    /** Thread of Ada and Bo. */
    let direct: string;

    beforeAll(async () => {
      hop = await start();
      [ada, bo, cyd] = await Promise.all([seatAt(hop, 'ada'), seatAt(hop, 'bo'), seatAt(hop, 'cyd')]);
      direct = (await ada.post({ receiver: bo.user }, 'first')).thread;
    }, 90_000);
    afterEach(closeStreams);
    afterAll(() => hop?.close(), 30_000);

    const thread = () => `topic=thread:${direct}`;

    /** Where the log stands now, after everything that was posted. */
    const cursorNow = async () => (await ada.snapshot(direct)).cursor;

    /** A stream that is live and has nothing of the past to come, wherever this hop stands. */
    async function live(seat: Seat, query = '') {
      const stream = await seat.stream({ query, lastEventId: await cursorNow() });
      await stream.next('ready');
      return stream;
    }

    describe('begins', () => {
      it('[S1] with hello before anything else, unbuffered and uncompressed', async () => {
        const stream = await ada.stream();
        const hello = await stream.next('hello');
        expect(stream.frames[0]).toBe(hello);
        expect(hello.id).toBeUndefined();
        expect(hello.data).toMatchObject({
          epoch: expect.stringMatching(/^[0-9a-f]{12}$/),
          cursor: expect.stringMatching(/^[0-9a-f]{12}\.\d+$/),
          pingMs: expect.any(Number),
          maxAgeMs: expect.any(Number),
          atMs: expect.any(Number),
        });
        expect(dataOf(hello).revoked).toBeUndefined();
        expect(stream.headers.get('Content-Type')).toBe('text/event-stream; charset=utf-8');
        expect(stream.headers.get('Cache-Control')).toBe('no-store, no-transform');
        expect(stream.headers.get('X-Accel-Buffering')).toBe('no');
        expect(stream.headers.get('Content-Encoding')).toBeNull();
      });

      it('[S1] from a cursor with what lies after it, then ready, then what comes, each once and in order', async () => {
        const one = await ada.post({ thread: direct }, 'one');
        const two = await bo.post({ thread: direct }, 'two');
        await live(ada); // This hop has both.
        const epoch = parseCursor(await cursorNow())?.epoch ?? '';
        const stream = await bo.stream({ lastEventId: formatCursor(epoch, one.pos - 1) });
        expect(contentOf(await stream.next('message'))).toBe('one');
        const second = await stream.next('message');
        expect(second.id).toBe(formatCursor(epoch, two.pos));
        expect(second.data).toMatchObject({
          type: 'message.posted',
          pos: two.pos,
          thread: direct,
          seq: two.seq,
          message: { id: two.id, content: 'two', seq: two.seq, changed: two.seq },
        });
        const ready = await stream.next('ready');
        expect(ready.id).toBe(dataOf(ready).cursor);
        expect(posOf(ready)).toBeGreaterThanOrEqual(two.pos);
        await ada.post({ thread: direct }, 'three');
        expect(contentOf(await stream.next('message'))).toBe('three');
        expect(stream.frames.filter(({ event }) => event === 'message').map(contentOf)).toEqual([
          'one',
          'two',
          'three',
        ]);
      });

      it('[S1] without a cursor from now on; an empty one is none', async () => {
        for (const options of [{}, { lastEventId: '' }, { query: 'cursor=' }]) {
          await live(ada); // This hop has all that was posted.
          const stream = await ada.stream(options);
          await stream.next('ready');
          expect(stream.frames.some(({ event }) => event === 'message')).toBe(false);
          await bo.post({ thread: direct }, 'from now');
          expect(contentOf(await stream.next('message'))).toBe('from now');
        }
      });

      it('[S1] Last-Event-ID goes before ?cursor=', async () => {
        const cursor = await cursorNow();
        await bo.post({ thread: direct }, 'after the cursor');
        const stream = await ada.stream({ lastEventId: cursor, query: 'cursor=nonsense' });
        expect(contentOf(await stream.next('message'))).toBe('after the cursor');
      });

      it('[rewind] with a snapshot of the newest, then goes on from its cursor', async () => {
        const last = await ada.post({ thread: direct }, 'the newest');
        const stream = await bo.stream({ query: `${thread()}&rewind=2` });
        await stream.next('hello');
        const frame = await stream.next('snapshot');
        expect(stream.frames.indexOf(frame)).toBe(1);
        expect(frame.id).toBeUndefined();
        const { messages, cursor } = frame.data as { messages: Array<{ id: string }>; cursor: string };
        expect(messages).toHaveLength(2);
        expect(messages[1]?.id).toBe(last.id);
        expect(parseCursor(cursor)?.pos).toBeGreaterThanOrEqual(last.pos);
        await stream.next('ready');
        const next = await ada.post({ thread: direct }, 'after the snapshot');
        expect(posOf(await stream.next('message'))).toBe(next.pos);
      });

      it('[rewind] of a public room, by its key; with a cursor it is ignored', async () => {
        await ada.post({ room: hop.room }, 'in the room');
        const stream = await cyd.stream({ query: `topic=room:${hop.room}&rewind=1` });
        const { messages, me } = dataOf(await stream.next('snapshot')) as {
          messages: Array<{ content: string }>;
          me: unknown;
        };
        expect(messages.map(({ content }) => content)).toEqual(['in the room']);
        expect(me).toBeNull();
        const resumed = await cyd.stream({ query: `topic=room:${hop.room}&rewind=1`, lastEventId: await cursorNow() });
        await resumed.next('ready');
        expect(resumed.frames.some(({ event }) => event === 'snapshot')).toBe(false);
      });
    });

    describe('hears', () => {
      it('[S8] by topic=me every direct thread of the caller, a new one too, and nothing else', async () => {
        const [forBo, forCyd] = await Promise.all([live(bo), live(cyd)]);
        await ada.post({ thread: direct }, 'for bo alone');
        expect(contentOf(await forBo.next('message'))).toBe('for bo alone');
        const { thread: made } = await ada.post({ receiver: cyd.user }, 'for cyd');
        await until('the new thread is heard', () => forCyd.frames.some(({ data }) => isPosting(data, made)));
        expect(forCyd.frames.some(({ data }) => isPosting(data, direct))).toBe(false);
        expect(forBo.frames.some(({ data }) => isPosting(data, made))).toBe(false);
      });

      it('a public room by its key, whoever asks', async () => {
        const stream = await live(cyd, `topic=room:${hop.room}`);
        await bo.post({ room: hop.room }, 'to all');
        expect(contentOf(await stream.next('message'))).toBe('to all');
      });

      it('edits and deletes as events of their own', async () => {
        const message = await ada.post({ thread: direct }, 'with a tpyo');
        const stream = await live(bo, thread());
        await ada.call('PATCH', pathOf('edit', { id: message.id }), { content: 'without a typo' });
        const edited = await stream.next('message');
        expect(edited.data).toMatchObject({ type: 'message.edited', message: { id: message.id, seq: message.seq } });
        expect(contentOf(edited)).toBe('without a typo');
        await ada.call('DELETE', pathOf('remove', { id: message.id }));
        const deleted = await stream.next('message');
        expect(deleted.data).toMatchObject({ type: 'message.deleted', message: { id: message.id, content: '' } });
      });

      it('[I16] no text of a deleted message, not even in a replay of its posting', async () => {
        const cursor = await cursorNow();
        const message = await ada.post({ thread: direct }, 'regretted words');
        await ada.call('DELETE', pathOf('remove', { id: message.id }));
        const seen = async () => {
          const stream = await bo.stream({ query: thread(), lastEventId: cursor });
          await stream.next('ready');
          return stream.frames.filter(({ event }) => event === 'message');
        };
        await until('the deletion is in the ring', async () => (await seen()).length >= 2);
        expect(JSON.stringify(await seen())).not.toContain('regretted');
      });

      it('[I14] typing as a signal without an id, and not the typist', async () => {
        const [forAda, forBo] = await Promise.all([live(ada, thread()), live(bo, thread())]);
        const answer = await bo.call('POST', pathOf('typing', { id: direct }), {});
        expect(answer.status).toBe(200);
        const signal = await forAda.next('signal');
        expect(signal.id).toBeUndefined();
        expect(signal.data).toMatchObject({ type: 'typing', thread: direct, user: { id: bo.user } });
        expect(dataOf(signal).to).toBeUndefined();
        await ada.post({ thread: direct }, 'after the signal');
        await forBo.next('message');
        expect(forBo.frames.some(({ event }) => event === 'signal')).toBe(false);
      });
    });

    describe('answers a cursor', () => {
      it('[S4] of another epoch with reset epoch', async () => {
        const stream = await ada.stream({ lastEventId: '0123456789ab.1' });
        await stream.next('hello');
        expect((await stream.next('reset')).data).toEqual({ reason: 'epoch', afterMs: expect.any(Number) });
        await stream.ended();
      });

      it('[S4] that is none with reset gap', async () => {
        for (const options of [{ lastEventId: 'nonsense' }, { query: 'cursor=1' }]) {
          const stream = await ada.stream(options);
          expect(stream.status).toBe(200);
          expect((await stream.next('reset')).data).toMatchObject({ reason: 'gap' });
          await stream.ended();
        }
      });

      it('[S3] ahead of the head with hello, and after 2 s with reset ahead', async () => {
        const at = parseCursor(await cursorNow());
        const stream = await ada.stream({ lastEventId: formatCursor(at?.epoch ?? '', (at?.pos ?? 0) + 5000) });
        await stream.next('hello');
        const beganMs = Date.now();
        expect((await stream.next('reset')).data).toMatchObject({ reason: 'ahead' });
        expect(Date.now() - beganMs).toBeGreaterThan(1000);
        await stream.ended();
      });

      it('[S3] that the head reaches in time with what follows it', async () => {
        const at = parseCursor(await cursorNow());
        const stream = await ada.stream({ lastEventId: formatCursor(at?.epoch ?? '', (at?.pos ?? 0) + 1) });
        await stream.next('hello');
        await bo.post({ thread: direct }, 'known already');
        await stream.next('ready');
        await bo.post({ thread: direct }, 'not known yet');
        expect(contentOf(await stream.next('message'))).toBe('not known yet');
      });

      it('[S2] older than the ring with reset expired', async () => {
        const cursor = await cursorNow();
        await hop.flood(2100, 'x');
        const head = await cursorNow();
        await (await ada.stream({ lastEventId: head })).next('ready', 15_000);
        const stream = await ada.stream({ lastEventId: cursor });
        expect((await stream.next('reset')).data).toMatchObject({ reason: 'expired' });
        await stream.ended();
      }, 120_000);
    });

    describe('lets in', () => {
      it('[S9] nobody without a good token: 401, alike for none, a bad one and one of another kind', async () => {
        const { ticket } = (await ada.call('POST', pathOf('ticket'))).body as { ticket: string };
        const tampered = `${ada.token.slice(0, -4)}AAAA`;
        for (const options of [
          {},
          { token: 'nonsense' },
          { token: tampered },
          { token: ticket },
          { query: `ticket=${ada.token}` },
          { query: `ticket=${ticket}x` },
        ]) {
          const stream = await openStream(hop.url, options);
          expect(stream.status).toBe(401);
          expect(JSON.parse(stream.body)).toMatchObject({ errors: [{ code: 'unauthorized' }] });
        }
      });

      it('[S9] a page whose origin its token was made for, and no other; the refusal can be read', async () => {
        const program = await openStream(hop.url, { token: ada.token, origin: hop.origin });
        expect(program.status).toBe(401);
        expect(program.headers.get('Access-Control-Allow-Origin')).toBe(hop.origin);
        const { token } = await hop.session('ada', { fromPage: true });
        const foreign = await openStream(hop.url, { token, origin: 'https://elsewhere.example' });
        expect(foreign.status).toBe(401);
        const own = await openStream(hop.url, { token, origin: hop.origin });
        expect(own.status).toBe(200);
        expect(own.headers.get('Access-Control-Allow-Origin')).toBe(hop.origin);
        expect(own.headers.get('Access-Control-Allow-Credentials')).toBeNull();
      });

      it('[S9] nobody to what he may not see: 404, byte-alike for unknown and forbidden', async () => {
        const answers = await Promise.all(
          [thread(), 'topic=thread:no-such-thread', 'topic=room:no-such-room', `topic=me&${thread()}`].map((query) =>
            cyd.stream({ query }),
          ),
        );
        expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
        expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
        expect(JSON.parse(answers[0]?.body ?? '')).toMatchObject({ errors: [{ code: 'not-found' }] });
      });

      it('[S9] no words that are no topics: 400 with every fault', async () => {
        const stream = await ada.stream({ query: 'topic=nonsense&topic=user:m_bo&rewind=-1' });
        expect(stream.status).toBe(400);
        const { errors } = JSON.parse(stream.body) as { errors: Array<{ code: string; field: string }> };
        expect(errors.map(({ field }) => field)).toEqual(['topic', 'topic', 'rewind']);
        expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['invalid']));
      });

      it('[ticket] whoever took one, by the URL alone; a snapshot before it too', async () => {
        const { ticket } = (await ada.call('POST', pathOf('ticket'))).body as { ticket: string };
        const stream = await openStream(hop.url, { query: `ticket=${ticket}&${thread()}&rewind=1` });
        expect(stream.status).toBe(200);
        await stream.next('snapshot');
        await stream.next('ready');
        await bo.post({ thread: direct }, 'to the ticket');
        expect(contentOf(await stream.next('message'))).toBe('to the ticket');
        const response = await fetch(`${hop.url}${pathOf('snapshot', { id: direct })}?ticket=${ticket}`);
        expect(response.status).toBe(401);
      });

      it('preflights at once, for any origin, without credentials', async () => {
        const response = await fetch(hop.url + pathOf('stream'), {
          method: 'OPTIONS',
          headers: {
            Origin: 'https://any.example',
            'Access-Control-Request-Method': 'GET',
            'Access-Control-Request-Headers': 'authorization,last-event-id',
          },
        });
        expect(response.ok).toBe(true);
        expect(response.headers.get('Access-Control-Allow-Origin')).toBe('https://any.example');
        expect(response.headers.get('Access-Control-Allow-Headers')).toMatch(/last-event-id/i);
        expect(response.headers.get('Access-Control-Max-Age')).toBe('7200');
        expect(response.headers.get('Access-Control-Allow-Credentials')).toBeNull();
        expect(response.headers.get('Vary')).toMatch(/origin/i);
      });
    });

    describe('ends', () => {
      it('[S6] with the token, bye token within 5 s of it', async () => {
        const short = await seatAt(hop, 'ada', { lifeS: 4 });
        const endsMs = Date.now() + 4000;
        const stream = await short.stream();
        await stream.next('ready');
        expect((await stream.next('bye', 12_000)).data).toMatchObject({ reason: 'token' });
        await stream.ended();
        expect(Date.now() - endsMs).toBeLessThan(5000);
        expect((await short.stream()).status).toBe(401);
      }, 20_000);

      it('[S7] with the session: its own end is the last thing heard, then bye revoked; it opens no other', async () => {
        const session = await seatAt(hop, 'ada');
        const [stream, other] = await Promise.all([live(session), live(ada)]);
        await session.call('POST', pathOf('logout'));
        expect((await stream.next('message')).data).toMatchObject({
          type: 'session.ended',
          session: { sid: expect.any(String) },
        });
        expect((await stream.next('bye')).data).toMatchObject({ reason: 'revoked' });
        await stream.ended();
        expect((await session.stream()).status).toBe(401);
        // Ada's other session goes on and hears nothing of it.
        await bo.post({ thread: direct }, 'after the logout');
        expect(contentOf(await other.next('message'))).toBe('after the logout');
      });

      it('[S7] for a thread with one’s own leaving; where nothing else was asked, with bye revoked', async () => {
        const { thread: left } = await bo.post({ receiver: cyd.user }, 'soon alone');
        const byLeft = `topic=thread:${left}`;
        const [byName, byMe, forBo] = await Promise.all([live(cyd, byLeft), live(cyd), live(bo, byLeft)]);
        const seat = (await cyd.snapshot(left)).participants.find(({ user }) => user.id === cyd.user);
        await cyd.call('DELETE', pathOf('leave', { id: seat?.id ?? '' }));
        expect((await byName.next('message')).data).toMatchObject({ type: 'participant.left' });
        expect((await byName.next('bye')).data).toMatchObject({ reason: 'revoked' });
        await byName.ended();
        await bo.post({ thread: left }, 'to nobody');
        await forBo.next('message');
        expect(contentOf(await forBo.next('message'))).toBe('to nobody');
        const marker = await ada.post({ receiver: cyd.user }, 'still here');
        await until('the other thread is heard', () => byMe.frames.some(({ data }) => isPosting(data, marker.thread)));
        expect(byMe.frames.filter(({ data }) => isPosting(data, left))).toEqual([]);
        expect((await cyd.stream({ query: byLeft })).status).toBe(404);
      });

      it('[I11] in the count of readers too, when the client just goes', async () => {
        await until('no readers of earlier tests', async () => (await readersOf(hop)) === 0, 40_000);
        const streams = await Promise.all(Array.from({ length: 5 }, () => ada.stream()));
        await Promise.all(streams.map((stream) => stream.next('ready')));
        expect(await readersOf(hop)).toBe(5);
        for (const stream of streams) stream.close();
        await until('all five are gone', async () => (await readersOf(hop)) === 0, 30_000);
      }, 90_000);
    });

    it('[S5] never at the cost of an event: a reader that stops reading gets all, or resumes where it was cut', async () => {
      const room = `topic=room:${hop.room}`;
      const cursor = await cursorNow();
      const count = 1500;
      const slow = await openPaused(`${hop.url}${pathOf('stream')}?${room}`, bo.token, cursor);
      await hop.flood(count, 'x'.repeat(4000));
      const head = parseCursor(await cursorNow())?.pos ?? 0;
      const frames = await slow.readAll(head);
      const got = frames.filter(({ event }) => event === 'message').map(posOf);
      if (got.at(-1) !== head) {
        const resumed = await bo.stream({
          query: room,
          lastEventId: frames.findLast(({ id }) => id)?.id ?? cursor,
        });
        await resumed.next('ready', 20_000);
        got.push(...resumed.frames.filter(({ event }) => event === 'message').map(posOf));
      }
      expect(got).toEqual(Array.from({ length: count }, (_, index) => head - count + 1 + index));
    }, 120_000);

    it('[S5] one who is too slow for the ring costs the others nothing, and is told bye slow: nothing is left out before it', async () => {
      const room = `topic=room:${hop.room}`;
      const cursor = await cursorNow();
      const slow = await openPaused(`${hop.url}${pathOf('stream')}?${room}`, bo.token, cursor);
      const quick = await ada.stream({ query: room, lastEventId: cursor });
      await quick.next('ready');
      const from = parseCursor(cursor)?.pos ?? 0;
      const heard = () => quick.frames.filter(({ event }) => event === 'message').map(posOf);
      // Some 50 MB: more than all buffers between hop and reader and the ring hold together.
      for (let round = 1; round <= slowRounds; round += 1) {
        await hop.flood(roundEvents, '字'.repeat(4000));
        await until('the other hears it all', () => heard().length >= round * roundEvents, 30_000);
        // He is slow, and not gone: what takes nothing at all is cut.
        await slow.take(512 * 1024);
      }
      const all = Array.from({ length: slowRounds * roundEvents }, (_, index) => from + 1 + index);
      expect(heard()).toEqual(all);
      expect(quick.frames.filter(({ event }) => event === 'bye' || event === 'reset')).toEqual([]);
      const frames = await slow.readAll(all.at(-1) ?? 0);
      expect(frames.at(-1)).toMatchObject({ event: 'bye', data: { reason: 'slow', retryMs: expect.any(Number) } });
      const got = frames.filter(({ event }) => event === 'message').map(posOf);
      expect(got.length).toBeGreaterThan(0);
      expect(got).toEqual(all.slice(0, got.length));
      // What he missed is in no ring any more.
      const back = await bo.stream({ query: room, lastEventId: frames.findLast(({ id }) => id)?.id ?? cursor });
      expect((await back.next('reset', 10_000)).data).toMatchObject({ reason: 'expired' });
    }, 180_000);
  });
}

function isPosting(data: unknown, thread: string): boolean {
  const event = data as { type?: string; thread?: string } | undefined;
  return event?.type === 'message.posted' && event.thread === thread;
}

/** A stream whose client reads nothing until told to. */
async function openPaused(url: string, token: string, cursor: string) {
  const abort = new AbortController();
  const headers = { Authorization: `Bearer ${token}`, 'Last-Event-ID': cursor };
  const response = await fetch(url, { headers, signal: abort.signal });
  const frames: Frame[] = [];
  const feed = frameDecoder((frame) => frames.push(frame));
  const reader = response.body?.getReader();

  /** Reads a piece; `undefined` at the end, broken or not. */
  async function readOn(): Promise<number | undefined> {
    const { done, value } = (await reader?.read().catch(() => undefined)) ?? { done: true, value: undefined };
    if (done || !value) return undefined;
    feed(value);
    return value.byteLength;
  }
  return {
    frames: frames as readonly Frame[],
    /** Takes so many bytes, and leaves the rest where it is. */
    async take(bytes: number): Promise<void> {
      for (let left = bytes; left > 0; ) {
        const size = await readOn();
        if (size === undefined) return;
        left -= size;
      }
    },
    /** Reads to the end, or to the event at `pos`. */
    async readAll(pos: number): Promise<Frame[]> {
      const isThere = () => frames.some((frame) => frame.event === 'message' && posOf(frame) >= pos);
      while (!isThere()) if ((await readOn()) === undefined) break;
      abort.abort();
      return frames;
    },
  };
}
