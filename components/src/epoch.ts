import { parseCursor } from '@payload-chat/protocol';

/** Whether two cursors belong to one epoch; one that is not there belongs to any. */
export function sameEpoch(one: string | undefined, other: string | undefined): boolean {
  return !one || !other || parseCursor(one)?.epoch === parseCursor(other)?.epoch;
}
