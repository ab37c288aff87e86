/** Lets `limit` of the given tasks run at once; the others wait in line. The line is as long as the open requests. */
export function atMost(limit: number): <T>(task: () => Promise<T>) => Promise<T> {
  const line: Array<() => void> = [];
  let running = 0;
  return async (task) => {
    if (running >= limit) await new Promise<void>((resolve) => line.push(resolve));
    else running += 1;
    try {
      return await task();
    } finally {
      // The place passes to the next in line, or is free.
      const next = line.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
