import { describe, expect, test } from 'vitest';
import { cutLine, type Entry, emptyLog, keptEntries, type LineLog, takeLine } from './line-log.ts';

const epoch = '7f3a00112233';
const cursor = (pos: number) => `${epoch}.${pos}`;
const attempt = (pos?: number) => ({ is: 'attempt', cursor: pos === undefined ? undefined : cursor(pos) }) as const;
const wait = (why: string, ms: number, pos = 1) => ({ is: 'wait', why, ms, cursor: cursor(pos) }) as const;
const frame = (event: string, data: unknown, id?: string) => ({ is: 'frame', frame: { event, id, data } }) as const;
const hello = (pos: number) => frame('hello', { epoch, cursor: cursor(pos), pingMs: 20_000, maxAgeMs: 600_000 });
const ready = (pos: number) => frame('ready', { cursor: cursor(pos) }, cursor(pos));
const posted = (pos: number, seq: number, content = `text ${seq}`, thread = 't1') =>
  frame('message', { type: 'message.posted', pos, thread, seq, message: { content } }, cursor(pos));

/** Each step a second after the one before, numbers among them move the clock on by as many milliseconds. */
function play(steps: Array<Parameters<typeof takeLine>[1] | number | 'cut'>, from: LineLog = emptyLog): LineLog {
  let nowMs = 0;
  return steps.reduce((log: LineLog, step) => {
    if (typeof step === 'number') nowMs += step;
    else return step === 'cut' ? cutLine(log, nowMs, new Map()) : takeLine(log, step, nowMs);
    return log;
  }, from);
}

const live = [attempt(38), hello(38), ready(38), posted(39, 10)];
const rows = (log: LineLog) =>
  log.entries.flatMap((entry) => (entry.is === 'row' ? [`${entry.name} ${entry.text}`] : [entry.is]));
const back = (log: LineLog) => log.entries.findLast((entry): entry is Entry & { is: 'back' } => entry.is === 'back');

describe('the log of a line', () => {
  test('an attempt that fails is one line, which says when the next is due', () => {
    const log = play([...live, 'cut', wait('network', 2600, 39), attempt(39), wait('network', 7100, 39), attempt(39)]);
    expect(rows(log)).toEqual([
      '→ resume after this one',
      'hello cursor 7f3a.38, ping 20 s',
      'ready caught up',
      'message posted · text 10',
      'cut',
      '→ no network, again in 2.6 s',
      '→ no network, again in 7.1 s',
      '→ resume after this one',
    ]);
  });

  test('[I16] what is edited, deleted or erased is in no earlier line either', () => {
    const of = (type: string, pos: number, id: string, sender: string, content: string) =>
      frame('message', { type, pos, thread: 't1', seq: pos, message: { id, content, sender: { id: sender } } });
    const log = play([
      of('message.posted', 1, 'm1', 'ana', 'a secret'),
      of('message.posted', 2, 'm2', 'ana', 'a tpyo'),
      of('message.posted', 3, 'm3', 'ben', 'what stays'),
      of('message.posted', 4, 'm4', 'ana', 'her last words'),
      of('message.edited', 5, 'm2', 'ana', 'a typo'),
      of('message.deleted', 6, 'm1', 'ana', ''),
    ]);
    expect(rows(log)).toEqual([
      'message posted',
      'message posted · a typo',
      'message posted · what stays',
      'message posted · her last words',
      'message edited · a typo',
      'message deleted',
    ]);
    const after = play([frame('message', { type: 'user.erased', pos: 7, thread: null, user: { id: 'ana' } })], log);
    expect(rows(after)).toEqual([
      'message posted',
      'message posted',
      'message posted · what stays',
      'message posted',
      'message edited',
      'message deleted',
      'message user erased',
    ]);
    const reset = play([frame('reset', { reason: 'expired', afterMs: 0 })], log);
    expect(JSON.stringify(rows(reset))).not.toMatch(/what stays|last words/);
  });

  test('whose words they are need not be known: they stay as long as nothing is said of them', () => {
    const edited = { type: 'message.edited', pos: 9, thread: 't1', seq: 9, message: { id: 'm9', content: 'other' } };
    const log = play([
      frame('message', { type: 'message.posted', pos: 8, thread: 't1', seq: 8, message: { id: 'm8', content: 'one' } }),
      frame('message', edited),
    ]);
    expect(rows(log)).toEqual(['message posted · one', 'message edited · other']);
  });

  test('what comes between hello and ready is marked as replayed and counted, with the time it took', () => {
    const log = play([
      ...live,
      'cut',
      wait('network', 1),
      attempt(39),
      20,
      hello(42),
      posted(40, 11),
      posted(41, 12),
      21,
      ready(42),
      posted(42, 13),
    ]);
    expect(back(log)).toMatchObject({ replayed: 2, tookMs: 41, lost: 0 });
    expect(log.entries.filter((entry) => entry.is === 'row' && entry.replayed)).toHaveLength(2);
    expect(log.epoch).toBe(epoch);
  });

  test('a hole in the numbers of a thread is told as lost', () => {
    const log = play([...live, 'cut', attempt(39), hello(43), posted(42, 13), ready(43)]);
    expect(back(log)).toMatchObject({ replayed: 1, lost: 2 });
  });

  test('another thread’s numbers are its own', () => {
    const log = play([...live, 'cut', attempt(39), hello(41), posted(40, 3, 'x', 't2'), posted(41, 11), ready(41)]);
    expect(back(log)).toMatchObject({ replayed: 2, lost: 0 });
  });

  test('what the reader holds by its snapshot counts where no event of the thread was seen', () => {
    const cut = cutLine(play([attempt(38), hello(38), ready(38)]), 0, new Map([['t1', 10]]));
    expect(back(play([attempt(38), hello(40), posted(40, 12), ready(40)], cut))).toMatchObject({ lost: 1 });
  });

  test('a first connection and a renewal say nothing of coming back', () => {
    expect(back(play([...live, attempt(39), hello(39), ready(39)]))).toBeUndefined();
  });

  test('after a reset nothing is claimed of what was replayed', () => {
    const log = play([
      ...live,
      wait('network', 1),
      attempt(39),
      hello(9000),
      frame('reset', { reason: 'expired' }),
      wait('expired', 300),
      attempt(9000),
      hello(9000),
      ready(9000),
    ]);
    expect(back(log)).toMatchObject({ lost: null });
    expect(rows(log)).toContain('reset expired');
  });

  test('signals, pings and strange frames are lines without weight', () => {
    const log = play([
      ...live,
      frame('signal', { type: 'typing', thread: 't1', user: { id: 'm_1', name: 'Ana Ferreira' } }),
      frame('signal', { type: 'receipt', thread: 't1', seq: 12, user: { id: 'm_1', name: 'Ana Ferreira' } }),
      frame('ping', { cursor: cursor(39) }, cursor(39)),
      frame('message', null),
      frame('later', { anything: 1 }),
    ]);
    expect(rows(log).slice(4)).toEqual([
      'signal Ana is typing',
      'signal receipt · Ana has read 12',
      'ping ',
      'message unknown ',
      'later ',
    ]);
  });

  test('the oldest lines go when there are too many', () => {
    const log = play([...live, ...Array.from({ length: 400 }, (_, index) => posted(40 + index, 11 + index))]);
    expect(log.entries).toHaveLength(keptEntries);
    expect(log.entries.at(-1)).toMatchObject({ text: 'posted · text 410' });
  });
});
