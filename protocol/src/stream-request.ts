/** What a request for a stream asks, read from its query and headers the same way at every hop (SPEC: Stream). */
import { ChatError } from './errors.ts';
import { defaultBounds } from './history.ts';
import type { Fault } from './shape.ts';
import { limits } from './thread.ts';
import { type AskedTopic, parseAskedTopic, topic } from './topic.ts';

export type StreamRequest =
  | {
      is: 'reader';
      /** At least one; `me` where none was named. */
      topics: AskedTopic[];
      cursor: string | undefined;
      /** Newest messages to begin with, only with one thread or room and without a cursor. */
      rewind: number | undefined;
      ticket: string | undefined;
    }
  | {
      is: 'service';
      site: string;
      /** Earlier events to begin with, at most a ring's. */
      tail: number;
      cursor: string | undefined;
    };

/** Most topics that one stream may name. */
export const maxTopics = 50;

interface Query {
  get(name: string): string | null;
  getAll(name: string): string[];
}

/**
 * Reads the query and the `Last-Event-ID` header, which goes before `?cursor=`; an empty one is none.
 * @throws ChatError `invalid` with every fault.
 */
export function parseStreamRequest(query: Query, lastEventId: string | null): StreamRequest {
  const faults: Fault[] = [];
  const cursor = lastEventId || query.get('cursor') || undefined;
  const asked = query.getAll('topic');

  if (asked.includes(topic.everything)) {
    const site = query.get('site');
    if (!site) faults.push({ field: 'site', message: 'A service stream names its site.' });
    if (asked.length > 1) faults.push({ field: 'topic', message: '* stands alone.' });
    const tail = count(query, 'tail', 0, defaultBounds.maxEvents, faults) ?? 0;
    if (faults.length) throw new ChatError('invalid', { faults });
    return { is: 'service', site: site as string, tail, cursor };
  }

  if (asked.length > maxTopics) faults.push({ field: 'topic', message: `At most ${maxTopics} topics.` });
  const topics: AskedTopic[] = [];
  for (const word of new Set(asked.length ? asked : ['me'])) {
    const parsed = parseAskedTopic(word);
    if (parsed) topics.push(parsed);
    else faults.push({ field: 'topic', message: 'Must be me, thread:<id> or room:<key>.' });
  }
  const rewind = count(query, 'rewind', 1, limits.pageMessages, faults);
  if (rewind !== undefined && topics.filter(({ is }) => is !== 'me').length !== 1)
    faults.push({ field: 'rewind', message: 'Goes with exactly one thread or room.' });
  if (faults.length) throw new ChatError('invalid', { faults });
  return {
    is: 'reader',
    topics,
    cursor,
    rewind: cursor ? undefined : rewind,
    ticket: query.get('ticket') || undefined,
  };
}

function count(query: Query, field: string, min: number, max: number, faults: Fault[]): number | undefined {
  const given = query.get(field);
  if (given === null || given === '') return undefined;
  const value = Number(given);
  if (/^\d+$/.test(given) && value >= min) return Math.min(value, max);
  faults.push({ field, message: `Must be a whole number from ${min} on.` });
  return undefined;
}
