import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, expect, test } from 'vitest';
import { createClocks } from './clocks.ts';
import { openForeignClocks } from './foreign-clocks.ts';

/** Says on each line from outside what time it is, by every way to ask. */
const program = `
process.stdin.on('data', () => console.log(JSON.stringify([
  Date.now(), new Date().getTime(), Date.parse(Date()), new Date(7).getTime(), new Date() instanceof Date, performance.now() < 60_000,
])));
console.log('here');`;

/** A process that says what time it is whenever it is asked. */
async function asked(args: string[], env: Record<string, string | undefined>) {
  const child = spawn(process.execPath, args, { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async () => String((await lines.next()).value);
  expect(await next()).toBe('here');
  return {
    pid: child.pid ?? 0,
    end: () => child.kill(),
    /** By how much its clock is ahead of ours, in ms. */
    async aheadMs() {
      child.stdin.write('?');
      const [now, made, said, given, isDate, isSteady] = JSON.parse(await next()) as [
        number,
        number,
        number,
        number,
        boolean,
        boolean,
      ];
      expect([given, isDate, isSteady]).toEqual([7, true, true]);
      expect(Math.abs(now - made)).toBeLessThan(1000);
      expect(Math.abs(now - said)).toBeLessThan(2000);
      return now - Date.now();
    },
  };
}

const near = (ms: number, ask: () => Promise<number>) =>
  expect.poll(async () => Math.abs((await ask()) - ms) < 2000, { timeout: 5000, message: `${ms} ms` }).toBe(true);

const foreign = openForeignClocks();
afterAll(() => foreign.close());
const settings = { ...process.env };

test('a process is told another time while it runs, and from its start on', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'clock-'));
  const pids: number[] = [];
  const clocks = createClocks(folder, foreign, () => pids);
  try {
    for (const before of [0, 86_400_000]) {
      if (before) await clocks.set('server-a', before);
      const { args, env } = clocks.fit('server-a', { args: ['-e', program], env: settings });
      const told = await asked(args, env);
      await near(before, told.aheadMs);
      pids.push(told.pid);
      // The signal may come after the question.
      await clocks.set('server-a', -3_600_000);
      await near(-3_600_000, told.aheadMs);
      await clocks.setAllRight();
      await near(0, told.aheadMs);
      pids.pop();
      told.end();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.runIf(foreign.missing === undefined)(
  'a program that is not ours is, by its command line, and no other',
  async () => {
    const pids: number[] = [];
    const clocks = createClocks(tmpdir(), foreign, () => pids);
    const { env } = foreign.fit('postgres', { env: settings }, 'say-it-is-meant');
    await clocks.set('postgres', -86_400_000);
    const meant = await asked(['-e', program, 'say-it-is-meant'], env);
    const beside = await asked(['-e', program], env);
    try {
      await near(-86_400_000, meant.aheadMs);
      await near(0, beside.aheadMs);
      pids.push(meant.pid);
      await clocks.set('postgres', 1500);
      await near(1500, meant.aheadMs);
      pids.push(beside.pid);
      await expect(clocks.set('postgres', 0)).rejects.toThrow('does not look at its clock');
    } finally {
      meant.end();
      beside.end();
    }
  },
);
