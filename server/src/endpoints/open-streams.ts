/** How many streams stand open at this process, per person and per address: each holds a socket and its buffers. */
import { ChatError } from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';
import { optionsOf } from '../options.ts';
import { runtime } from '../runtime.ts';

export interface StreamBounds {
  /** Of one user, under all his tokens. */
  ofUser: number;
  /** Of one address, under whatever names. */
  ofAddress: number;
}

/** A person has tabs and devices, an office one address. */
export const defaultStreamBounds: StreamBounds = { ofUser: 250, ofAddress: 2000 };

/** What a reader is told to wait before he tries again, in seconds: he has streams to close first. */
const retryAfterS = 5;

type Counts = Map<string, number>;

/**
 * Takes a place for one stream. Answers how it is given back, which may be called twice.
 * @throws ChatError `rate-limited` at the bound; nothing is taken then.
 */
export function takePlace(
  req: PayloadRequest,
  who: { user: string | undefined; address: string | undefined },
): () => void {
  const bounds = { ...defaultStreamBounds, ...optionsOf(req.payload).streams };
  const counts = runtime(req.payload).own('open streams', (): Counts => new Map());
  const wanted = [
    { key: who.user === undefined ? undefined : `user ${who.user}`, most: bounds.ofUser },
    { key: who.address === undefined ? undefined : `address ${who.address}`, most: bounds.ofAddress },
  ].flatMap(({ key, most }) => (key === undefined ? [] : [{ key, most }]));
  if (wanted.some(({ key, most }) => (counts.get(key) ?? 0) >= most))
    throw new ChatError('rate-limited', { retryAfterS });
  for (const { key } of wanted) counts.set(key, (counts.get(key) ?? 0) + 1);
  let taken = true;
  return () => {
    if (!taken) return;
    taken = false;
    for (const { key } of wanted) {
      const left = (counts.get(key) ?? 1) - 1;
      // What nobody holds is not remembered: the map is as large as the open streams.
      if (left > 0) counts.set(key, left);
      else counts.delete(key);
    }
  };
}
