/**
 * One request to the edge: what it answers, believed by a parser, or a `ChatError`. Paths are written out by who asks:
 * the table of all routes would cost a page 300 bytes.
 */
import { ChatError, type Parser, read, readError } from '@payload-chat/protocol';

/** What a request carries besides its path. */
export interface Asked {
  /** POST where there is a body, else GET, unless told. */
  method?: 'PATCH' | 'DELETE' | undefined;
  body?: unknown;
  token?: string | undefined;
}

/** `path` goes on after `/api/`, query included. */
export type Request = <T>(parser: Parser<T>, path: string, asked?: Asked) => Promise<T>;

/** An edge that has not answered by then is taken for unreachable; the same request may go out again. */
const answerMs = 20_000;

/**
 * `life` ends what is under way.
 * @throws ChatError, `unreachable` also for a broken network, an answer that is none, and an ended life.
 */
export function createRequest(edge: string, fetch: typeof globalThis.fetch, life: AbortSignal): Request {
  return async (parser, path, { body, method = body ? 'POST' : 'GET', token } = {}) => {
    try {
      const response = await fetch(`${edge}/api/${path}`, {
        method,
        headers: {
          ...(body ? { 'Content-Type': 'application/json' } : {}),
          ...(token ? { Authorization: `Bearer ${token}` } : {}),
        },
        ...(body ? { body: JSON.stringify(body) } : {}),
        signal: AbortSignal.any([life, AbortSignal.timeout(answerMs)]),
      });
      const answer: unknown = await response.json().catch(() => {});
      if (!response.ok) throw readError(response.status, answer, response.headers.get('Retry-After'));
      const parsed = read(parser, answer);
      if (parsed === undefined || life.aborted) throw answer;
      return parsed;
    } catch (failure) {
      throw failure instanceof ChatError ? failure : new ChatError('unreachable', { cause: failure, retryAfterS: 0 });
    }
  };
}
