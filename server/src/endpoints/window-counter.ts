/** Counts per key in windows of time, in a hard bound of memory. */

export interface WindowCounter {
  /** Counts one for the key. Answers 0 where it was within the limit, else the wait until its window ends, in ms. */
  take(key: string): number;
  /** Keys remembered now. */
  readonly size: number;
}

export interface WindowOptions {
  /** Most that one key may take within a window. */
  count: number;
  /** A window, in ms: it begins with a key's first count. */
  windowMs: number;
  /** Keys remembered at most; the one whose window began first is forgotten, and may begin anew. */
  keysMax: number;
  now?: () => number;
}

export function createWindowCounter({ count, windowMs, keysMax, now = Date.now }: WindowOptions): WindowCounter {
  // In the order in which windows began, so that what is over stands at the front.
  const windows = new Map<string, { taken: number; endsMs: number }>();

  function sweep(atMs: number) {
    for (const [key, { endsMs }] of windows) {
      if (endsMs > atMs && windows.size < keysMax) return;
      windows.delete(key);
    }
  }

  return {
    take(key) {
      const atMs = now();
      const known = windows.get(key);
      if (known && known.endsMs > atMs) {
        known.taken += 1;
        return known.taken <= count ? 0 : known.endsMs - atMs;
      }
      windows.delete(key);
      sweep(atMs);
      windows.set(key, { taken: 1, endsMs: atMs + windowMs });
      return count >= 1 ? 0 : windowMs;
    },
    get size() {
      return windows.size;
    },
  };
}
