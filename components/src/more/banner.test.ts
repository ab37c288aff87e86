import { describe, expect, it, vi } from 'vitest';
import type { Connection } from '../view.ts';
import { type Banner, bannerOf } from './banner.ts';

const connecting: Connection = { is: 'connecting' };
const live: Connection = { is: 'live' };
const broken = (sinceMs: number): Connection => ({ is: 'reconnecting', sinceMs });
const offline = (sinceMs: number): Connection => ({ is: 'offline', sinceMs });

/** What is told after each state of the line. */
function told(...line: Connection[]): Banner[] {
  let banner: Banner;
  let last: Connection | undefined;
  return line.map((now) => {
    banner = bannerOf(banner, last, now);
    last = now;
    return banner;
  });
}

describe('the banner', () => {
  it('says nothing of the first connection', () =>
    expect(told(connecting, live, live)).toEqual([undefined, undefined, undefined]));

  it('says that the line is back only where its loss was told', () => {
    vi.setSystemTime(100_000);
    expect(told(live, broken(99_000), live)).toEqual([undefined, 'reconnecting', undefined]);
    expect(told(live, broken(97_000), live, live)).toEqual([undefined, 'reconnecting', 'back', 'back']);
    expect(told(live, offline(99_900), live)).toEqual([undefined, 'offline', 'back']);
    vi.useRealTimers();
  });

  it('goes on saying offline until the line is live', () =>
    expect(told(live, offline(1), broken(1), connecting, live)).toEqual([
      undefined,
      'offline',
      'offline',
      'offline',
      'back',
    ]));
});
