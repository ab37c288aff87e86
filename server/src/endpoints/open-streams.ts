/** How many streams stand open at this process, per person and per address: each holds a socket and its buffers. */
import { createPlaces } from '@payload-chat/protocol/limits';
import type { PayloadRequest } from 'payload';
import { optionsOf } from '../options.ts';
import { runtime } from '../runtime.ts';

/** 0 limits nothing. */
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

/**
 * Takes a place for one stream. Answers how it is given back, which may be called twice.
 * @throws ChatError `rate-limited` at the bound; nothing is taken then.
 */
export function takePlace(
  req: PayloadRequest,
  { user, address }: { user: string | undefined; address: string | undefined },
): () => void {
  const { ofUser, ofAddress } = { ...defaultStreamBounds, ...optionsOf(req.payload).streams };
  return runtime(req.payload)
    .own('open streams', createPlaces)
    .take(
      [
        { of: user && `user ${user}`, most: ofUser, refusal: 'rate-limited' },
        { of: address && `address ${address}`, most: ofAddress, refusal: 'rate-limited' },
      ],
      retryAfterS,
    );
}
