/** Who runs, by `ps`: the stack starts each service as the leader of a process group. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';

/**
 * What the command line of the workerd says that holds the Worker. `wrangler dev` puts a second one in front, which is its
 * own and no part of a deployment: it listens on the port that was asked for, ours on any.
 */
export const ourWorkerd = 'entry=127.0.0.1:0';

interface Row {
  pid: number;
  group: number;
  /** Resident memory, in KiB. */
  kib: number;
  /** With its arguments. */
  command: string;
}

function table(): Row[] {
  const printed = execFileSync('ps', ['-A', '-o', 'pid=,pgid=,rss=,args='], { encoding: 'utf8', maxBuffer: 2 ** 26 });
  return [...printed.matchAll(/^\s*(\d+)\s+(\d+)\s+(\d+)\s+(.*)$/gm)].map(([, pid, group, kib, command = '']) => ({
    pid: Number(pid),
    group: Number(group),
    kib: Number(kib),
    command,
  }));
}

/** Processes of a leader's group whose command line says so. */
export function membersOf(leader: number, says: string): number[] {
  return table()
    .filter((row) => row.group === leader && row.command.includes(says))
    .map(({ pid }) => pid);
}

/** Resident memory of those, in MiB. */
export function mibOf(leader: number, says: string): number {
  return table().reduce(
    (sum, { group, kib, command }) => (group === leader && command.includes(says) ? sum + kib / 1024 : sum),
    0,
  );
}

export interface Needs {
  /** With its arguments. */
  command: string;
  /** Resident memory. */
  mib: number;
  /** Open ones, where the system tells (Linux). */
  descriptors: number | undefined;
}

const needs = ({ pid, kib, command }: Row): Needs => ({ command, mib: kib / 1024, descriptors: descriptorsOf(pid) });

/** What each process of a leader's group needs. */
export function needsOf(leader: number): Needs[] {
  return table()
    .filter(({ group }) => group === leader)
    .map(needs);
}

export function needsOfProcess(pid: number): Needs | undefined {
  return table()
    .filter((row) => row.pid === pid)
    .map(needs)[0];
}

function descriptorsOf(pid: number): number | undefined {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return undefined; // Another system, or it has just ended.
  }
}

/** What the machine can still give, in MiB. */
export function availableMib(): number {
  try {
    return Number(/^MemAvailable:\s+(\d+)/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) / 1024;
  } catch {
    return os.freemem() / 2 ** 20; // Another system.
  }
}
