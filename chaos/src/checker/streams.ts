/**
 * I4, I7, I9, I14 by reading: what came over one connection is exactly what the log holds for its reader between the
 * cursor he came with and the last position he was told, in order, once.
 */
import { type Frame, parseCursor } from '@payload-chat/protocol';
import type { ReaderRecord, Reading } from '../readers/record.ts';
import type { History, LogRow, Replay, Violation } from './history.ts';

export function checkStreams(history: History): Violation[] {
  const found: Violation[] = [];
  for (const reader of history.readers) {
    for (const reading of reader.readings) found.push(...checkReading(history, reader, reading));
    found.push(...checkApplied(reader));
  }
  for (const replay of history.replays) found.push(...checkReplay(history, replay));
  return found;
}

/** Whether the log's row is for one who hears these topics. */
export const isFor = ({ topics }: LogRow, hears: readonly string[]): boolean =>
  hears.includes('*') || topics.some((topic) => hears.includes(topic));

const posOf = (frame: Frame) => (frame.data as { pos?: number } | undefined)?.pos ?? Number.NaN;

function checkReading(history: History, reader: ReaderRecord, { cursor, frames }: Reading): Violation[] {
  const who = `${reader.name} (${reader.kind} at ${reader.hop})`;
  return compare(history, { who, site: reader.site, hears: reader.topics, cursor, frames });
}

function checkReplay(history: History, { hop, topics, site, cursor, head, frames }: Replay): Violation[] {
  const found = compare(history, { who: `a fresh reading at ${hop}`, site, hears: topics, cursor, frames });
  const at = parseCursor(frames.findLast(({ id }) => id !== undefined)?.id);
  if (!frames.some(({ event }) => event === 'reset') && (at?.pos ?? 0) < head)
    found.push({ rule: 'I8', says: `${hop} is behind: at ${at?.pos} of ${head}` });
  return found;
}

interface Compared {
  who: string;
  site: string;
  hears: readonly string[];
  cursor: string | undefined;
  frames: readonly Frame[];
}

function compare({ log, restored }: History, { who, site, hears, cursor, frames }: Compared): Violation[] {
  const found: Violation[] = [];
  const says = (rule: string, words: string) => void found.push({ rule, says: `${who}: ${words}` });
  const [first] = frames;
  if (!first) return [];
  if (first.event !== 'hello') says('S1', `its first frame is ${first.event}`);
  const head = parseCursor((first.data as { cursor?: string } | undefined)?.cursor);
  if (!head) return found;
  const came = parseCursor(cursor);
  // A service stream without a cursor begins with the tail: at the first that it brings.
  const brought = frames.filter(({ event }) => event === 'message');
  const from =
    hears.includes('*') && !cursor ? (brought[0] ? posOf(brought[0]) - 1 : head.pos) : (came?.pos ?? head.pos);
  if (came && came.epoch !== head.epoch) {
    if (brought.length) says('I3', `events came for a cursor of another epoch`);
    return found;
  }

  let last = from;
  const met: number[] = [];
  let isReady = false;
  for (const frame of frames) {
    const pos = posOf(frame);
    if (frame.event === 'message') {
      if (pos <= last) says('I4', `pos ${pos} after ${last}`);
      if (parseCursor(frame.id)?.epoch !== head.epoch)
        says('I3', `an event of epoch ${frame.id} in a stream of ${head.epoch}`);
      met.push(pos);
      last = Math.max(last, pos);
    } else if (frame.event === 'signal' && frame.id !== undefined) says('I14', 'a signal carries an id');
    else if (frame.event === 'ready' || frame.event === 'ping') {
      const at = parseCursor((frame.data as { cursor?: string }).cursor);
      if (at && at.pos < last) says('I4', `${frame.event} goes back to ${at.pos} from ${last}`);
      if (at) last = Math.max(last, at.pos);
      if (frame.event === 'ready' && !isReady) {
        isReady = true;
        if (at && at.pos < head.pos) says('I7', `ready at ${at.pos}, before the head ${head.pos} of its hello`);
      }
    }
  }
  const own = log.filter((row) => row.site === site && row.epoch === head.epoch);
  // A site that lost nothing goes on where it was, under its epoch, until another site's loss is noticed.
  const ended = own.at(-1)?.pos;
  const goesOn = ended !== undefined && restored?.silently?.[site] === ended;
  const rows = goesOn ? log.filter((row) => row.site === site && (row.epoch === head.epoch || row.pos > ended)) : own;
  const oldest = Math.min(...rows.map(({ pos }) => pos));
  const expected = rows.filter((row) => row.pos > from && row.pos <= last && isFor(row, hears)).map(({ pos }) => pos);
  // What lies before the run is not in its part of the log.
  const inRun = met.filter((pos) => pos >= oldest);
  const missed = expected.filter((pos) => !inRun.includes(pos));
  const strange = inRun.filter((pos) => !expected.includes(pos));
  if (missed.length) says('I4', `never brought ${missed.slice(0, 10)} of ${from}..${last} (${missed.length} events)`);
  if (strange.length) says('I9', `brought ${strange.slice(0, 10)}, which are not for it`);
  return found;
}

/** Of one reader, over all his connections: rising, and without a gap in a thread unless he was away or reset. */
function checkApplied({ name, applied, user, topics }: ReaderRecord): Violation[] {
  const found: Violation[] = [];
  const seqs = new Map<string, number>();
  let before: ReaderRecord['applied'][number] | undefined;
  for (const one of applied) {
    const { event, pos, turn, epoch } = one;
    if (before?.turn !== turn) seqs.clear();
    else if (before.epoch !== epoch)
      found.push({ rule: 'I4', says: `${name} went from ${before.epoch} to ${epoch} without a reset` });
    else if (pos <= before.pos) found.push({ rule: 'I4', says: `${name} applied ${pos} after ${before.pos}` });
    else if (topics.includes('*') && pos !== before.pos + 1)
      found.push({ rule: 'I4', says: `${name} applied ${pos} right after ${before.pos}` });
    before = one;
    if (event.thread === null || event.seq === null) continue;
    const last = seqs.get(event.thread);
    if (last !== undefined && event.seq !== last + 1)
      found.push({ rule: 'I4', says: `${name} applied seq ${event.seq} of ${event.thread} after ${last}` });
    seqs.set(event.thread, event.seq);
    // Whoever left has no place in the thread to go on from.
    const { participant } = event as { participant?: { user?: { id?: string } } };
    if (event.type === 'participant.left' && participant?.user?.id === user) seqs.delete(event.thread);
  }
  return found;
}
