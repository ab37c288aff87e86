/**
 * The Worker's own address, past the proxy that `wrangler dev` puts in front: that one needs seven descriptors for each
 * reader, and is no part of a deployment.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { House } from '../house/house.ts';
import { membersOf, ourWorkerd } from '../house/process-table.ts';

/** The address of the workerd that holds the Worker now; the proxy's where the system does not tell (it takes Linux). */
export async function workerDoor(house: House): Promise<string> {
  for (const pid of membersOf(house.pid('worker') ?? 0, ourWorkerd))
    for (const port of listensOn(pid)) {
      const url = `http://127.0.0.1:${port}`;
      if (await isEdge(url)) return url;
    }
  return house.directUrlOf('worker');
}

async function isEdge(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/api/chat/health`, { signal: AbortSignal.timeout(3000) });
    return ((await response.json()) as { part?: string } | null)?.part === 'edge';
  } catch {
    return false; // An inspector, or another of its doors.
  }
}

/** Ports on which a process listens, over IPv4. */
function listensOn(pid: number): number[] {
  try {
    const own = new Set(readdirSync(`/proc/${pid}/fd`).map((name) => linkOf(`/proc/${pid}/fd/${name}`)));
    return readFileSync('/proc/net/tcp', 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode]) => state === '0A' && own.has(`socket:[${inode}]`))
      .map(([, at = '']) => Number.parseInt(at.split(':')[1] ?? '', 16));
  } catch {
    return []; // Another system, or it has just ended.
  }
}

function linkOf(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return ''; // Closed meanwhile.
  }
}
