/** How many streams stand open at this process, per person and per address: each holds a socket and its buffers. */
import { createPlaces } from '@payload-chat/protocol/limits';
import type { PayloadRequest } from 'payload';
import type { Site } from '../collections/sites/site.ts';
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
  { user, address, site }: { user: string | undefined; address: string | undefined; site: Site },
): () => void {
  const { streamsPerPerson = 0, streamsPerAddress = 0 } = site.limits;
  const { ofUser, ofAddress } = { ...defaultStreamBounds, ...optionsOf(req.payload).streams };
  return runtime(req.payload)
    .own('open streams', createPlaces)
    .take(
      [
        { of: user && `user ${user}`, most: ofUser, refusal: 'rate-limited' },
        { of: address && `address ${address}`, most: ofAddress, refusal: 'rate-limited' },
        // What the site has set itself, of its own streams alone.
        { of: user && `user ${user} at ${site.key}`, most: streamsPerPerson, refusal: 'rate-limited' },
        { of: address && `address ${address} at ${site.key}`, most: streamsPerAddress, refusal: 'rate-limited' },
      ],
      retryAfterS,
    );
}
