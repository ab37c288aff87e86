/**
 * Snapshots of one site's public rooms, the same for everyone: kept two seconds, asked once however many want it, gone
 * the moment that one of their messages is edited, deleted or erased. An older one stays right while the ring covers
 * its cursor.
 */
import { type Clock, encodeFrame, type Hub, judge, type WireEvent } from '@payload-chat/protocol';
import { type Answer, parseJson } from './answer.ts';
import { within } from './flights.ts';
import type { Reader } from './tokens.ts';

/** A 200 of the snapshot endpoint. */
export interface KeptSnapshot {
  answer: Answer;
  /** Where a stream goes on from it. */
  cursor: string;
  /** As a stream begins with it (`rewind`). */
  frame: Uint8Array;
}

export interface Snapshots {
  /** Anything but a 200 is this reader's own answer and not kept. */
  get(thread: string, search: URLSearchParams, reader: Reader): Promise<KeptSnapshot | Answer>;
  see(event: WireEvent): void;
  clear(): void;
  /** Pages kept or on their way, at most `maxPages`. */
  readonly size: number;
}

const keptMs = 2000;
/** How long one reader waits for a snapshot that another one asked for. */
const patienceMs = 15_000;
/** Most pages kept or on their way, and most bytes of them; at either bound the oldest goes. */
export const maxPages = 64;
export const maxBytes = 16 * 1024 * 1024;
const undone = new Set(['message.edited', 'message.deleted', 'message.erased']);

interface Page {
  thread: string;
  asked: Promise<KeptSnapshot | Answer>;
  /** `undefined` while it is on its way. */
  kept: KeptSnapshot | undefined;
}

export function createSnapshots(
  ask: (thread: string, search: URLSearchParams, reader: Reader) => Promise<Answer>,
  hub: Pick<Hub, 'window'>,
  clock: Clock,
): Snapshots {
  const pages = new Map<string, Page>();

  function forget(key: string, page: Page) {
    if (pages.get(key) === page) pages.delete(key);
  }

  const covers = ({ cursor }: KeptSnapshot) => hub.window !== undefined && judge(cursor, hub.window).is !== 'reset';

  function bound() {
    let bytes = 0;
    for (const page of pages.values()) bytes += sizeOf(page);
    for (const [key, page] of pages) {
      if (pages.size <= maxPages && bytes <= maxBytes) break;
      bytes -= sizeOf(page);
      pages.delete(key);
    }
  }

  /** A page that was dropped while it was on its way is given to who asked for it, and to nobody after. */
  function askFor(key: string, thread: string, search: URLSearchParams, reader: Reader): Page {
    const page: Page = { thread, kept: undefined, asked: ask(thread, search, reader).then(keep) };
    pages.set(key, page);
    bound();
    const gone = () => forget(key, page);
    page.asked.then(() => (page.kept ? clock.after(keptMs, gone) : gone()), gone);
    return page;

    function keep(answer: Answer): KeptSnapshot | Answer {
      const found = answer.status === 200 ? readSnapshot(answer) : undefined;
      if (found && pages.get(key) === page) {
        page.kept = found;
        bound();
      }
      return found ?? answer;
    }
  }

  return {
    async get(thread, search, reader) {
      const key = `${thread} ${search}`;
      const held = pages.get(key);
      if (held?.kept && covers(held.kept)) return held.kept;
      if (held && !held.kept) {
        const found = await within(held.asked, patienceMs, clock);
        if ('cursor' in found) return found;
      }
      return askFor(key, thread, search, reader).asked;
    },
    see(event) {
      if (event.type === 'user.erased') pages.clear();
      else if (undone.has(event.type))
        for (const [key, page] of pages) if (page.thread === event.thread) pages.delete(key);
    },
    clear: () => pages.clear(),
    get size() {
      return pages.size;
    },
  };
}

/** As text, at two bytes a character, and as a frame. */
const sizeOf = ({ kept }: Page) => (kept ? kept.answer.body.length * 2 + kept.frame.byteLength : 0);

/** `undefined` for a 200 that is no snapshot. */
export function readSnapshot(answer: Answer): KeptSnapshot | undefined {
  const data = parseJson(answer.body);
  const cursor = (data as { cursor?: unknown } | undefined | null)?.cursor;
  if (typeof cursor !== 'string') return undefined;
  return { answer, cursor, frame: encodeFrame({ event: 'snapshot', data }) };
}
