import { createHmac } from 'node:crypto';
import type { Payload } from 'payload';

/**
 * A keyed hash of what was first sent and where: tells a retry from another message under the same localId, after an
 * edit or a delete too, without keeping the text.
 */
export function contentHash(payload: Payload, thread: string, content: string, replyTo: string | undefined): string {
  return createHmac('sha256', `payload-chat content ${payload.secret}`)
    .update(JSON.stringify([thread, content, replyTo ?? null]))
    .digest('base64url');
}
