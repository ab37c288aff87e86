import type { WireEvent } from '@payload-chat/protocol';
import { manualClock, settle } from '@payload-chat/protocol/testing';
import { describe, expect, it } from 'vitest';
import { type Answer, jsonAnswer } from './answer.ts';
import { createSnapshots, maxBytes, maxPages } from './snapshots.ts';
import type { Reader } from './tokens.ts';

const reader = {} as Reader;
const epoch = 'aaaaaaaaaaaa';

function setUp() {
  const clock = manualClock();
  const asked: Array<(answer: Answer) => void> = [];
  const window = { epoch, oldest: 5, head: 10 };
  const ask = () => new Promise<Answer>((resolve) => void asked.push(resolve));
  const snapshots = createSnapshots(ask, { window }, clock);
  const get = (thread = 't1', query = 'limit=50') => snapshots.get(thread, new URLSearchParams(query), reader);
  const page = (pos: number, text = '') => jsonAnswer(200, { text, cursor: `${epoch}.${pos}` });
  const event = (type: string, thread = 't1'): WireEvent => ({ type, pos: 11, thread, seq: 1, at: '', actor: null });
  return { clock, asked, window, snapshots, get, page, event };
}

describe('the snapshot of a public room', () => {
  it('is asked once for all who want it, and kept two seconds', async () => {
    const { clock, asked, get, page } = setUp();
    const all = [get(), get(), get()];
    await settle();
    expect(asked).toHaveLength(1);
    asked[0]?.(page(10));
    expect(await Promise.all(all)).toEqual(Array(3).fill(expect.objectContaining({ cursor: `${epoch}.10` })));
    await clock.advance(1900);
    await get();
    expect(asked).toHaveLength(1);
    await clock.advance(200);
    void get();
    expect(asked).toHaveLength(2);
    expect(clock.pending).toBe(0);
  });

  it('is one for each page of each room', async () => {
    const { asked, get } = setUp();
    void get('t1', 'limit=50');
    void get('t1', 'limit=20');
    void get('t2', 'limit=50');
    await settle();
    expect(asked).toHaveLength(3);
  });

  it('[I16] is dropped when a message of the room is edited, deleted or erased, and not for other rooms or posts', async () => {
    for (const type of ['message.edited', 'message.deleted', 'message.erased', 'user.erased']) {
      const { asked, snapshots, get, page, event } = setUp();
      const first = get();
      asked[0]?.(page(10));
      await first;
      snapshots.see(event('message.posted'));
      snapshots.see(event('message.edited', 't2'));
      await get();
      expect(asked).toHaveLength(1);
      snapshots.see(event(type));
      void get();
      expect(asked).toHaveLength(2);
    }
  });

  it('[I16] is not kept when that happened while it was on its way', async () => {
    const { asked, snapshots, get, page, event } = setUp();
    const first = get();
    snapshots.see(event('message.deleted'));
    const second = get();
    expect(asked).toHaveLength(2);
    asked[0]?.(page(9, 'with the text'));
    asked[1]?.(page(11, 'without'));
    await first;
    expect(await second).toMatchObject({ cursor: `${epoch}.11` });
    expect(await get()).toMatchObject({ cursor: `${epoch}.11` });
    expect(asked).toHaveLength(2);
  });

  it('is asked anew when the ring covers its cursor no longer', async () => {
    const { asked, window, get, page } = setUp();
    const first = get();
    asked[0]?.(page(10));
    await first;
    window.oldest = 11;
    window.head = 20;
    void get();
    expect(asked).toHaveLength(2);
  });

  it('is not refused to one because it was to another', async () => {
    const { asked, get, page } = setUp();
    const [one, other] = [get(), get()];
    asked[0]?.(jsonAnswer(401, {}));
    expect(await one).toMatchObject({ status: 401 });
    await settle();
    asked[1]?.(page(10));
    expect(await other).toMatchObject({ cursor: `${epoch}.10` });
  });

  it('is kept and waited for in no more pages than the bound, whatever pages are asked for', async () => {
    const { asked, snapshots, page } = setUp();
    const waiting = Array.from({ length: 500 }, (_, before) =>
      snapshots.get('t1', new URLSearchParams({ before: String(before) }), reader),
    );
    expect(asked).toHaveLength(500);
    expect(snapshots.size).toBe(maxPages);
    for (const answer of asked) answer(page(10));
    await Promise.all(waiting);
    expect(snapshots.size).toBe(maxPages);
  });

  it('is kept in no more bytes than the bound: the oldest goes, and is asked for again', async () => {
    const { asked, snapshots, get, page } = setUp();
    // Two bytes a character as text, one in its frame.
    const text = 'x'.repeat(maxBytes / 4 / 3);
    for (let nth = 0; nth < 5; nth += 1) {
      const found = get(`t${nth}`);
      asked[nth]?.(page(10, text));
      await found;
    }
    expect(snapshots.size).toBe(3);
    await get('t4');
    expect(asked).toHaveLength(5);
    void get('t0');
    expect(asked).toHaveLength(6);
  });
});
