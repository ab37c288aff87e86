/**
 * The clocks of programs that are not ours, Postgres and workerd: a library that is put before the system's own
 * (`moved-clock.c`) looks into a file at each question what time it is. It is compiled here, where that can be done.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('./moved-clock.c', import.meta.url));

export interface ForeignClocks {
  /** Why none can be moved on this machine. */
  missing?: string;
  /** @param says what the command line says of the process, of several, whose clock it is */
  fit<S extends { env: Record<string, string | undefined> }>(name: string, spec: S, says: string): S;
  set(name: string, offsetMs: number): void;
  /** Whether this process looks into the file. */
  isLookedAt(name: string, pid: number): boolean;
  close(): void;
}

/** Whoever calls it closes it, when the processes have ended. */
export function openForeignClocks(): ForeignClocks {
  // Postgres may run as another user, who reaches this folder and not each of ours.
  const folder = mkdtempSync(path.join(tmpdir(), 'chaos-clocks-'));
  chmodSync(folder, 0o755);
  const library = path.join(folder, 'moved-clock.so');
  const fileOf = (name: string) => path.join(folder, `${name}.clock`);
  const missing = compile(library);
  return {
    ...(missing === undefined ? {} : { missing }),
    fit(name, spec, says) {
      if (missing !== undefined) return spec;
      // One that is there is looked at: it must not be shorter for a moment.
      if (!existsSync(fileOf(name))) writeFileSync(fileOf(name), Buffer.alloc(8));
      chmodSync(fileOf(name), 0o644);
      const env = { ...spec.env, LD_PRELOAD: library, CHAOS_CLOCK: fileOf(name), CHAOS_CLOCK_OF: says };
      return { ...spec, env };
    },
    set(name, offsetMs) {
      const eight = Buffer.alloc(8);
      eight.writeBigInt64LE(BigInt(offsetMs));
      const file = openSync(fileOf(name), 'r+');
      writeSync(file, eight, 0, 8, 0);
      closeSync(file);
    },
    isLookedAt: (name, pid) => mapsOf(pid).includes(fileOf(name)),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** @returns why it could not be done */
function compile(library: string): string | undefined {
  if (process.platform !== 'linux') return 'the machine is no Linux';
  const { error, status, stderr } = spawnSync('cc', ['-shared', '-fPIC', '-O2', '-o', library, source], {
    encoding: 'utf8',
  });
  if (error) return `there is no C compiler (cc: ${(error as NodeJS.ErrnoException).code})`;
  return status === 0 ? undefined : `cc failed: ${stderr.trim().split('\n')[0]}`;
}

/** What a process has mapped into its memory; nothing for one that has gone. */
function mapsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/maps`, 'utf8');
  } catch {
    return '';
  }
}
