/**
 * Who may listen to what, as the server said and for as long as that holds: until the log says otherwise, ten minutes
 * at most. A public room's answer serves every token of the site; another one serves one (user, thread).
 */
import {
  ChatError,
  type Clock,
  flag,
  object,
  optional,
  parseCursor,
  read,
  text,
  topic,
  type WireEvent,
  whole,
} from '@payload-chat/protocol';
import { createChanges } from './changes.ts';
import { createFlights } from './flights.ts';
import type { Reader } from './tokens.ts';

/** A yes. `holds` turns false the moment that the log takes it back. */
export interface Grant {
  thread: string;
  public: boolean;
  /** The position of the log that the server answered at. */
  asOf: number;
  untilMs: number;
  holds: boolean;
}

export interface Grants {
  /** `asked` is `thread:<id>` or `room:<key>`; `undefined` is no, for whatever reason. */
  ask(asked: string, reader: Reader): Promise<Grant | undefined>;
  /** As `ask`, patient with a server that is away: frames wait for the answer (Listener.recheck). */
  askAgain(asked: string, reader: Reader): Promise<boolean>;
  /** Whether anybody of the site may read this thread, as far as is known. */
  isPublic(thread: string): boolean;
  /** Answers held, at most `maxGrants`. */
  readonly size: number;
  /** Told of each event when it is in the ring, before it goes out. */
  see(event: WireEvent): void;
  /** The log begins (again) after this position: what was known before it proves nothing. */
  start(epoch: string, pos: number): void;
}

const yes = object({ allow: flag, thread: text(1), public: flag, asOf: text(1), untilMs: whole() });
const answerShape = object({ allow: flag, thread: optional(text(1)) });

/** Longest that a yes is kept (PROTOCOL: Grant). */
const keptMs = 10 * 60_000;
/** Most answers kept of one site; at the bound the oldest is asked again when it is needed. */
export const maxGrants = 20_000;
/** How often an answer that events have overtaken is asked again, and how long the waits between grow. */
const attempts = 5;
const againMs = 50;
/** How long a reader of a changed thread waits for a server that is away; a little later the hub ends his stream. */
const patienceMs = 40_000;

export function createGrants(question: (asked: string, reader: Reader) => Promise<unknown>, clock: Clock): Grants {
  /** By `asked` for public rooms, by `asked user` for the rest: no topic contains a space. */
  const held = new Map<string, Grant>();
  const flights = createFlights<Grant | undefined>(clock);
  const changes = createChanges();

  const wait = (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve));

  function lookUp(key: string): Grant | undefined {
    const grant = held.get(key);
    if (grant && (!grant.holds || grant.untilMs <= clock.now())) held.delete(key);
    return held.get(key);
  }

  function keep(key: string, grant: Grant) {
    forget(key);
    held.set(key, grant);
    // The oldest stand in front: what is over, and what is too many.
    for (const [oldest, { untilMs }] of held) {
      if (untilMs > clock.now() && held.size <= maxGrants) return;
      forget(oldest);
    }
  }

  /** What is not held is not told of events: it holds no longer. */
  function forget(key: string) {
    const grant = held.get(key);
    if (grant) grant.holds = false;
    held.delete(key);
  }

  async function askServer(asked: string, reader: Reader): Promise<Grant | undefined> {
    const user = reader.claims.sub;
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      if (attempt > 0) await wait(againMs * 2 ** attempt);
      const answer = await question(asked, reader);
      if (!read(answerShape, answer)?.allow) return undefined;
      const given = read(yes, answer);
      if (!given) throw new ChatError('unreachable', { cause: new Error('The grant has another shape.') });
      // What this hop has heard since then may have changed the answer.
      if (changes.since(given.asOf, given.thread)) continue;
      const untilMs = clock.now() + Math.min(given.untilMs, keptMs);
      const asOf = parseCursor(given.asOf)?.pos ?? 0;
      const grant: Grant = { thread: given.thread, public: given.public, asOf, untilMs, holds: true };
      for (const name of new Set([asked, topic.thread(given.thread)]))
        keep(given.public ? name : `${name} ${user}`, grant);
      return grant;
    }
    throw new ChatError('unavailable', {
      cause: new Error(`The server's answers about ${asked} stay behind its log.`),
    });
  }

  async function grantOf(asked: string, reader: Reader): Promise<Grant | undefined> {
    const known = () => lookUp(asked) ?? lookUp(`${asked} ${reader.claims.sub}`);
    const first = known();
    if (first) return first;
    // The first to ask finds out whether the answer is one for all: N readers of a public room are one question.
    const scout = flights.share(asked, () => askServer(asked, reader));
    const found = await scout.answer.catch((fault: unknown) => {
      // A final refusal was the other reader's own; a server that is away is away for all.
      if (scout.leads || !(fault instanceof ChatError) || fault.retry) throw fault;
      return undefined;
    });
    if (scout.leads || (found?.public && found.holds)) return found;
    return known() ?? flights.share(`${asked} ${reader.claims.sub}`, () => askServer(asked, reader)).answer;
  }

  /** Takes back what was granted for one thread (or all), to one user (or everybody). */
  function drop(thread: string | undefined, user: string | undefined) {
    for (const [key, grant] of held) {
      if (thread !== undefined && grant.thread !== thread) continue;
      if (user !== undefined && (grant.public || !key.endsWith(` ${user}`))) continue;
      forget(key);
    }
  }

  async function ask(asked: string, reader: Reader): Promise<Grant | undefined> {
    const grant = await grantOf(asked, reader);
    // A guest reads the one room that his token names.
    const { room } = reader.claims;
    return grant && room !== undefined && grant.thread !== room ? undefined : grant;
  }

  return {
    ask,

    async askAgain(asked, reader) {
      const untilMs = clock.now() + patienceMs;
      for (let waitMs = 250; ; waitMs = Math.min(waitMs * 2, 4000)) {
        try {
          return (await ask(asked, reader)) !== undefined;
        } catch (fault) {
          if (!(fault instanceof ChatError) || !fault.retry) return false;
          if (clock.now() + waitMs > untilMs) throw fault;
          await wait(waitMs);
        }
      }
    },

    get size() {
      return held.size;
    },

    isPublic: (thread) => lookUp(topic.thread(thread))?.public === true,

    see(event) {
      changes.see(event);
      const thread = event.thread ?? undefined;
      if (event.type === 'thread.updated') drop(thread, undefined);
      else if (event.type === 'participant.left') drop(thread, read(left, event)?.participant.user.id);
      else if (event.type === 'user.erased') drop(undefined, read(erased, event)?.user.id);
    },

    start(epoch, pos) {
      changes.start(epoch, pos);
      drop(undefined, undefined);
    },
  };
}

const someone = object({ id: text(1) });
const left = object({ participant: object({ user: someone }) });
const erased = object({ user: someone });
