/**
 * `POST /api/users/forgot-password`. Payload's own holds one connection and waits for a second: as many strangers at once
 * as the pool has connections stopped every request of everybody for ten seconds. Here they go in a short line.
 */
import { ChatError, object, text } from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';
import { readBody } from './endpoints/body.ts';
import { answered, json } from './endpoints/endpoint.ts';
import { limitAddress } from './endpoints/limits.ts';
import { runtime } from './runtime.ts';

/** Requests served at once; of twenty connections they take twice as many at most. */
const atOnce = 3;
/** What one too many is told to wait, in seconds. */
const retryAfterS = 2;

const shape = object({ email: text(1, 254) });

export function forgotPassword(req: PayloadRequest): Promise<Response> {
  return answered(
    req,
    async () => {
      limitAddress(req, 'logins');
      const { email } = await readBody(req, shape);
      const line = runtime(req.payload).own('forgot password', () => ({ served: 0 }));
      if (line.served >= atOnce) throw new ChatError('rate-limited', { retryAfterS });
      line.served += 1;
      try {
        await req.payload.forgotPassword({ collection: 'users', data: { email }, req });
      } finally {
        line.served -= 1;
      }
      // The same for an account that is there and for one that is not.
      return json({ message: 'Success' });
    },
    {},
  );
}
