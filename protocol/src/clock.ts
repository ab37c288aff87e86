/** Time as a parameter, so that tests can move it. */
export interface Clock {
  /** In milliseconds, for spans; since 1970 where there is no `date`. */
  now(): number;
  /** What a calendar says, in milliseconds since 1970: for what others have written down, such as a token's end. */
  date?(): number;
  /** Runs `run` once, `ms` from now; the answer cancels it, callable twice. */
  after(ms: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: Date.now,
  after(ms, run) {
    // Above it a timer runs at once.
    const timer = setTimeout(run, Math.min(ms, 2 ** 31 - 1));
    return () => clearTimeout(timer);
  },
};

/** Full jitter: a random part of a span that doubles with each failed attempt (0 is the first), up to `capMs`. */
export function backoffMs(attempt: number, random: () => number, baseMs = 1000, capMs = 30_000): number {
  return Math.round(random() * Math.min(capMs, baseMs * 2 ** attempt));
}
