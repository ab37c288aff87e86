/**
 * Which process is it? A pid alone doesn't say: it is given again after its process has ended. A pid together with
 * the moment when its process began does, and that is what the files in `<DATA_DIR>/run` hold.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';

/** Says when the process began, as a text to compare with an earlier answer; null when there is none (a zombie counts as none). */
export function birth(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return null;
  return process.platform === 'linux' ? birthByProc(pid) : birthByPs(pid);
}

/** Every living process of a group, by pid. The kernel gives no pid again while a group of that number lives. */
export function groupMembers(pgid) {
  return (process.platform === 'linux' ? groupsByProc() : groupsByPs())
    .filter((one) => one.pgid === pgid)
    .map((one) => one.pid);
}

/** The command line of a process, or an empty text. */
export function commandLine(pid) {
  try {
    if (process.platform === 'linux')
      return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return ''; // it has ended, or is somebody else's
  }
}

let bootId;
function birthByProc(pid) {
  const stat = readStat(pid);
  if (!stat || stat.state === 'Z' || stat.state === 'X') return null;
  // Ticks since boot are unique within one boot only.
  bootId ??= readOr('/proc/sys/kernel/random/boot_id', '').trim();
  return `${bootId}:${stat.startTicks}`;
}

function readStat(pid) {
  const text = readOr(`/proc/${pid}/stat`, '');
  // The second field is the program's name in brackets and may hold brackets and blanks itself.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields.length < 20 ? null : { state: fields[0], pgid: Number(fields[2]), startTicks: fields[19] };
}

function groupsByProc() {
  const found = [];
  for (const name of fs.readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const stat = readStat(pid);
    if (stat && stat.state !== 'Z' && stat.state !== 'X') found.push({ pid, pgid: stat.pgid });
  }
  return found;
}

function birthByPs(pid) {
  try {
    const text = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return text === '' || text.startsWith('Z') ? null : text.replace(/^\S+\s+/, '');
  } catch {
    return null; // ps answers 1 for an unknown pid
  }
}

function groupsByPs() {
  return execFileSync('ps', ['-A', '-o', 'pid=,pgid=,stat='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields.length === 3 && !fields[2]?.startsWith('Z'))
    .map((fields) => ({ pid: Number(fields[0]), pgid: Number(fields[1]) }));
}

function readOr(file, fallback) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return fallback; // the process ended between two reads
  }
}
