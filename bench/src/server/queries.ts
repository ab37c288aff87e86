/** (b): what readers cost Postgres: nothing per reader, neither while somebody writes nor while nobody does. */
import { type ChildProcess, fork } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { row, title } from '../table.ts';
import { type Host, post, roomKey } from './host.ts';
import type { CountingPostgres } from './postgres.ts';

const readersFile = fileURLToPath(new URL('../fan-out/readers.ts', import.meta.url));
const events = 50;
const idleS = 10;

export async function queries(host: Host, postgres: CountingPostgres): Promise<void> {
  title(
    `Postgres statements, readers straight at the server: per event (${events} messages), and in ${idleS} s of silence`,
  );
  const counts: number[] = [];
  const silences: number[] = [];
  for (const readers of [1, 100, 1000]) {
    const crowd = await open(host, readers);
    await pause(2000);
    await postgres.statements();
    for (let sent = 0; sent < events; sent += 1) {
      await post(
        `${host.url}/api/messages`,
        { thread: host.thread, content: 'A message.', localId: `queries-${readers}-${sent}` },
        `Bearer ${host.token}`,
      );
      await pause(50); // Apart, so that one reading of the log is not shared by several events.
    }
    await pause(500);
    counts.push((await postgres.statements()) / events);
    await pause(idleS * 1000);
    silences.push(await postgres.statements());
    crowd.kill('SIGKILL');
    await pause(500);
  }
  const [one = 0, hundred = 0, thousand = 0] = counts;
  row('per event, 1,000 readers against 1', thousand / one, 'wanted 1', [
    `1 reader ${one.toFixed(1)} · 100 ${hundred.toFixed(1)} · 1,000 ${thousand.toFixed(1)}`,
  ]);
  row(`in ${idleS} s of silence`, undefined, 'wanted equal', [
    `1 reader ${silences[0]} · 100 ${silences[1]} · 1,000 ${silences[2]} (the tail's poll)`,
  ]);
}

async function open(host: Host, readers: number): Promise<ChildProcess> {
  const port = new URL(host.url).port;
  const child = fork(readersFile, [port, String(readers), `/api/messages/sse?topic=room:${roomKey}`, host.token], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await new Promise<void>((resolve, reject) => {
    child.on('message', (said: { is: string }) => said.is === 'open' && resolve());
    child.once('exit', () => reject(new Error('The readers ended before they were open.')));
  });
  return child;
}
