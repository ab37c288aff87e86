/** Over which of a site's hubs a reader is spread. */
import type { Claims } from '@payload-chat/protocol';

/**
 * 0 to `replicas - 1`, the same for one session; all guests of a room share one session and are spread at random
 * (every replica has the same log, so a cursor of one is good at another).
 */
export function replicaOf({ kind, sid }: Pick<Claims, 'kind' | 'sid'>, replicas: number, random: () => number): number {
  if (kind === 'guest') return Math.floor(random() * replicas);
  // FNV-1a, 32 bits.
  let hash = 0x811c9dc5;
  for (let at = 0; at < sid.length; at += 1) hash = Math.imul(hash ^ sid.charCodeAt(at), 0x01000193) >>> 0;
  return hash % replicas;
}
