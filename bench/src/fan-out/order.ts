/** What the measuring process says to a broadcaster and hears from it, over the IPC channel. */

/** An event has arrived from outside, as one would from an upstream: each on its own. */
export type Order = { is: 'event'; pos: number } | { is: 'memory' };

export type Report =
  | { is: 'listening'; port: number; path?: string; token?: string }
  | { is: 'memory'; rssBytes: number; readers: number; cpuMs: number };

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Obeys orders: `send` broadcasts one event, each in a turn of the loop of its own, as events come that are made by requests. */
export function obey(send: (pos: number) => void, readers: () => number): void {
  const arrived: number[] = [];
  const turn = () => {
    send(arrived.shift() as number);
    if (arrived.length) setImmediate(turn);
  };
  process.on('message', (order: Order) => {
    if (order.is === 'event') {
      arrived.push(order.pos);
      if (arrived.length === 1) setImmediate(turn);
      return;
    }
    globalThis.gc?.();
    const report: Report = { is: 'memory', rssBytes: process.memoryUsage().rss, readers: readers(), cpuMs: cpuMs() };
    process.send?.(report);
  });
}
