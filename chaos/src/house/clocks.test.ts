import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { createClocks } from './clocks.ts';

/** Says on each line from outside what time it is, by every way to ask. */
const program = `
process.stdin.on('data', () => console.log(JSON.stringify([
  Date.now(), new Date().getTime(), Date.parse(Date()), new Date(7).getTime(), new Date() instanceof Date, performance.now() < 60_000,
])));
console.log('here');`;

test('a process is told another time while it runs, and from its start on', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'clock-'));
  let pid: number | null = null;
  const clocks = createClocks(folder, () => pid);
  const offsetOf = async (ask: () => Promise<string>) => {
    const [now, made, said, given, isDate, isSteady] = JSON.parse(await ask()) as [
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
  };
  try {
    for (const before of [0, 86_400_000]) {
      if (before) clocks.set('server-a', before);
      const { args, env } = clocks.fit('server-a', { args: ['-e', program], env: { ...process.env } });
      const child = spawn(process.execPath, args, { env, stdio: ['pipe', 'pipe', 'inherit'] });
      const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
      const next = async () => String((await lines.next()).value);
      const ask = async () => {
        child.stdin.write('?');
        return next();
      };
      expect(await next()).toBe('here');
      expect(Math.abs((await offsetOf(ask)) - before)).toBeLessThan(2000);
      pid = child.pid ?? null;
      clocks.set('server-a', -3_600_000);
      // The signal may come after the question.
      await expect.poll(async () => Math.abs((await offsetOf(ask)) + 3_600_000) < 2000, { timeout: 5000 }).toBe(true);
      pid = null;
      child.kill();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
