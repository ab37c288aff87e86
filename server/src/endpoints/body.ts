/** What a request's body says. Bounded before it is read, believed only after a parser said so. */
import { ChatError, type Fault, limits, type Parser, parse } from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';

/**
 * The body, once its shape was believed.
 * @throws ChatError `too-large`, `malformed`, `invalid` with every field's fault.
 */
export async function readBody<T>(req: PayloadRequest, shape: Parser<T>): Promise<T> {
  const body = await jsonOf(req);
  const faults: Fault[] = [];
  findUnstorable(body, '', faults);
  const result = parse(shape, body);
  if (!result.ok) faults.push(...result.faults.map(({ field, message }) => ({ field: field || 'body', message })));
  if (faults.length) throw new ChatError('invalid', { faults });
  return (result as { value: T }).value;
}

async function jsonOf(req: PayloadRequest): Promise<unknown> {
  const type = (req.headers.get('Content-Type') ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json' && type !== 'multipart/form-data') throw new ChatError('malformed');
  const bytes = await boundedBytes(req);
  try {
    const json = type === 'application/json' ? decode(bytes) : await panelField(req, bytes);
    return JSON.parse(json);
  } catch {
    // Broken UTF-8, broken JSON, a broken form: to the one who sent it they are the same.
    throw new ChatError('malformed');
  }
}

const decode = (bytes: Uint8Array) => new TextDecoder('utf-8', { fatal: true }).decode(bytes);

/** The admin panel sends its JSON as the field `_payload` of a form. */
async function panelField(req: PayloadRequest, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const headers = { 'Content-Type': req.headers.get('Content-Type') ?? '' };
  const field = (await new Response(bytes, { headers }).formData()).get('_payload');
  if (typeof field !== 'string') throw new ChatError('malformed');
  return field;
}

/** Reads no further than the limit, whatever `Content-Length` promises. */
async function boundedBytes(req: PayloadRequest): Promise<Uint8Array<ArrayBuffer>> {
  if (Number(req.headers.get('Content-Length')) > limits.bodyBytes) throw new ChatError('too-large');
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = (req as Pick<Request, 'body'>).body?.getReader();
  while (reader) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > limits.bodyBytes) {
      void reader.cancel().catch(() => undefined); // It was the client's to send; nobody waits for it.
      throw new ChatError('too-large');
    }
    chunks.push(value);
  }
  return Uint8Array.from(Buffer.concat(chunks));
}

/** Text that no Postgres column takes: NUL, and half of a surrogate pair. Finds it at any depth. */
function findUnstorable(value: unknown, field: string, faults: Fault[]): void {
  if (typeof value === 'string') {
    if (!isStorable(value)) faults.push({ field: field || 'body', message: 'Must be whole Unicode text without NUL.' });
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, inner] of Object.entries(value)) findUnstorable(inner, field ? `${field}.${name}` : name, faults);
  }
}

export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}
