/**
 * The one reader of the log in a process: whatever the number of readers, an event is read once here and handed to the
 * hub of its site. One loop serves waking and polling, so that nothing lies between them.
 */
import { steadyClock } from '@payload-chat/protocol';
import type { Query } from './database.ts';
import { batchEvents, type Entry, type LastRead, readAfter } from './read.ts';

export interface TailEvents {
  /** The site's next events, without a hole. */
  arrived(site: string, entries: Entry[]): void;
  /** A position is missing where none may be: the site's hub must begin anew. It is not watched any more. */
  gap(site: string, expected: number, met: number): void;
  /** Whether rows of this history are of the epoch that the watched hubs are of. */
  isOf(history: string): boolean;
  /** They are not, or a log was put back: another history has taken the place of the one before. Nothing was told. */
  strange(): void;
  log(error: unknown, message: string): void;
}

export interface Tail {
  /** Reads this site from now on, from what lies after it. */
  watch(site: string, from: LastRead): void;
  /** How far it was read; `undefined` while it is not watched. */
  lastRead(site: string): LastRead | undefined;
  unwatch(site: string): void;
  /** Something may have been written: reads at once, or once more where a read is under way. */
  wake(): void;
  /** Reads made so far, for metrics and tests. */
  readonly reads: number;
  close(): void;
}

/** A poll backs up the waking; so long, in ms, and up to half as long again at random. Nothing is polled for nobody. */
export const pollMs = 2000;

/** How often at most another history is told of, in ms. */
const strangeEveryMs = 500;

export function createTail(query: Query, events: TailEvents): Tail {
  const places = new Map<string, LastRead>();
  let state: 'idle' | 'reading' | 'again' | 'closed' = 'idle';
  let poll: NodeJS.Timeout | undefined;
  let reads = 0;
  let failing = false;
  let strangeAtMs = Number.NEGATIVE_INFINITY;

  function schedule(ms = pollMs * (1 + Math.random() / 2)) {
    clearTimeout(poll);
    if (state !== 'closed' && places.size) poll = setTimeout(wake, ms);
  }

  function wake() {
    if (state === 'reading') state = 'again';
    if (state !== 'idle' || places.size === 0) return;
    state = 'reading';
    void run();
  }

  async function run() {
    let full = true;
    while (full || (state as string) === 'again') {
      if ((state as string) === 'closed') return;
      state = 'reading';
      try {
        full = await step();
        failing = false;
      } catch (error) {
        if (!failing) events.log(error, 'The chat could not read its log; it tries again.');
        failing = true;
        break;
      }
    }
    if ((state as string) === 'closed') return;
    const again = (state as string) === 'again';
    state = 'idle';
    schedule(failing ? 200 + Math.random() * 300 : again ? 0 : undefined);
  }

  /** Answers whether more lies behind what one read may bring. */
  async function step(): Promise<boolean> {
    const asked = new Map(places);
    reads += 1;
    const answer = await readAfter(query, asked);
    let full = false;
    for (const [site, entries] of answer) {
      // Its hub may have begun anew while we read.
      if (places.get(site) !== asked.get(site)) continue;
      if (!entries || (entries[0] && !events.isOf(entries[0].history))) {
        meetStranger();
        continue;
      }
      full ||= entries.length === batchEvents;
      deliver(site, entries, asked.get(site) as LastRead);
    }
    return full;
  }

  /** Hubs that begin anew read again; until then what wakes us finds the same. */
  function meetStranger() {
    if (steadyClock.now() - strangeAtMs < strangeEveryMs) return;
    strangeAtMs = steadyClock.now();
    events.strange();
  }

  function deliver(site: string, entries: Entry[], { pos: last }: LastRead) {
    const hole = entries.findIndex(({ event }, index) => event.pos !== last + 1 + index);
    const whole = hole < 0 ? entries : entries.slice(0, hole);
    const newest = whole.at(-1);
    if (newest) {
      places.set(site, { pos: newest.event.pos, id: newest.id });
      events.arrived(site, whole);
    }
    if (hole < 0) return;
    places.delete(site);
    events.gap(site, last + 1 + hole, (entries[hole] as Entry).event.pos);
  }

  return {
    lastRead: (site) => places.get(site),
    watch(site, from) {
      places.set(site, from);
      wake();
    },
    unwatch: (site) => void places.delete(site),
    wake,
    get reads() {
      return reads;
    },
    close() {
      state = 'closed';
      clearTimeout(poll);
    },
  };
}
