/** The clocks of the house's own processes: a file for each says by how much it is wrong (`moved-clock.mjs`). */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Processes whose clock can be moved: workerd and Postgres take the machine's. */
export const clockNames = ['server-a', 'server-b', 'node'] as const;
export type ClockName = (typeof clockNames)[number];

const preload = pathToFileURL(fileURLToPath(new URL('./moved-clock.mjs', import.meta.url))).href;

export interface Clocks {
  /** Ready to be launched with a clock that can be moved. */
  fit<S extends { args: string[]; env: Record<string, string | undefined> }>(name: ClockName, spec: S): S;
  /** So many ms later than the machine's, from now on and over every restart. */
  set(name: ClockName, offsetMs: number): void;
}

/** @param pid of a process that runs; `null` for none, which then reads the file at its start. */
export function createClocks(folder: string, pid: (name: ClockName) => number | null): Clocks {
  const fileOf = (name: ClockName) => path.join(folder, `${name}.clock`);
  return {
    fit: (name, spec) => ({
      ...spec,
      args: ['--import', preload, ...spec.args],
      env: { ...spec.env, CHAOS_CLOCK: fileOf(name) },
    }),
    set(name, offsetMs) {
      writeFileSync(fileOf(name), String(offsetMs));
      const running = pid(name);
      if (running !== null) process.kill(running, 'SIGUSR2');
    },
  };
}
