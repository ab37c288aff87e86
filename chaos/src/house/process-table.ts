/** Who runs, by `ps`: the stack starts each service as the leader of a process group. */
import { execFileSync } from 'node:child_process';

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
