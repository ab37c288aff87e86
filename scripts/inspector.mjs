/** An isolate's heap, by the inspector protocol: what is asked of it is answered within 30 s, or rejects. */

const answerMs = 30_000;
/** What one collection sets free may hold on to more: objects of the runtime go a round after their JavaScript. */
const rounds = 3;

/**
 * @param {string} url of the isolate, `ws://`
 * @returns {Promise<{ collect(): Promise<void>, heapBytes(): Promise<number> }>} `collect` collects all garbage;
 *   `heapBytes` is what is used, the runtime's own objects on V8's heap included
 */
export async function openInspector(url) {
  const socket = new WebSocket(url);
  /** @type {Map<number, { resolve(result: Record<string, number>): void, reject(why: Error): void }>} */
  const asked = new Map();
  let serial = 0;
  const lost = (why) => {
    for (const { reject } of asked.values()) reject(new Error(why));
    asked.clear();
  };
  socket.addEventListener('close', () => lost('The inspector has closed'));
  socket.addEventListener('message', ({ data }) => {
    const { id, result, error } = JSON.parse(data);
    const waiting = asked.get(id);
    asked.delete(id);
    if (error) waiting?.reject(new Error(`The inspector answered: ${error.message}`));
    else waiting?.resolve(result);
  });
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true });
    socket.addEventListener('error', () => reject(new Error(`No inspector at ${url}`)), { once: true });
  });

  function ask(method) {
    serial += 1;
    const id = serial;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        asked.delete(id);
        reject(new Error(`The inspector did not answer ${method} within ${answerMs} ms`));
      }, answerMs);
      const settled = (settle) => (value) => {
        clearTimeout(timer);
        settle(value);
      };
      asked.set(id, { resolve: settled(resolve), reject: settled(reject) });
      socket.send(JSON.stringify({ id, method }));
    });
  }

  return {
    async collect() {
      for (let round = 0; round < rounds; round += 1) await ask('HeapProfiler.collectGarbage');
    },
    async heapBytes() {
      const { usedSize, embedderHeapUsedSize } = await ask('Runtime.getHeapUsage');
      return usedSize + embedderHeapUsedSize;
    },
  };
}
