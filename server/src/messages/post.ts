/**
 * Posting. One transaction holds everything that a message needs: its thread, the seats, a visitor's row, the row
 * itself and its events. Sending the same again, at once or years later, answers the same message.
 */
import { ChatError, limits, type Message, type SendRequest } from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';
import { maySee, mayWrite } from '../access/thread.ts';
import { actAs } from '../collections/actor.ts';
import { know } from '../collections/look-up.ts';
import { ensurePerson } from '../collections/people/ensure.ts';
import {
  type MessageRow,
  messageRow,
  type PersonRow,
  type SeatRow,
  type ThreadRow,
  threadRow,
} from '../collections/rows.ts';
import { toMessage, toUser } from '../collections/wire.ts';
import type { Caller } from '../identity/caller.ts';
import { claimantOf } from '../identity/claims.ts';
import { inTransaction, placeOf } from '../log/commit-proof.ts';
import { queryOf } from '../log/database.ts';
import { isDeadlock, isDuplicate, isMissingRelation } from '../log/database-fault.ts';
import { readPosting } from '../log/read.ts';
import { contentHash } from './content-hash.ts';
import { personOf } from './person-of.ts';
import { makeSeat, openSeat } from './seats.ts';
import { type Situation, situationOf } from './situation.ts';
import { type Target, targetOf } from './target.ts';

export interface Posted {
  /** `false` for one that was sent before under the same localId. */
  created: boolean;
  message: Message;
  /** Its posting's place in the site's log; `undefined` where the log has forgotten an old one. */
  pos: number | undefined;
}

/**
 * Two senders may make the same thread, seat or message at once: one is refused by a unique index and looks again. So does
 * one whose place or whose message to reply to was taken away meanwhile, and one who waited for another who waited for him.
 */
const attempts = 4;

/**
 * @throws ChatError `invalid`, `too-large`, `not-found`, `forbidden`, `conflict` (the localId was used for another
 * message), `not-stored`.
 */
export async function post(req: PayloadRequest, caller: Caller, request: SendRequest): Promise<Posted> {
  if (request.content.length > limits.contentChars) throw new ChatError('too-large');
  if (request.content.trim() === '')
    throw new ChatError('invalid', { faults: [{ field: 'content', message: 'A message needs text.' }] });
  if (caller.user.kind === 'guest') throw new ChatError('forbidden');
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await tryPost(req, caller, request);
    } catch (error) {
      const gone = isMissingRelation(error);
      // A visitor who was claimed while he was writing has no row any more, and no session.
      if (gone && caller.user.kind === 'visitor' && (await claimantOf(req.payload, caller.user.id)))
        throw new ChatError('unauthorized', { cause: error });
      if (!gone && !isDuplicate(error) && !isDeadlock(error)) throw error;
      if (attempt === attempts) throw new ChatError(gone ? 'not-found' : 'not-stored', { cause: error });
    }
  }
}

async function tryPost(req: PayloadRequest, caller: Caller, request: SendRequest): Promise<Posted> {
  const { value, places } = await inTransaction(req, () => write(req, caller, request));
  if ('original' in value) {
    const { original, sender } = value;
    return {
      created: false,
      message: toMessage(original, sender),
      pos: await readPosting(queryOf(req.payload), original.id),
    };
  }
  const place = placeOf(places, value.message.id);
  const seq = place?.seq ?? 0;
  return { created: true, message: { ...value.message, seq, changed: seq }, pos: place?.pos };
}

type Written = { message: Message } | { original: MessageRow; sender: Message['sender'] };

async function write(req: PayloadRequest, caller: Caller, request: SendRequest): Promise<Written> {
  await actAs(req, caller.user.id);
  const target = await targetOf(req, caller, request);
  const found = await situationOf(req, caller.user.id, target.name, request.localId);
  if (found.original) return repeated(req, caller, request, found, found.original);

  if (!isOwn(target)) admit(caller, found.thread, found.seat);
  const person = found.person ?? (await ensurePerson(req, personOf(req.payload, caller)));
  await know(req, { person });
  const thread = found.thread ?? (await makeThread(req, caller, target, person));
  await know(req, { thread });
  if (found.thread) await takeSeats(req, caller, target, thread, found.seat);
  // An agent's last word leaves a support thread closed.
  if (thread.status === 'closed' && (thread.kind === 'direct' || caller.user.kind !== 'agent'))
    await reopen(req, thread);

  const row = messageRow(
    (await req.payload.create({
      collection: 'messages',
      data: {
        thread: thread.id,
        sender: person.id,
        content: request.content,
        localId: request.localId,
        contentHash: contentHash(req.payload, thread.id, request.content, request.replyTo),
        replyTo: request.replyTo,
      },
      depth: 0,
      overrideAccess: true,
      req,
    })) as unknown as Record<string, unknown>,
  );
  return { message: toMessage(row, toUser(person, caller.site)) };
}

/** By `receiver`, or without a target, the thread is the caller's whatever became of his seat. */
const isOwn = (target: Target) => target.is === 'direct' || target.is === 'support';

function admit(caller: Caller, thread: ThreadRow | undefined, seat: SeatRow | undefined): void {
  if (!thread || !maySee(caller, thread, seat)) throw new ChatError('not-found');
  if (!mayWrite(caller, thread, seat)) throw new ChatError('forbidden');
}

function repeated(
  req: PayloadRequest,
  caller: Caller,
  request: SendRequest,
  { thread, person }: Situation,
  original: MessageRow,
): Written {
  const hash = contentHash(req.payload, original.thread, request.content, request.replyTo);
  if (thread?.id !== original.thread || hash !== original.contentHash || !person) throw new ChatError('conflict');
  return { original, sender: toUser(person, caller.site) };
}

async function makeThread(req: PayloadRequest, caller: Caller, target: Target, person: PersonRow): Promise<ThreadRow> {
  if (!('slot' in target.name)) throw new ChatError('not-found');
  const direct = target.is === 'direct';
  const thread = threadRow(
    (await req.payload.create({
      collection: 'threads',
      data: {
        site: caller.site.key,
        kind: direct ? 'direct' : 'support',
        slot: target.name.slot,
        label: direct ? `${person.name} and ${target.other.name}` : `Support: ${person.name}`,
        status: 'open',
      },
      depth: 0,
      overrideAccess: true,
      req,
    })) as unknown as Record<string, unknown>,
  );
  await makeSeat(req, { thread: thread.id, user: person.id, quiet: false });
  if (direct) await makeSeat(req, { thread: thread.id, user: target.other.id, quiet: false });
  return thread;
}

/** Whoever writes has a seat: seen in direct and support threads, unseen in a public room. */
async function takeSeats(
  req: PayloadRequest,
  caller: Caller,
  target: Target,
  thread: ThreadRow,
  seat: SeatRow | undefined,
): Promise<void> {
  const quiet = thread.kind === 'room';
  if (!seat) await makeSeat(req, { thread: thread.id, user: caller.user.id, quiet });
  else if (seat.quiet && !quiet) await openSeat(req, seat);
  if (target.is !== 'direct') return;
  const { seat: others } = await situationOf(req, target.other.id, { id: thread.id });
  if (!others) await makeSeat(req, { thread: thread.id, user: target.other.id, quiet: false });
}

/** Writing opens a closed conversation again. */
async function reopen(req: PayloadRequest, thread: ThreadRow): Promise<void> {
  await req.payload.update({
    collection: 'threads',
    id: thread.id,
    data: { status: 'open' },
    depth: 0,
    overrideAccess: true,
    req,
  });
}
