/** May they listen? Asked by an edge for a reader, decided here (SPEC: Grant). */
import { ChatError, formatCursor, object, optional, parseAskedTopic, text } from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';
import { type Caller, callerOfClaims, someCaller } from '../identity/caller.ts';
import { readToken } from '../identity/token.ts';
import { runtime } from '../runtime.ts';
import { readBody } from './body.ts';
import { mustBeEdge } from './edge-key.ts';
import { endpoint, json } from './endpoint.ts';
import { findThread } from './visible-thread.ts';

/** Longest that an edge may keep a yes, in ms. */
const grantMs = 10 * 60_000;

const grantRequest = object({ topic: text(1, 192), ticket: optional(text(1, 4096)) });

export const grantEndpoint = endpoint('grant', async (req) => {
  mustBeEdge(req);
  const { topic, ticket } = await readBody(req, grantRequest);
  const who = await reader(req, ticket);
  const asked = parseAskedTopic(topic);
  if (!asked || asked.is === 'me')
    throw new ChatError('invalid', { faults: [{ field: 'topic', message: 'Must be thread:<id> or room:<key>.' }] });
  const epoch = await runtime(req.payload).epoch();
  const found = await findThread(req, who, asked.is === 'thread' ? asked.id : topic);
  // Forbidden and unknown are the same answer, to the byte.
  if (!found) return json({ allow: false });
  const { thread, asOf } = found;
  return json({
    allow: true,
    thread: thread.id,
    public: thread.kind === 'room' && thread.public,
    asOf: formatCursor(epoch, asOf),
    untilMs: grantMs,
  });
});

/** A ticket has lapsed long before its stream ends: it speaks for its reader as long as the token behind it. */
async function reader(req: PayloadRequest, ticket: string | undefined): Promise<Caller> {
  if (ticket === undefined) {
    const who = await someCaller(req);
    if (!who.claims) throw new ChatError('unauthorized');
    return who;
  }
  return callerOfClaims(req, await readToken(req.payload, ticket, 'ends'), 'ticket');
}
