/** How far somebody has read, and that somebody is typing. */
import { ChatError, limits, object, steadyClock, type WireSignal, whole } from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';
import { mayWrite } from '../access/thread.ts';
import { someCaller } from '../identity/caller.ts';
import { audienceOf } from '../messages/audience.ts';
import { markRead } from '../messages/mark-read.ts';
import { runtime } from '../runtime.ts';
import { readBody } from './body.ts';
import { endpoint, json } from './endpoint.ts';
import { limitChanges } from './limits.ts';
import { pathParam, siteOfRow, visibleThread } from './visible-thread.ts';

const readShape = object({ seq: whole() });

export const readEndpoint = endpoint('read', async (req) => {
  const id = pathParam(req, 'id');
  const who = await someCaller(req, siteOfRow(req, 'threads', id));
  limitChanges(req, who);
  const { seq } = await readBody(req, readShape);
  const { thread } = await visibleThread(req, who, id);
  const { readSeq } = await markRead(req, who, thread.id, seq);
  return json({ doc: { thread: thread.id, readSeq } });
});

export const typingEndpoint = endpoint('typing', async (req) => {
  const id = pathParam(req, 'id');
  const who = await someCaller(req, siteOfRow(req, 'threads', id));
  const { user, site } = who;
  limitChanges(req, who);
  const { thread, seat } = await visibleThread(req, who, id);
  if (!mayWrite(who, thread, seat)) throw new ChatError('forbidden');
  if (mayRepeat(req, `${thread.id} ${user.id}`)) {
    const signal: WireSignal = { type: 'typing', thread: thread.id, user };
    runtime(req.payload).signal(site.key, signal, await audienceOf(req.payload, thread.id));
  }
  return json({});
});

/** Most typists remembered; at the bound the one who typed longest ago is forgotten, and may be repeated early. */
const typistsMax = 10_000;

/** Whether it is `typingEveryMs` since the last one that was passed on. */
function mayRepeat(req: PayloadRequest, key: string, nowMs = steadyClock.now()): boolean {
  const typists = runtime(req.payload).own('typists', () => new Map<string, number>());
  if (nowMs - (typists.get(key) ?? Number.NEGATIVE_INFINITY) < limits.typingEveryMs) return false;
  typists.delete(key);
  typists.set(key, nowMs);
  if (typists.size > typistsMax) typists.delete(typists.keys().next().value as string);
  return true;
}
