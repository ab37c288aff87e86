/** How long readers need to be where the log stood. */
import { parseCursor } from '@payload-chat/protocol';
import type { Healed, LogRow } from './checker/history.ts';
import { isFor } from './checker/streams.ts';
import type { Reader } from './readers/reader.ts';

/** How long the slowest of them took, and who he was. */
export function catchUp({ atMs, heads }: Healed, readers: Reader[], rows: LogRow[]): { ms: number; slowest: string } {
  let ms = 0;
  let slowest = '';
  for (const reader of readers) {
    const span = arrivalMs(reader, heads, rows) - atMs;
    if (span <= ms) continue;
    ms = span;
    slowest = `${reader.record.name} by ${reader.record.kind} at ${reader.record.hop}`;
  }
  return { ms, slowest };
}

/** When a reader had everything of his site up to these heads that is for him; Infinity for not yet. */
export function arrivalMs({ record }: Reader, heads: Healed['heads'], rows: LogRow[]): number {
  const head = heads[record.site];
  if (record.leavesBy || !head) return 0;
  const { epoch } = head;
  const wanted = rows.findLast(
    (row) => row.epoch === epoch && row.site === record.site && row.pos <= head.pos && isFor(row, record.topics),
  );
  if (!wanted) return 0;
  let wasThere = false;
  for (const { cursor, atMs } of record.cursors) {
    const at = parseCursor(cursor);
    // Another history took the place of that one: then he is past it.
    if (at?.epoch === epoch ? at.pos >= wanted.pos : wasThere) return atMs;
    wasThere ||= at?.epoch === epoch;
  }
  return Infinity;
}
