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

  it('says that messages come late, to a developer why, and nothing once they come at once', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const slow: Connection = { is: 'slow', sinceMs: 1, why: 'buffered' };
    expect(told(live, broken(1), slow, slow, live)).toEqual([undefined, 'reconnecting', 'slow', 'slow', undefined]);
    expect(warn.mock.calls).toEqual([[expect.stringMatching(/\(buffered\).*proxy_buffering off/)]]);
    warn.mockRestore();
  });

  it('says that nothing arrives until the line is live', () =>
    expect(told(live, { is: 'failing', sinceMs: 1 }, live)).toEqual([undefined, 'failing', 'back']));

  it('tells the page once that the line fails', () => {
    const _tell = vi.fn();
    const failing: Connection = { is: 'failing', sinceMs: 1, why: 'gap' };
    bannerOf(undefined, broken(1), failing, { _tell });
    bannerOf('failing', failing, failing, { _tell });
    expect(_tell.mock.calls).toEqual([['chat-error', { error: expect.objectContaining({ code: 'unavailable' }) }]]);
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
