/** The clocks of the house's processes: a file for each says by how much it is wrong. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { waitFor } from '../../../scripts/wait-for.mjs';
import type { ForeignClocks } from './foreign-clocks.ts';

/** Of Node: `moved-clock.mjs` is loaded into them. */
export const ownClocks = ['server-a', 'server-b', 'node'] as const;
type OwnClock = (typeof ownClocks)[number];
/** Of programs that are not ours (`foreign-clocks.ts`). */
export type ForeignClock = 'postgres' | 'worker';
export type ClockName = OwnClock | ForeignClock;

const preload = pathToFileURL(fileURLToPath(new URL('./moved-clock.mjs', import.meta.url))).href;
/** How long a process that has just begun may need until it looks into its file, in ms. */
const beginsWithinMs = 5000;

export interface Clocks {
  /** Ready to be launched with a clock that can be moved. */
  fit<S extends { args: string[]; env: Record<string, string | undefined> }>(name: OwnClock, spec: S): S;
  /** Whether clocks of programs that are not ours can be moved on this machine. */
  movesForeign: boolean;
  /**
   * So many ms later than the machine's, from now on and over every restart.
   * @throws where a process runs that does not heed it: a fault that is none must not count
   */
  set(name: ClockName, offsetMs: number): Promise<void>;
  /** Sets those right that are not. */
  setAllRight(): Promise<void>;
}

/** @param pids of the processes that run with this clock; none reads the file at its start. */
export function createClocks(folder: string, foreign: ForeignClocks, pids: (name: ClockName) => number[]): Clocks {
  const wrong = new Set<ClockName>();
  const fileOf = (name: ClockName) => path.join(folder, `${name}.clock`);
  const clocks: Clocks = {
    fit: (name, spec) => ({
      ...spec,
      args: ['--import', preload, ...spec.args],
      env: { ...spec.env, CHAOS_CLOCK: fileOf(name) },
    }),
    movesForeign: foreign.missing === undefined,
    async set(name, offsetMs) {
      if (offsetMs) wrong.add(name);
      else wrong.delete(name);
      if (name !== 'postgres' && name !== 'worker') {
        writeFileSync(fileOf(name), String(offsetMs));
        for (const pid of pids(name)) process.kill(pid, 'SIGUSR2');
        return;
      }
      foreign.set(name, offsetMs);
      const isHeeded = await waitFor(() => pids(name).every((pid) => foreign.isLookedAt(name, pid)), {
        withinMs: beginsWithinMs,
      });
      if (!isHeeded) throw new Error(`${name} runs and does not look at its clock`);
    },
    async setAllRight() {
      for (const name of wrong) await clocks.set(name, 0);
    },
  };
  return clocks;
}
