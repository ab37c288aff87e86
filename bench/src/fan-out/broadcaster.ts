/** Runs one broadcaster and its readers, each in a process of its own, and measures the broadcaster alone. */
import { type ChildProcess, fork } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Order, Report } from './order.ts';

export interface Load {
  readers: number;
  events: number;
  perSecond: number;
}

export interface Measured {
  /** Events times readers, per second of the broadcaster's CPU. */
  deliveriesPerCpuSecond: number;
  /** Resident memory that each idle reader adds, in bytes. */
  bytesPerReader: number;
}

const file = (name: string) => fileURLToPath(new URL(`./${name}.ts`, import.meta.url));

function heard<T extends { is: string }>(child: ChildProcess, is: T['is']): Promise<T> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: T) => {
      if (message.is !== is) return;
      child.off('message', onMessage);
      child.off('exit', onExit);
      resolve(message);
    };
    const onExit = (code: number | null) => reject(new Error(`A child ended with ${code} before it said ${is}.`));
    child.on('message', onMessage);
    child.once('exit', onExit);
  });
}

async function ask(child: ChildProcess): Promise<Extract<Report, { is: 'memory' }>> {
  const answer = heard<Extract<Report, { is: 'memory' }>>(child, 'memory');
  child.send({ is: 'memory' } satisfies Order);
  return answer;
}

async function framesAt(readers: ChildProcess): Promise<number> {
  const answer = heard<{ is: 'count'; frames: number }>(readers, 'count');
  readers.send({});
  return (await answer).frames;
}

/** Sends the events at their times, however busy the broadcaster is. */
async function pace(broadcaster: ChildProcess, { events, perSecond }: Load): Promise<void> {
  const startMs = performance.now();
  for (let pos = 1; pos <= events; pos += 1) {
    await pause(Math.max(0, startMs + ((pos - 1) * 1000) / perSecond - performance.now()));
    broadcaster.send({ is: 'event', pos } satisfies Order);
  }
}

/** `edge` sends no events here: its memory is asked alone. */
export async function measure(name: 'bare' | 'hub' | 'edge', load: Load): Promise<Measured> {
  const options = { execArgv: ['--expose-gc'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] as const };
  const broadcaster = fork(file(name), [], { ...options, stdio: [...options.stdio] });
  const { port, path = '/', token = '' } = await heard<Extract<Report, { is: 'listening' }>>(broadcaster, 'listening');
  const empty = await ask(broadcaster);
  const readers = fork(file('readers'), [String(port), String(load.readers), path, token], {
    stdio: [...options.stdio],
  });
  try {
    await heard(readers, 'open');
    await pause(1000);
    const idle = await ask(broadcaster);

    await pace(broadcaster, load);
    const expected = load.events * load.readers;
    // A frame cut by a socket's chunk is not counted by the readers: 1 % is left for that.
    for (let waitedMs = 0; (await framesAt(readers)) < expected * 0.99; waitedMs += 100) {
      if (waitedMs > 120_000) throw new Error(`${name}: ${await framesAt(readers)} of ${expected} frames after 120 s`);
      await pause(100);
    }
    const done = await ask(broadcaster);
    return {
      deliveriesPerCpuSecond: expected / ((done.cpuMs - idle.cpuMs) / 1000),
      bytesPerReader: (idle.rssBytes - empty.rssBytes) / load.readers,
    };
  } finally {
    readers.kill('SIGKILL');
    broadcaster.kill('SIGKILL');
  }
}
