/** What a request's body says. Bounded before it is read, believed only after a parser said so. */
import { ChatError, type Fault, limits, type Parser, parse } from '@payload-chat/protocol';
import type { PayloadRequest } from 'payload';

/**
 * The body, once its shape was believed.
 * @throws ChatError `too-large`, `malformed`, `invalid` with every field's fault.
 */
export async function readBody<T>(req: PayloadRequest, shape: Parser<T>): Promise<T> {
  const body = await jsonOf(req);
  const result = parse(shape, body);
  const faults = result.ok ? [] : result.faults.map(({ field, message }) => ({ field: field || 'body', message }));
  faults.push(...halfCharacters(body).filter(({ field }) => faults.every((met) => met.field !== field)));
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

/** Half of a surrogate pair is valid JSON, and text that no Postgres column takes. Our bodies are flat. */
function halfCharacters(body: unknown): Fault[] {
  if (typeof body !== 'object' || body === null) return [];
  return Object.entries(body).flatMap(([field, value]) =>
    typeof value === 'string' && !value.isWellFormed() ? [{ field, message: 'Must be whole Unicode characters.' }] : [],
  );
}
