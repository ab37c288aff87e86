/**
 * Asks until the answer is truthy and gives it back; after `withinMs` gives back the last answer (falsy).
 * @template T
 * @param {() => T | Promise<T>} ask
 * @param {{ withinMs: number, everyMs?: number, signal?: AbortSignal }} limits
 * @returns {Promise<T>}
 */
export async function waitFor(ask, { withinMs, everyMs = 50, signal }) {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer || performance.now() >= deadline) return answer;
    signal?.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
