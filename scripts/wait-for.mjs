/** Asks until the answer is truthy and gives it back; after `withinMs` gives back the last answer (falsy). */
export async function waitFor(ask, { withinMs, everyMs = 50, signal }) {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer || performance.now() >= deadline) return answer;
    signal?.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
