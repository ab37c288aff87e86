import { ChatError, type WireEvent } from '@payload-chat/protocol';
import { manualClock, settle } from '@payload-chat/protocol/testing';
import { describe, expect, it } from 'vitest';
import { createGrants, maxGrants } from './grant.ts';
import type { Reader } from './tokens.ts';

const epoch = 'aaaaaaaaaaaa';
const minuteMs = 60_000;

function reader(sub: string, room?: string): Reader {
  const claims = {
    sub,
    site: 'halden',
    kind: 'member' as const,
    sid: `s_${sub}`,
    iat: 0,
    exp: 9e9,
    ...(room ? { room } : {}),
  };
  return { claims, credential: { is: 'bearer', token: sub }, origin: undefined, client: undefined, endsAtMs: 9e12 };
}

function event(type: string, pos: number, thread: string | null, entity: object = {}): WireEvent {
  return { type, pos, thread, seq: 1, at: '', actor: null, ...entity };
}
const left = (pos: number, thread: string, user: string) =>
  event('participant.left', pos, thread, { participant: { user: { id: user } } });

/** Grants over a server that answers when told to. */
function setUp(start = 10) {
  const clock = manualClock();
  const asked: Array<{ topic: string; user: string; answer(data: unknown): void; fail(fault: Error): void }> = [];
  const grants = createGrants(
    (topic, { claims }) =>
      new Promise((answer, fail) => {
        asked.push({ topic, user: claims.sub, answer, fail });
      }),
    clock,
  );
  grants.start(epoch, start);
  const yes = (pos: number, more: object = {}) => ({
    allow: true,
    thread: 't1',
    public: false,
    asOf: `${epoch}.${pos}`,
    untilMs: 10 * minuteMs,
    ...more,
  });
  return { clock, asked, grants, yes };
}

describe('a grant', () => {
  it('serves one user and thread for ten minutes at most, whatever the server says', async () => {
    const { clock, asked, grants, yes } = setUp();
    const first = grants.ask('thread:t1', reader('ada'));
    asked[0]?.answer(yes(10, { untilMs: 60 * minuteMs }));
    expect(await first).toMatchObject({ thread: 't1', holds: true });
    await grants.ask('thread:t1', reader('ada'));
    expect(asked).toHaveLength(1);
    void grants.ask('thread:t1', reader('bo'));
    await settle();
    expect(asked.map(({ user }) => user)).toEqual(['ada', 'bo']);
    asked[1]?.answer({ allow: false });
    await clock.advance(10 * minuteMs);
    void grants.ask('thread:t1', reader('ada'));
    await settle();
    expect(asked).toHaveLength(3);
  });

  it('of a public room serves everybody, by its key and by its id, with one question for all who come at once', async () => {
    const { asked, grants, yes } = setUp();
    const all = ['ada', 'bo', 'cyd'].map((name) => grants.ask('room:lobby', reader(name)));
    await settle();
    expect(asked).toHaveLength(1);
    asked[0]?.answer(yes(10, { public: true }));
    expect(await Promise.all(all)).toEqual(Array(3).fill(expect.objectContaining({ thread: 't1', public: true })));
    await grants.ask('thread:t1', reader('dee'));
    expect(asked).toHaveLength(1);
    expect(grants.isPublic('t1')).toBe(true);
  });

  it('of a private one is asked for each who comes at once', async () => {
    const { asked, grants, yes } = setUp();
    const [ada, bo] = ['ada', 'bo'].map((name) => grants.ask('thread:t1', reader(name)));
    asked[0]?.answer(yes(10));
    await ada;
    await settle();
    expect(asked.map(({ user }) => user)).toEqual(['ada', 'bo']);
    asked[1]?.answer({ allow: false });
    expect(await bo).toBeUndefined();
  });

  it('is not refused to one because another’s token was', async () => {
    const { asked, grants, yes } = setUp();
    const [ada, bo] = ['ada', 'bo'].map((name) => grants.ask('room:lobby', reader(name)));
    asked[0]?.fail(new ChatError('unauthorized'));
    await expect(ada).rejects.toMatchObject({ code: 'unauthorized' });
    await settle();
    asked[1]?.answer(yes(10, { public: true }));
    expect(await bo).toBeDefined();
  });

  it('is refused to all at once while the server is away', async () => {
    const { asked, grants } = setUp();
    const all = ['ada', 'bo'].map((name) => grants.ask('room:lobby', reader(name)));
    asked[0]?.fail(new ChatError('unreachable'));
    for (const one of all) await expect(one).rejects.toMatchObject({ code: 'unreachable' });
    expect(asked).toHaveLength(1);
  });

  it('of a room is a guest’s only where his token names it', async () => {
    const { asked, grants, yes } = setUp();
    const other = grants.ask('room:lobby', reader('g', 't2'));
    asked[0]?.answer(yes(10, { public: true }));
    expect(await other).toBeUndefined();
    expect(await grants.ask('room:lobby', reader('g', 't1'))).toBeDefined();
  });

  it('of another shape is a fault of the server, not a yes', async () => {
    const { asked, grants } = setUp();
    const odd = grants.ask('thread:t1', reader('ada'));
    asked[0]?.answer({ allow: true });
    await expect(odd).rejects.toMatchObject({ code: 'unreachable' });
    const none = grants.ask('thread:t1', reader('ada'));
    asked[1]?.answer(undefined);
    expect(await none).toBeUndefined();
  });
});

