/** A client's body, bounded before more of it is held than the bound. */
import { ChatError, limits } from '@payload-chat/protocol';
import { readWhole } from './bytes.ts';

/**
 * The whole body; `undefined` without one.
 * @throws ChatError `too-large` above `limits.bodyBytes`; `malformed` where the client broke off
 */
export async function readBody(request: Request): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (Number(request.headers.get('Content-Length') ?? 0) > limits.bodyBytes) throw new ChatError('too-large');
  if (request.method === 'GET' || !request.body) return undefined;
  try {
    const body = await readWhole(request.body, limits.bodyBytes);
    return body.byteLength ? body : undefined;
  } catch (cause) {
    throw new ChatError(cause instanceof RangeError ? 'too-large' : 'malformed', { cause });
  }
}
