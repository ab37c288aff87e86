/** Who runs, by `ps`: the stack starts each service as the leader of a process group. */
import { execFileSync } from 'node:child_process';

interface Row {
  pid: number;
  group: number;
  /** Resident memory, in KiB. */
  kib: number;
  command: string;
}

function table(): Row[] {
  const printed = execFileSync('ps', ['-A', '-o', 'pid=,pgid=,rss=,comm='], { encoding: 'utf8' });
  return [...printed.matchAll(/^\s*(\d+)\s+(\d+)\s+(\d+)\s+(.*)$/gm)].map(([, pid, group, kib, command = '']) => ({
    pid: Number(pid),
    group: Number(group),
    kib: Number(kib),
    command,
  }));
}

/** Processes of a leader's group whose program is called so. */
export function membersOf(leader: number, command: string): number[] {
  return table()
    .filter((row) => row.group === leader && row.command.includes(command))
    .map(({ pid }) => pid);
}

/** Resident memory of a whole group, in MiB. */
export function groupMib(leader: number): number {
  return table().reduce((sum, { group, kib }) => (group === leader ? sum + kib / 1024 : sum), 0);
}
