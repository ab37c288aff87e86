/**
 * Where a reader's stream begins, and what he may hear. Rights are true at a position of the log: the stream begins there
 * or before, so that whoever was sent out meanwhile meets that event in it and is treated by it.
 */
import {
  type AskedTopic,
  encodeFrame,
  formatCursor,
  type Hub,
  parseCursor,
  type StreamRequest,
  topic,
  topicsOfMe,
} from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';
import type { Caller } from '../identity/caller.ts';
import { snapshotOf } from './snapshot.ts';
import { visibleThread } from './visible-thread.ts';

export interface Beginning {
  topics: string[];
  cursor?: string;
  /** The snapshot's frame. */
  preface?: Uint8Array;
  /** To be asked again after `lookAgainMs`; `false` closes the stream. */
  doubted?: () => Promise<boolean>;
}

/** A cursor ahead of what the rights were read at is waited for so long, in ms (S3 and a little); then they are read again. */
export const lookAgainMs = 2500;

type ReaderRequest = StreamRequest & { is: 'reader' };

/** @throws ChatError `not-found` for a thread or room that the caller does not see. */
export function beginningOf(req: PayloadRequest, who: Caller, asked: ReaderRequest, hub: Hub): Promise<Beginning> {
  return asked.rewind === undefined ? resumed(req, who, asked, hub) : rewound(req, who, asked, asked.rewind);
}

/** A snapshot first, then live from its cursor. */
async function rewound(req: PayloadRequest, who: Caller, { topics }: ReaderRequest, limit: number): Promise<Beginning> {
  const named = topics.find(({ is }) => is !== 'me') as AskedTopic;
  const snapshot = await snapshotOf(req, who, nameOf(named), { limit, before: undefined });
  return {
    topics: [...ownTopics(who, topics), topic.thread(snapshot.thread.id)],
    cursor: snapshot.cursor,
    preface: encodeFrame({ event: 'snapshot', data: snapshot }),
  };
}

async function resumed(req: PayloadRequest, who: Caller, asked: ReaderRequest, hub: Hub): Promise<Beginning> {
  const { topics, asOf } = await rightsOf(req, who, asked.topics);
  const cursor = asked.cursor === undefined ? {} : { cursor: asked.cursor };
  if (asOf === undefined || !hub.window) return { topics, ...cursor };
  const { epoch, head } = hub.window;
  if (asked.cursor === undefined) return { topics, cursor: formatCursor(epoch, Math.min(asOf, head)) };
  const from = parseCursor(asked.cursor)?.pos ?? 0;
  if (from <= asOf) return { topics, ...cursor };
  // The reader has had events that our look had not, and one of them may be what sends him out. One more look sees it; a
  // cursor that is still ahead is of the future, and is looked at once more when that has come.
  const again = await rightsOf(req, who, asked.topics);
  if (from <= (again.asOf ?? 0)) return { topics: again.topics, ...cursor };
  const doubted = () =>
    rightsOf(req, who, asked.topics).then(
      () => true,
      () => false,
    );
  return { topics: again.topics, ...cursor, doubted };
}

async function rightsOf(req: PayloadRequest, who: Caller, asked: readonly AskedTopic[]) {
  const named = asked.filter(({ is }) => is !== 'me');
  const found = await Promise.all(named.map((each) => visibleThread(req, who, nameOf(each))));
  return {
    topics: [...ownTopics(who, asked), ...found.map(({ thread }) => topic.thread(thread.id))],
    /** `undefined` where nothing had to be looked up. */
    asOf: found.length ? Math.min(...found.map(({ asOf }) => asOf)) : undefined,
  };
}

const ownTopics = ({ user }: Caller, asked: readonly AskedTopic[]) =>
  asked.some(({ is }) => is === 'me') ? topicsOfMe({ sub: user.id, kind: user.kind }) : [];

const nameOf = (asked: AskedTopic) =>
  asked.is === 'thread' ? asked.id : asked.is === 'room' ? `room:${asked.key}` : '';