describe('the log takes back', () => {
  async function granted(isPublic = false) {
    const set = setUp();
    const asking = set.grants.ask('thread:t1', reader('ada'));
    set.asked[0]?.answer(set.yes(10, { public: isPublic }));
    const grant = await asking;
    if (!grant) throw new Error('no grant');
    return { ...set, grant };
  }

  it('[S7] the grant of one who left, and nobody else’s', async () => {
    const { grants, grant } = await granted();
    grants.see(left(11, 't1', 'bo'));
    grants.see(left(12, 't2', 'ada'));
    expect(grant.holds).toBe(true);
    grants.see(left(13, 't1', 'ada'));
    expect(grant.holds).toBe(false);
  });

  it('[S7] a public room’s from everybody when the room changes, not when somebody leaves', async () => {
    const { grants, grant } = await granted(true);
    grants.see(left(11, 't1', 'ada'));
    expect(grant.holds).toBe(true);
    grants.see(event('thread.updated', 12, 't1'));
    expect(grant.holds).toBe(false);
    expect(grants.isPublic('t1')).toBe(false);
  });

  it('whatever was granted to an erased user, and everything when the log begins anew', async () => {
    const one = await granted();
    one.grants.see(event('user.erased', 11, null, { user: { id: 'ada' } }));
    expect(one.grant.holds).toBe(false);
    const other = await granted();
    other.grants.start('bbbbbbbbbbbb', 0);
    expect(other.grant.holds).toBe(false);
  });

  it('[S7] an answer that it has overtaken: the server is asked again', async () => {
    const { clock, asked, grants, yes } = setUp();
    const asking = grants.ask('thread:t1', reader('ada'));
    grants.see(event('message.posted', 11, 't1'));
    grants.see(left(12, 't1', 'ada'));
    asked[0]?.answer(yes(11));
    await clock.advance(500);
    expect(asked).toHaveLength(2);
    asked[1]?.answer({ allow: false });
    expect(await asking).toBeUndefined();
  });

  it('not an answer that knew of it, nor one of another thread', async () => {
    const { asked, grants, yes } = setUp();
    const asking = grants.ask('thread:t1', reader('ada'));
    grants.see(left(11, 't1', 'ada'));
    grants.see(left(12, 't2', 'ada'));
    asked[0]?.answer(yes(11));
    expect(await asking).toMatchObject({ holds: true, asOf: 11 });
  });

  it('an answer of another epoch or from before what is known; in the end that is 503, never a yes', async () => {
    for (const asOf of [`bbbbbbbbbbbb.50`, `${epoch}.9`, 'nonsense']) {
      const { clock, asked, grants, yes } = setUp();
      const asking = grants.ask('thread:t1', reader('ada'));
      asking.catch(() => {});
      for (let round = 0; round < 6; round += 1) {
        asked.at(-1)?.answer(yes(0, { asOf }));
        await clock.advance(2000);
      }
      await expect(asking).rejects.toMatchObject({ code: 'unavailable' });
      expect(asked).toHaveLength(5);
    }
  });
});

describe('asked again for a stream that waits', () => {
  it('waits for a server that is away, and says no when it says no', async () => {
    const { clock, asked, grants, yes } = setUp();
    const again = grants.askAgain('thread:t1', reader('ada'));
    asked[0]?.fail(new ChatError('unreachable'));
    await clock.advance(300);
    asked[1]?.answer(yes(10));
    expect(await again).toBe(true);
    grants.see(left(11, 't1', 'ada'));
    const gone = grants.askAgain('thread:t1', reader('ada'));
    asked[2]?.fail(new ChatError('unauthorized'));
    expect(await gone).toBe(false);
  });

  it('gives up in the end, so that the stream is ended instead of held', async () => {
    const { clock, asked, grants } = setUp();
    const again = grants.askAgain('thread:t1', reader('ada'));
    again.catch(() => {});
    for (let round = 0; round < 50; round += 1) {
      asked.at(-1)?.fail(new ChatError('unreachable'));
      await clock.advance(1000);
    }
    await expect(again).rejects.toMatchObject({ code: 'unreachable' });
    expect(clock.pending).toBe(0);
  });
});

it('no more grants are held than the bound, and none that is over', async () => {
  const { clock, asked, grants, yes } = setUp();
  for (let nth = 0; nth < maxGrants + 100; nth += 1) {
    void grants.ask(`thread:t${nth}`, reader('ada'));
    asked.pop()?.answer(yes(10, { thread: `t${nth}` }));
    if (nth % 1000 === 0) await settle();
  }
  await settle();
  expect(grants.size).toBe(maxGrants);
  await clock.advance(11 * minuteMs);
  void grants.ask('thread:t1', reader('ada'));
  asked.pop()?.answer(yes(10));
  await settle();
  expect(grants.size).toBe(1);
});
