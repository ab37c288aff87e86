/**
 * Around Payload's own route handlers, where its endpoints and the chat's alike begin: Payload reads a body whole before
 * it looks who asks, and so does Next. Here it is bounded first. A host wraps its `api/[...slug]/route.ts` in the same.
 */
import { ChatError, corsOf, errorAnswer } from '@payload-chat/protocol';
import { secureAnswer } from './api-headers.ts';

type Route<Rest extends unknown[]> = (request: Request, ...rest: Rest) => Promise<Response>;

export interface GuardOptions {
  /** Largest body in bytes; uploads of the host need more. The chat's own endpoints take 64 KiB. */
  maxBytes?: number;
}

/** Sites and accounts, as the panel saves them, have a few KiB. */
const defaultMaxBytes = 1024 * 1024;

/** The handler, for bodies of at most `maxBytes`, with the security headers of an API and without credentialed CORS. */
export function guarded<Rest extends unknown[]>(route: Route<Rest>, options: GuardOptions = {}): Route<Rest> {
  const maxBytes = options.maxBytes ?? defaultMaxBytes;
  return async (request, ...rest) => {
    try {
      refuseNul(request.url);
      refuseBrokenWhere(request);
      return secured(await route(await bounded(request, maxBytes), ...rest));
    } catch (fault) {
      if (!(fault instanceof ChatError)) throw fault;
      const { status, headers, body } = errorAnswer(fault);
      const cors = corsOf(request.headers.get('Origin'));
      return secured(new Response(body, { status, headers: { ...headers, Vary: 'Origin', ...cors } }));
    }
  };
}

function secured(response: Response): Response {
  // Payload sends it with every origin of `cors`; no page but the server's own is ever believed by its cookies.
  response.headers.delete('Access-Control-Allow-Credentials');
  return secureAnswer(response);
}

/** The request with its body in memory, which is no more than `maxBytes`. @throws ChatError `too-large`, `malformed` */
async function bounded(request: Request, maxBytes: number): Promise<Request> {
  const { body, headers, method } = request;
  if (!body) return request;
  if (Number(headers.get('Content-Length')) > maxBytes) throw new ChatError('too-large');
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw new ChatError('malformed'); // The client left in the middle of it.
    });
    if (done) break;
    size += value.byteLength;
    if (size > maxBytes) {
      void reader.cancel().catch(() => undefined); // It was the client's to send; nobody waits for it.
      throw new ChatError('too-large');
    }
    chunks.push(value);
  }
  const bytes = Buffer.concat(chunks);
  if (isOverridden(headers) && isJson(headers)) mustParse(bytes);
  if (isForm(headers)) await mustBeForm(bytes, headers);
  if (!isOurs(request.url) && bytes.includes(nulInJson)) throw new ChatError('malformed');
  return new Request(request.url, { method, headers, body: bytes, signal: request.signal });
}

/** Paths whose own parsers say which field is wrong. */
const isOurs = (url: string) => /\/chat\/|\/messages(\/|$)/.test(new URL(url).pathname);
const nulInJson = '\\u0000';

/** Postgres has no U+0000: a text with one was a 500 of Payload's, whoever asked. A path with one is nobody's. */
function refuseNul(url: string): void {
  const { pathname, search } = new URL(url);
  if (pathname.includes('%00')) throw new ChatError('not-found');
  if (search.includes('%00') && !/\/chat\/|\/messages\/sse$/.test(pathname))
    throw new ChatError('invalid', { faults: [{ field: 'query', message: 'No text has U+0000 in it.' }] });
}

/** A `where` in one piece is JSON to Payload, and anything else was a 500, whoever asked. */
function refuseBrokenWhere({ url }: Request): void {
  for (const where of new URL(url).searchParams.getAll('where')) {
    try {
      JSON.parse(where);
    } catch {
      throw new ChatError('invalid', {
        faults: [{ field: 'where', message: 'Must be JSON, or where[field][operator].' }],
      });
    }
  }
}

const isOverridden = (headers: Headers) =>
  headers.has('X-HTTP-Method-Override') || headers.has('X-Payload-HTTP-Method-Override');
const isJson = (headers: Headers) => headers.get('Content-Type') === 'application/json';

const isForm = (headers: Headers) => headers.get('Content-Type')?.includes('multipart/') === true;

/** Payload takes whatever calls itself a form for one, and a broken one was a 500, whoever sent it. */
async function mustBeForm(bytes: Uint8Array<ArrayBuffer>, headers: Headers): Promise<void> {
  try {
    await new Response(bytes, { headers: { 'Content-Type': headers.get('Content-Type') ?? '' } }).formData();
  } catch {
    throw new ChatError('malformed');
  }
}

/**
 * Payload parses the body of an overridden method outside of its own net, and takes it for a query unread: a broken one,
 * or a `where` that is no object, was a 500, whoever sent it.
 */
function mustParse(bytes: Uint8Array): void {
  let query: unknown;
  try {
    query = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new ChatError('malformed');
  }
  const { where } = (query ?? {}) as { where?: unknown };
  if (where !== undefined && (typeof where !== 'object' || where === null || Array.isArray(where)))
    throw new ChatError('invalid', { faults: [{ field: 'where', message: 'Must be an object.' }] });
}
